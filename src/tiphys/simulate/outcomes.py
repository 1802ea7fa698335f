"""Scripted outcomes: what becomes of a pod, or of a task of the agent, once it has started.

A script is asked once for each pod, at its start. The first rule that matches answers; a pod that no
rule knows succeeds. Rules name nodes as Argo does, so the names of a retried node, of its attempts and
of a loop's items can all be used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from tiphys.engine.run import Node, Run
from tiphys.errors import BadInput

DEFAULT_SECONDS: Final = 1.0
"""How long a pod runs when nobody says otherwise."""

_ATTEMPT: Final = re.compile(r"\((\d+)\)\Z")
_ITEM: Final = re.compile(r"\(\d+:.*\)\Z", re.DOTALL)

Ending = Literal["Succeeded", "Failed", "Error", "Running", "Pending", "Deleted"]
ENDINGS: Final[tuple[Ending, ...]] = ("Succeeded", "Failed", "Error", "Running", "Pending", "Deleted")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a pod ends. `Running` never ends, `Pending` never starts, `Deleted` vanishes.

    `containers` are exit codes by container name. Of `parameters`, None means that the file is not
    there. `artifacts` are the names of those that exist; None leaves it to the phase.
    """

    phase: Ending = "Succeeded"
    exit_code: int | None = None
    message: str = ""
    reason: str = ""
    error_in: Literal["wait", "init"] = "wait"
    pod_message: str = ""
    pod_reason: str = ""
    result: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    artifacts: frozenset[str] | None = None
    duration: float | None = None
    containers: Mapping[str, int] = field(default_factory=dict)
    progress: str = ""


SUCCESS: Final = Outcome()


@dataclass(frozen=True, slots=True)
class Subject:
    """A pod about to start, as rules see it. `run` counts the retries and resubmissions before."""

    node: Node
    owner: Run
    template: str
    run: int = 0

    @property
    def is_attempt(self) -> bool:
        """True for an attempt of a retried node."""
        return bool(self.node.node_flag and self.node.node_flag.get("retried"))

    @property
    def attempt(self) -> int:
        """Which attempt of a retried node this is; 0 for one that is not retried."""
        found = _ATTEMPT.search(self.node.name) if self.is_attempt else None
        return int(found[1]) if found else 0

    def names(self) -> frozenset[str]:
        """Every name by which a rule may call the node."""
        return frozenset(self._names())

    def _names(self) -> Iterator[str]:
        for full in (self.node.name, self.node.display_name):
            for name in self._with_owners(full):
                yield name
                yield name.removeprefix(self.owner.name).removeprefix(".")

    def _with_owners(self, name: str) -> Iterator[str]:
        yield name
        if self.is_attempt:
            name = _ATTEMPT.sub("", name)
            yield name
        yield _ITEM.sub("", name)


class Script(Protocol):
    """Whoever knows how pods end."""

    def outcome(self, subject: Subject) -> Outcome | None:
        """How this pod ends, or None for success."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An outcome and the pods it is for; what is None matches everything."""

    outcome: Outcome
    node: str | None = None
    template: str | None = None
    attempt: int | None = None
    run: int | None = None

    def matches(self, subject: Subject) -> bool:
        """True when this rule speaks about that pod."""
        return (
            (self.run is None or self.run == subject.run)
            and (self.template is None or self.template == subject.template)
            and (self.attempt is None or self.attempt == subject.attempt)
            and (self.node is None or self.node in subject.names())
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """A script made of rules, the first that matches wins."""

    rules: Sequence[Rule] = ()

    def outcome(self, subject: Subject) -> Outcome | None:
        """How this pod ends, or None for success."""
        return next((rule.outcome for rule in self.rules if rule.matches(subject)), None)


def rule_from_record(record: Mapping[str, Any]) -> Rule:
    """A rule as conformance records write it: matching and outcome in one flat object."""
    artifacts = record.get("artifacts")
    return Rule(
        node=record.get("node"),
        template=record.get("template"),
        attempt=record.get("attempt"),
        run=record.get("run"),
        outcome=Outcome(
            phase=ending(record.get("phase", "Succeeded")),
            exit_code=record.get("exitCode"),
            message=record.get("message", ""),
            reason=record.get("reason", ""),
            error_in="init" if record.get("errorIn") == "init" else "wait",
            pod_message=record.get("podMessage", ""),
            pod_reason=record.get("podReason", ""),
            result=record.get("result"),
            parameters=record.get("parameters") or {},
            artifacts=None if artifacts is None else frozenset(artifacts),
            duration=record.get("duration"),
            containers=record.get("containers") or {},
            progress=record.get("progress", ""),
        ),
    )


def ending(text: str) -> Ending:
    """The ending of that name.

    >>> ending("Failed")
    'Failed'
    """
    for each in ENDINGS:
        if each == text:
            return each
    raise BadInput(f"{text!r} is not how a pod ends", remedy=f"Use one of {', '.join(ENDINGS)}.")
