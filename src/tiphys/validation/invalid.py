"""The one exception of this room: what Argo refuses, in Argo's words, with the place as far as known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in a manifest the refused part stands.

    `scope` is `local` for the manifest itself, else `namespaced` or `cluster` with the `name` of the
    WorkflowTemplate; `path` leads from the root of that manifest.
    """

    scope: str
    name: str
    path: tuple[str | int, ...]


class Invalid(Exception):
    """A workflow that Argo refuses. Of several messages Argo shows the first only.

    The innermost `origin` that is known is kept. `called` is the template in which the error lies, seen
    from the step or task that calls it; None if there is no such template.
    """

    def __init__(
        self, *messages: str, origin: Origin | None = None, called: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(messages[0])
        self.messages = messages
        self.origin = origin
        self.called = called

    @property
    def message(self) -> str:
        """What Argo says."""
        return self.messages[0]

    def under(self, prefix: str) -> Invalid:
        """The same error with Argo's prefix of the part that holds the bad one."""
        messages = (f"{prefix}{message}" for message in self.messages)
        return Invalid(*messages, origin=self.origin, called=self.called)

    def at(self, origin: Origin | None) -> Invalid:
        """The same error with a place, unless a nearer one is known."""
        return (
            self if self.origin or not origin else Invalid(*self.messages, origin=origin, called=self.called)
        )

    def within(self, template: Mapping[str, Any]) -> Invalid:
        """The same error as one of a template that was called."""
        return Invalid(*self.messages, origin=self.origin, called=template)
