"""The one exception of this room: what Argo refuses, in Argo's words, with the place as far as known."""

from __future__ import annotations

from dataclasses import dataclass


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

    The innermost `origin` that is known is kept.
    """

    def __init__(self, *messages: str, origin: Origin | None = None) -> None:
        super().__init__(messages[0])
        self.messages = messages
        self.origin = origin

    @property
    def message(self) -> str:
        """What Argo says."""
        return self.messages[0]

    def under(self, prefix: str) -> Invalid:
        """The same error with Argo's prefix of the part that holds the bad one."""
        return Invalid(*(f"{prefix}{message}" for message in self.messages), origin=self.origin)

    def at(self, origin: Origin | None) -> Invalid:
        """The same error with a place, unless a nearer one is known."""
        return self if self.origin or not origin else Invalid(*self.messages, origin=origin)
