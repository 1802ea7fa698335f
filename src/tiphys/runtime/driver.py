"""The driver of one run: events in, decisions out, everything committed in between.

    gather what happened → step → commit events, nodes and attempts in one transaction → carry out

Carrying a decision out twice is harmless, so that the process may die at any point of this circle.
A run never hangs: when nothing can happen any more, it ends with the reason.
"""

from __future__ import annotations

import collections
import contextlib
import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from tiphys.engine.operation import RETRY_AFTER
from tiphys.engine.run import Node, Run
from tiphys.errors import BadInput
from tiphys.failpoints import failpoint
from tiphys.messages.decisions import (
    CreateClaim,
    Decision,
    DeleteClaim,
    RunCompleted,
    SaveCache,
    StartPod,
    StartTask,
    StopPod,
    WakeAt,
)
from tiphys.messages.events import (
    AnyEvent,
    ClockTicked,
    Event,
    PodChanged,
    RunStopped,
    RunTerminated,
    TaskReported,
)
from tiphys.messages.phases import NodePhase, NodeType
from tiphys.runtime.clock import Clock
from tiphys.runtime.dispatch import Dispatch
from tiphys.runtime.inbox import Inbox
from tiphys.runtime.rows import events_row, node_rows, run_state
from tiphys.runtime.signals import Signals
from tiphys.store.port import Store
from tiphys.store.records import AttemptRow, CacheRow, Commit, EventsRow

OnChange = Callable[[Run, Iterable[str]], None]

_LOOK_FOR_REQUESTS_SECONDS: Final = 0.2
_SHORTEST_WAIT: Final = 0.02
_HOLD_SECONDS: Final = 0.05
_MOST_LOOKS: Final = 50
_FRUITLESS_LOOKS: Final = 2
_LAST_GRACE: Final = 10.0
_LAST_PATIENCE: Final = 5.0
_event = msgspec.json.Decoder(AnyEvent)


class MachineLike(Protocol):
    """What the driver needs of the machine."""

    run: Run

    def step(self, now: float, events: Sequence[Event]) -> list[Decision]:
        """Take in what happened; say what is to be done."""

    def changed_nodes(self) -> Iterable[str]:
        """The nodes that changed since this was asked last."""

    def stuck_reason(self) -> str:
        """What is waited for for ever, or nothing."""


class Tasks(Protocol):
    """Who does what is no pod: HTTP templates and the like."""

    def start(self, task: StartTask, tell: Callable[[TaskReported], None]) -> None:
        """Do it, and tell when it is done."""


class Claims(Protocol):
    """Who makes and removes volume claims."""

    def create(self, claim: dict[str, Any]) -> None:
        """Make a claim."""

    def delete(self, name: str) -> None:
        """Remove a claim."""


@dataclass(slots=True)
class Driver:
    """Drives a machine to the end of its run."""

    machine: MachineLike
    store: Store
    dispatch: Dispatch
    inbox: Inbox
    clock: Clock
    tasks: Tasks
    claims: Claims
    on_change: OnChange | None = None
    sequence: int = 0
    places: dict[str, int] = field(default_factory=dict)
    stuck: str = ""
    interrupted: bool = False
    is_complete: bool = False
    notice: Callable[[str], None] = lambda text: None
    _times: list[float] = field(default_factory=list)
    _again_at: float | None = None
    _fruitless: int = 0
    _tasks_open: int = 0
    _answers: collections.deque[TaskReported] = field(default_factory=collections.deque)
    _told: list[Event] = field(default_factory=list)
    _held: list[Event] = field(default_factory=list)
    _hold_until: float = 0.0
    _taken: list[int] = field(default_factory=list)
    _asked: int = 0
    _look_for_requests: float = 0.0
    _spec: tuple[int, int] = (0, 0)

    def drive(self, events: Sequence[Event]) -> None:
        """From these events to the end of the run, or until it is stuck.

        Raises `BadInput` when the first of all wishes cannot be fulfilled; later ones are only said.
        """
        with Signals(self.inbox.wakeup_descriptor) as signals:
            self._step(list(events), first=True)
            while not self.is_complete:
                if events := self._gather(signals):
                    self._step(events)
                elif self._is_stuck():
                    break
            self.wind_up()

    def _step(self, events: list[Event], *, first: bool = False) -> None:
        """As many looks of the machine as follow each other at once, one commit, then the deeds."""
        now = self.clock.now()
        rows: list[EventsRow] = []
        decisions: list[Decision] = []
        for _ in range(_MOST_LOOKS):
            rows.append(events_row(self.sequence + len(rows), now, events))
            made = self.machine.step(now, events) if first else self._look(now, events)
            decisions += made
            if not _looks_again(made, now):
                break
            events = [ClockTicked()]
        failpoint("step.decided")
        run = self.machine.run
        changed = list(self.machine.changed_nodes())
        wanted = [self.dispatch.want(each) for each in decisions if isinstance(each, StartPod)]
        self._commit(rows, decisions, changed, wanted)
        failpoint("step.committed")
        self._fruitless = 0 if changed else self._fruitless + 1
        if self.on_change and (changed or decisions):
            self.on_change(run, changed)
        self._times, self._again_at = [], None
        for decision in decisions:
            self._carry_out(decision, now)
        self.dispatch.launch()
        failpoint("step.carried_out")

    def _look(self, now: float, events: Sequence[Event]) -> list[Decision]:
        try:
            return self.machine.step(now, events)
        except BadInput as error:  # a wish that cannot be fulfilled; the machine keeps the other events
            self.notice(str(error))
            return self.machine.step(now, [])

    def _commit(
        self,
        rows: Sequence[EventsRow],
        decisions: Sequence[Decision],
        changed: Sequence[str],
        wanted: Sequence[AttemptRow],
    ) -> None:
        run = self.machine.run
        outcome = self.dispatch.take_outcome()
        self._told += outcome.events
        commit = Commit(
            run.name,
            state=run_state(run, with_spec=self._spec_changed()),
            events=rows,
            nodes=node_rows(run, changed, self.places),
            gone_nodes=[each for each in changed if each not in run.nodes and each in self.places],
            attempts=[*wanted, *outcome.again],
            over=outcome.over,
            artifacts=outcome.artifacts,
            caches=[_cache_row(run, each) for each in decisions if isinstance(each, SaveCache)],
            taken=self._taken,
        )
        self.store.commit(commit)
        self.sequence += len(rows)
        self._taken = []

    def _spec_changed(self) -> bool:
        run = self.machine.run
        mark = (id(run.stored_spec), len(run.stored_templates))
        changed, self._spec = mark != self._spec, mark
        return changed or run.phase.is_completed

    def _carry_out(self, decision: Decision, now: float) -> None:
        match decision:
            case WakeAt(time=time):
                self._note_time(time, now)
            case StopPod(node_id=node_id, grace=grace):
                self.dispatch.stop(node_id, grace)
            case StartTask():
                self._tasks_open += 1
                self.tasks.start(decision, self._hear)
            case CreateClaim(claim=claim):
                self.claims.create(claim)
            case DeleteClaim(name=name):
                self.claims.delete(name)
            case RunCompleted():
                self.is_complete = True
                failpoint("run.completed")
            case _:
                return  # StartPod waits in the queue; SaveCache was committed; DeletePod: nothing is left

    def _note_time(self, time: float, now: float) -> None:
        """A moment to look again; one that is only Argo's "later, perhaps" is kept apart."""
        if time == now + RETRY_AFTER:
            self._again_at = time
        else:
            heapq.heappush(self._times, time)

    def _hear(self, report: TaskReported) -> None:
        """Take the answer of the agent, from any thread."""
        self._answers.append(report)
        self.inbox.wake()

    def _gather(self, signals: Signals) -> list[Event]:
        """Wait until something happened; what it was."""
        events = self._happened(signals)
        if not events:
            self.inbox.wait(self._seconds_to_wait())
            events = self._happened(signals)
        if not events:
            if self.dispatch.outcome.again or self.dispatch.outcome.over:
                self._commit((), (), (), ())
            self.dispatch.launch()
        return events

    def _happened(self, signals: Signals) -> list[Event]:
        reports = self.inbox.reports
        while reports:
            self.dispatch.take(reports.popleft())
        self.dispatch.look_around()
        events, self._told = self._told, []
        events += self._without_haste(self.dispatch.outcome.events)
        self.dispatch.outcome.events = []
        while self._answers:
            events.append(self._answers.popleft())
            self._tasks_open -= 1
        events += self._asked_by(signals)
        events += self._requested()
        return events or self._time_has_come()

    def _without_haste(self, events: Sequence[Event]) -> list[Event]:
        """That a pod runs can wait a moment: perhaps it ends meanwhile, and one commit serves for both."""
        now = self.clock.now()
        if events and not self._held:
            self._hold_until = now + _HOLD_SECONDS
        self._held += events
        if now < self._hold_until and all(self._can_wait(each) for each in self._held):
            return []
        held, self._held = self._held, []
        return held

    def _can_wait(self, event: Event) -> bool:
        """Whether nobody waits for this: a daemon that runs is what others wait for."""
        if not isinstance(event, PodChanged) or event.status.phase != "Running":
            return False
        pod = self.dispatch.pods.get(event.node_id)
        return pod is None or not pod.attempt.start.daemon

    def _time_has_come(self) -> list[Event]:
        """A tick, if one is due; pods that were told to end may do so first, for a while."""
        now = self.clock.now()
        due = bool(self._times) and self._times[0] <= now
        if self._again_at is not None:
            idle = self._is_idle(now)
            due |= self._fruitless < _FRUITLESS_LOOKS if idle else self._again_at <= now
        if not due or self.dispatch.are_ending(now):
            return []
        return [ClockTicked()]

    def _asked_by(self, signals: Signals) -> list[Event]:
        """What signals ask for: stop first, terminate at the second."""
        if signals.count <= self._asked:
            return []
        self._asked, self.interrupted = signals.count, True
        return [RunStopped() if self._asked == 1 else RunTerminated()]

    def _requested(self) -> list[Event]:
        """What other processes left in the store."""
        now = self.clock.now()
        if now < self._look_for_requests:
            return []
        self._look_for_requests = now + _LOOK_FOR_REQUESTS_SECONDS
        if not self.store.has_changed():
            return []
        events = []
        for request in self.store.requests(self.machine.run.name):
            if request.id not in self._taken:
                failpoint("request.taken")
                self._taken.append(request.id)
                with contextlib.suppress(msgspec.DecodeError):  # from a newer tiphys: not ours to answer
                    events.append(_event.decode(request.data))
        return events

    def _seconds_to_wait(self) -> float:
        now = self.clock.now()
        times = [self._look_for_requests, *self._times[:1]]
        if self._held:
            times.append(self._hold_until)
        if self._again_at is not None:
            times.append(self._again_at)
        if (look := self.dispatch.next_look()) is not None:
            times.append(look)
        shortest = _SHORTEST_WAIT if self.dispatch.are_ending(now) else 0.0
        return max(shortest, min(times) - now)

    def _is_idle(self, now: float) -> bool:
        """Whether there is no pod, no task and no time to wait for; nothing was deleted a moment ago."""
        if self.dispatch.pods or self._told or self.inbox.reports or self._tasks_open or self._times:
            return False
        if self._held:
            return False
        return now > self.dispatch.deleted_at + RETRY_AFTER

    def _is_stuck(self) -> bool:
        """Whether nothing can happen any more, and there is nobody to be waited for."""
        if not self._is_idle(self.clock.now()):
            return False
        run = self.machine.run
        if run.stored_spec.get("suspend") or any(_waits_for_people(each) for each in run.nodes.values()):
            return False
        self.stuck = self.machine.stuck_reason()
        return True

    def wind_up(self) -> None:
        """After the end of the run: have every pod that is left end too, and take in how."""
        for pod in list(self.dispatch.pods.values()):
            self.dispatch.stop(pod.node_id, _LAST_GRACE)
        give_up = self.clock.now() + _LAST_GRACE + _LAST_PATIENCE
        while self.dispatch.pods and self.clock.now() < give_up:
            self.inbox.wait(_SHORTEST_WAIT)
            while self.inbox.reports:
                self.dispatch.take(self.inbox.reports.popleft())
            self.dispatch.look_around()
        if self.dispatch.outcome.over:
            self._commit((), (), (), ())


def _waits_for_people(node: Node) -> bool:
    return node.type is NodeType.SUSPEND and node.phase is NodePhase.RUNNING


def _looks_again(decisions: Sequence[Decision], now: float) -> bool:
    """Whether the machine wants to look again at once, and no pod has to end first."""
    if any(isinstance(each, StopPod | RunCompleted) for each in decisions):
        return False
    return any(isinstance(each, WakeAt) and each.time <= now for each in decisions)


def _cache_row(run: Run, decision: SaveCache) -> CacheRow:
    return CacheRow(run.namespace, decision.cache, decision.key, msgspec.json.encode(decision.entry))
