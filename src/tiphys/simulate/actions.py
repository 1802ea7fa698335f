"""Actions of a script: what a person does while the run goes on, and when.

Actions are done strictly in order; only the first one left is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tiphys.engine import manual
from tiphys.engine.run import Run
from tiphys.errors import BadInput
from tiphys.messages.events import (
    Event,
    NodeSet,
    RunResumed,
    RunStopped,
    RunSuspended,
    RunTerminated,
)
from tiphys.messages.phases import NodePhase

Verb = Literal["suspend", "resume", "stop", "terminate", "set", "retry", "resubmit"]
VERBS: Final[tuple[Verb, ...]] = ("suspend", "resume", "stop", "terminate", "set", "retry", "resubmit")


@dataclass(frozen=True, slots=True)
class Trigger:
    """When an action is due: at a time, when nothing else can happen, when the run is completed,
    when a node has a phase; at once if none of these is asked for.
    """

    at: float | None = None
    idle: bool = False
    completed: bool = False
    node: str = ""
    phase: str = ""

    def holds(self, run: Run, now: float, *, idle: bool) -> bool:
        """True when the action is due; only `completed` ones are when the run is over."""
        if self.completed or run.phase.is_completed:
            return self.completed and run.phase.is_completed
        if self.at is not None:
            return now >= self.at
        if self.idle:
            return idle
        if self.node:
            return any(
                self.node in (node.name, node.display_name, node.name.removeprefix(run.name + "."))
                and str(node.phase) == self.phase
                for node in run.nodes.values()
            )
        return True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person does to the run."""

    verb: Verb
    trigger: Trigger = Trigger()
    selector: str = ""
    message: str = ""
    phase: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    memoized: bool = False
    restart_successful: bool = False

    def event(self) -> Event:
        """What the engine is told. `retry` and `resubmit` are no events: they begin a run anew."""
        match self.verb:
            case "suspend":
                return RunSuspended()
            case "resume":
                return RunResumed(self.selector)
            case "stop":
                return RunStopped(self.selector, self.message)
            case "terminate":
                return RunTerminated()
            case "set":
                return NodeSet(self.selector, dict(self.values), self.phase, self.message)
            case _:
                raise ValueError(f"{self.verb} is not told to a running machine")


def refuse(run: Run, action: Action) -> None:
    """Raise `BadInput` in Argo's words if the action cannot be done to the run as it stands."""
    match action.verb:
        case "suspend" if run.phase.is_completed:
            raise BadInput("cannot suspend completed workflows")
        case "stop" | "terminate" if run.phase.is_completed and not action.selector:
            where = f'workflow: "{run.name}", namespace: "{run.namespace}"'
            raise BadInput(f"cannot shutdown a completed workflow: {where}")
        case "resume" if action.selector:
            manual.resume(run, action.selector)
        case "resume":
            try:
                manual.resume(run)
            except BadInput as error:
                # `argo resume` tries again for a while before it says why it did not work.
                raise BadInput(f"timed out waiting for the condition: {error.message}") from error
        case "stop" if action.selector:
            manual.set_nodes(run, action.selector, phase=NodePhase.FAILED, message=action.message)
        case "set":
            phase = NodePhase(action.phase) if action.phase else None
            manual.set_nodes(run, action.selector, phase=phase, message=action.message, values=action.values)
        case _:
            pass


def action_from_record(record: Mapping[str, Any], time_zero: float) -> Action:
    """An action as conformance records write it; `at` counts from the beginning of the case."""
    at = record.get("at")
    when = record.get("when") or {}
    return Action(
        verb=_verb(record.get("do")),
        trigger=Trigger(
            at=None if at is None else time_zero + at,
            idle=bool(record.get("idle")),
            completed=bool(record.get("completed")),
            node=when.get("node", ""),
            phase=when.get("phase", ""),
        ),
        selector=record.get("selector", ""),
        message=record.get("message", ""),
        phase=record.get("phase", ""),
        values=record.get("values") or {},
        parameters=_parameters(record.get("parameters") or []),
        memoized=bool(record.get("memoized")),
        restart_successful=bool(record.get("restartSuccessful")),
    )


def _verb(text: object) -> Verb:
    for each in VERBS:
        if each == text:
            return each
    raise BadInput(f"{text!r} is not an action", remedy=f"Use one of {', '.join(VERBS)}.")


def _parameters(texts: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    if isinstance(texts, Mapping):
        return dict(texts)
    return dict(text.split("=", 1) for text in texts if "=" in text)
