"""The virtual clock: drives a machine with scripted pods and actions instead of real ones.

One pass of the machine is a *round*; rounds follow each other at the same instant as long as anything
happens, then the clock jumps to the next event. This is the time model under which the answers of the
real controller were recorded, so the order of things here must not be tidied.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from tiphys.engine import resubmit
from tiphys.engine.environment import Environment
from tiphys.engine.machine import Machine
from tiphys.engine.run import Run
from tiphys.errors import TiphysError
from tiphys.messages.decisions import (
    Decision,
    StartPod,
    StartTask,
    StopPod,
    WakeAt,
)
from tiphys.messages.events import ClockTicked, Event, RunSubmitted
from tiphys.simulate.actions import Action, refuse
from tiphys.simulate.agent import Agent
from tiphys.simulate.outcomes import SUCCESS, Outcome, Script, Subject
from tiphys.simulate.pods import Pods
from tiphys.simulate.values import PlainValues

FRUITLESS_WAKES: Final = 70
"""After so many timers in a row without any pod ending, the run hangs."""


class Ending(enum.StrEnum):
    """How a simulation came to its end."""

    COMPLETED = "completed"
    STUCK = "stuck"
    ROUND_LIMIT = "round-limit"


@dataclass(frozen=True, slots=True)
class ActionLog:
    """One action that was done: when, and why it was refused (empty if it was not)."""

    verb: str
    round: int
    time: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class LeftRun:
    """A completed run that was retried or resubmitted, as it stood then."""

    run: Run
    time: float
    rounds: int


@dataclass(slots=True)
class Limits:
    """Where a simulation is cut off: a retry without a limit has no end."""

    rounds: int = 1_000_000
    attempts: int = 1_000
    wakes: int = FRUITLESS_WAKES


@dataclass(slots=True)
class Simulation:
    """A machine, the pods it started, and the clock."""

    machine: Machine
    environment: Environment
    script: Script
    now: float
    actions: Sequence[Action] = ()
    limits: Limits = field(default_factory=Limits)
    answers: Callable[[Run], list[Event]] | None = None
    pods: Pods = field(default_factory=lambda: Pods(PlainValues()))
    agent: Agent = field(default_factory=Agent)
    log: list[ActionLog] = field(default_factory=list)
    left: list[LeftRun] = field(default_factory=list)
    rounds: int = 0
    restarts: int = 0
    endless: str = ""
    _wakes: list[float] = field(default_factory=list)
    _fruitless: int = 0

    @property
    def run(self) -> Run:
        """The run as it stands."""
        return self.machine.run

    def drive(self, first: Event | None = None) -> Ending:
        """Run to the end, or until nothing can happen any more."""
        events: list[Event] = [RunSubmitted() if first is None else first]
        while self.rounds < self.limits.rounds and not self.endless:
            changed, events = self._round(events)
            acted = self._act(events, idle=False)
            if self.run.phase.is_completed and not acted:
                return Ending.COMPLETED
            if events or changed or acted:
                continue
            woken = self._jump()
            if woken is None:
                return Ending.STUCK
            events = woken
            if events or self._act(events, idle=True):
                continue
            events = self.answers(self.run) if self.answers is not None else []
            if not events:
                return Ending.STUCK
        return Ending.ROUND_LIMIT

    def _round(self, events: list[Event]) -> tuple[bool, list[Event]]:
        """One pass of the machine; whether it changed anything, and what its decisions led to."""
        self.rounds += 1
        phase = self.run.phase
        decisions = self.machine.step(self.now, events)
        self._wakes = [each.time for each in decisions if isinstance(each, WakeAt)]
        changed = bool(self.machine.changed_nodes()) or self.run.phase != phase
        return changed, self._carry_out(decisions)

    def _carry_out(self, decisions: Sequence[Decision]) -> list[Event]:
        events: list[Event] = []
        for decision in decisions:
            if isinstance(decision, StopPod):
                events.extend(filter(None, [self.pods.stop(decision.node_id)]))
        # pods that came into being together start in the order of their names
        pods = sorted((each for each in decisions if isinstance(each, StartPod)), key=lambda each: each.pod_name)
        for decision in (*pods, *(each for each in decisions if not isinstance(each, StartPod))):
            match decision:
                case StartPod():
                    display_name, outcome = self._ask(decision.node_id, decision.template)
                    events.append(self.pods.start(decision, display_name, outcome, self.now))
                case StartTask():
                    display_name, outcome = self._ask(decision.node_id, decision.template)
                    self.agent.start(decision, display_name, outcome, self.now)
                case _:
                    pass
        return events

    def _ask(self, node_id: str, template: dict[str, Any]) -> tuple[str, Outcome]:
        node = self.run.nodes[node_id]
        subject = Subject(node, self.run, str(template.get("name", "")), self.restarts)
        if subject.is_attempt and subject.attempt >= self.limits.attempts:
            self.endless = node.name
        return node.display_name, self.script.outcome(subject) or SUCCESS

    def _jump(self) -> list[Event] | None:
        """Turn the clock to the next event; None when it has been turned in vain too often.

        No events mean that there is nothing to wait for.
        """
        ends = [time for time in (self.pods.next_end(), self.agent.next_end()) if time is not None]
        asked = [time for time in self._wakes if time > self.now]
        if self.actions and (at := self.actions[0].trigger.at) is not None and at > self.now:
            ends.append(at)
        if not ends and not asked:
            return []
        time = min([*ends, *asked])
        self._fruitless = 0 if time in ends else self._fruitless + 1
        if self._fruitless > self.limits.wakes:
            return None
        self.now = time
        self._wakes = [wake for wake in self._wakes if wake > time]
        return [*self.pods.end_until(time), *self.agent.end_until(time), ClockTicked()]

    def _act(self, events: list[Event], *, idle: bool) -> bool:
        """Do the next action if it is due; what the engine then learns is added to `events`."""
        if not self.actions or not self.actions[0].trigger.holds(self.run, self.now, idle=idle):
            return False
        if self.run.phase.is_completed and not self.actions[0].trigger.completed:
            return False
        action, self.actions = self.actions[0], self.actions[1:]
        error = ""
        try:
            self._perform(action, events)
        except TiphysError as refusal:
            error = refusal.message
        self.log.append(ActionLog(action.verb, self.rounds, self.now, error))
        return True

    def _perform(self, action: Action, events: list[Event]) -> None:
        """Tell the engine, or go on with the completed run as a new one; `BadInput` if it is refused."""
        match action.verb:
            case "retry":
                self._retry(action)
            case "resubmit":
                self._resubmit(action)
                events.append(RunSubmitted())
            case _:
                refuse(self.run, action)
                events.append(action.event())

    def _retry(self, action: Action) -> None:
        self._leave()
        reopened = resubmit.retry(
            self.run,
            self.now,
            restart_successful=action.restart_successful,
            selector=action.selector,
            parameters=action.parameters,
        )
        self._go_on_with(reopened.run)

    def _resubmit(self, action: Action) -> None:
        self._leave()
        again = resubmit.resubmit(
            self.run,
            name=f"{self.run.name}-resub",
            uid=self.run.uid,
            now=self.now,
            memoized=action.memoized,
            parameters=action.parameters,
        )
        self._go_on_with(again)

    def _leave(self) -> None:
        """Keep the run as it stands before it is retried or resubmitted, even if that is refused."""
        self.left.append(LeftRun(msgspec.json.decode(msgspec.json.encode(self.run), type=Run), self.now, self.rounds))

    def _go_on_with(self, run: Run) -> None:
        self.machine = Machine(run, self.environment)
        self.restarts += 1
        self._wakes = []
