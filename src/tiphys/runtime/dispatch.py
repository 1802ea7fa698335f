"""Carrying out what the machine decides about pods: queue, start, watch, stop, and take in their ends.

Every attempt is committed as wanted before it is started. What an executor tells is checked against
the attempt's lock and record: a report may be late, doubled or missing, and no attempt is started
while another of the same pod lives.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tiphys.errors import TiphysError
from tiphys.executors.port import (
    Attempt,
    Ending,
    Executor,
    Report,
    is_alive,
    read_ending,
    was_handed_over,
)
from tiphys.failpoints import failpoint
from tiphys.messages.decisions import StartPod
from tiphys.messages.events import Event, PodChanged, PodDeleted
from tiphys.messages.outputs import ContainerStatus, PodStatus
from tiphys.runtime.capacity import Capacity, request_of
from tiphys.runtime.clock import Clock, new_token
from tiphys.runtime.rows import attempt_row
from tiphys.store.records import ArtifactRow, AttemptRow

MOST_LOSSES: Final = 5
"""How often the pod of a node may be lost before its node is an Error."""

_LOOK_SECONDS: Final = 1.0
_LOOK_AT_ADOPTED_SECONDS: Final = 0.05
_LONGEST_BACKOFF: Final = 10.0
_ENDING_SECONDS: Final = 5.0


@dataclass(slots=True)
class Pod:
    """A pod under way: its attempt, and what was told of it."""

    attempt: Attempt
    number: int
    executor: Executor
    priority: int = 0
    losses: int = 0
    is_started: bool = False
    is_adopted: bool = False
    is_running: bool = False
    address: str = "127.0.0.1"
    stop_grace: float | None = None
    ends_until: float = 0.0
    not_before: float = 0.0

    @property
    def node_id(self) -> str:
        """The node whose pod this is."""
        return self.attempt.start.node_id


@dataclass(slots=True)
class Outcome:
    """What is to be committed for what happened to pods."""

    events: list[Event] = field(default_factory=list)
    over: list[tuple[str, int]] = field(default_factory=list)
    artifacts: list[ArtifactRow] = field(default_factory=list)
    again: list[AttemptRow] = field(default_factory=list)


class Dispatch:
    """The pods of one run."""

    def __init__(
        self,
        run: str,
        directory: Path,
        choose: Callable[[StartPod], Executor],
        capacity: Capacity,
        clock: Clock,
    ) -> None:
        self.run = run
        self.pods_directory = directory / "pods"
        self.choose = choose
        self.capacity = capacity
        self.clock = clock
        self.pods: dict[str, Pod] = {}
        self.outcome = Outcome()
        self.deleted_at = -math.inf
        self._by_key: dict[str, Pod] = {}
        self._queue: list[tuple[int, int, str]] = []
        self._order = itertools.count()
        self._numbers: dict[str, int] = {}
        self._look_at = 0.0

    def know(self, numbers: Mapping[str, int]) -> None:
        """Take note of how often each pod was attempted before."""
        self._numbers.update(numbers)

    def want(self, start: StartPod) -> AttemptRow:
        """A new attempt of a pod, to be committed before `launch`."""
        number = self._numbers.get(start.pod_name, -1) + 1
        self._numbers[start.pod_name] = number
        executor = self.choose(start)
        token = new_token()
        self._add(start, number, token, executor)
        return attempt_row(start, number, token, executor.name)

    def readopt(self, start: StartPod, number: int, token: str) -> None:
        """An attempt of before a restart: it lives, it ended, or it never was."""
        pod = self._add(start, number, token, self.choose(start))
        pod.is_started = pod.is_adopted = True
        self.capacity.take(pod.attempt.key, request_of(start))
        failpoint("recovery.adopted")
        self._look(pod)

    def launch(self) -> None:
        """Start what waits, as far as the machine has room."""
        now = self.clock.now()
        held_back = []
        while self._queue:
            entry = heapq.heappop(self._queue)
            pod = self.pods.get(entry[2])
            if pod is None or pod.is_started:
                continue
            if pod.not_before > now or not self.capacity.fits(request_of(pod.attempt.start)):
                held_back.append(entry)
                if pod.not_before <= now:
                    break  # in order: a large pod is not overtaken for ever by small ones
                continue
            self._start(pod)
        for entry in held_back:
            heapq.heappush(self._queue, entry)

    def stop(self, node_id: str, grace: float) -> None:
        """End the pod of a node; one that has not started is gone at once."""
        pod = self.pods.get(node_id)
        if pod is None:
            self._delete(node_id)
        elif not pod.is_started:
            self._over(pod)
            self._delete(node_id)
        else:
            if pod.stop_grace is None:
                pod.ends_until = self.clock.now() + min(grace, _ENDING_SECONDS)
            pod.stop_grace = grace
            pod.executor.stop(pod.attempt, grace)

    def take(self, report: Report) -> None:
        """Take in what an executor tells; of an attempt that is over or was never ours, nothing."""
        pod = self._by_key.get(report.key)
        if pod is None or pod.attempt.token != report.token or self.pods.get(pod.node_id) is not pod:
            return
        if report.what in ("running", "progress"):
            pod.is_running = True
            if report.what == "running":
                pod.address = report.detail
            self._tell_running(pod, report.detail if report.what == "progress" else "")
            if pod.stop_grace is not None:
                pod.executor.stop(pod.attempt, pod.stop_grace)
        elif report.what == "ended":
            failpoint("result.received")
            self._look(pod)
        elif report.what == "refused":
            self._refuse(pod, report.detail)
        elif report.what == "unstarted" and not self._look(pod) and not is_alive(pod.attempt):
            self._again(pod, report.detail)

    def look_around(self) -> None:
        """Now and then, see to attempts of which nothing was heard."""
        now = self.clock.now()
        if now < self._look_at:
            return
        adopted = False
        for pod in [each for each in self.pods.values() if each.is_started]:
            adopted |= pod.is_adopted
            if pod.stop_grace is not None:
                pod.executor.stop(pod.attempt, pod.stop_grace)
            self._look(pod)
        self._look_at = now + (_LOOK_AT_ADOPTED_SECONDS if adopted else _LOOK_SECONDS)

    def next_look(self) -> float | None:
        """When to look again, at the latest; None while nothing runs or waits."""
        if not self.pods:
            return None
        waiting = [pod.not_before for pod in self.pods.values() if not pod.is_started and pod.not_before]
        return min([self._look_at, *waiting])

    def are_ending(self, now: float) -> bool:
        """Whether pods that were told to end have not yet, though they had little time for it."""
        return any(each.ends_until > now for each in self.pods.values())

    def take_outcome(self) -> Outcome:
        """What happened since this was asked last."""
        outcome, self.outcome = self.outcome, Outcome()
        return outcome

    def _add(self, start: StartPod, number: int, token: str, executor: Executor) -> Pod:
        directory = self.pods_directory / start.pod_name / str(number)
        left = None if start.deadline is None else max(0.0, start.deadline - self.clock.now())
        attempt = Attempt(f"{self.run}/{start.pod_name}/{number}", token, directory, start, left)
        pod = Pod(attempt, number, executor)
        self.pods[start.node_id] = pod
        self._by_key[attempt.key] = pod
        heapq.heappush(self._queue, (-pod.priority, next(self._order), start.node_id))
        return pod

    def _start(self, pod: Pod) -> None:
        pod.is_started = True
        self.capacity.take(pod.attempt.key, request_of(pod.attempt.start))
        try:
            for folder in (self.pods_directory, pod.attempt.directory.parent):
                folder.mkdir(exist_ok=True, mode=0o700)
            pod.attempt.directory.mkdir(mode=0o700)
            failpoint("pod.directory_made")
            pod.executor.start(pod.attempt)
        except TiphysError as error:
            self._refuse(pod, str(error))
        except OSError as error:
            self._again(pod, f"cannot start: {error}")

    def _tell_running(self, pod: Pod, progress: str) -> None:
        start = pod.attempt.start
        names = [str(each.get("name", "")) for each in start.containers]
        containers = [ContainerStatus(name) for name in (*names, "wait")]
        status = PodStatus("Running", containers=containers, pod_ip=pod.address, progress=progress)
        self.outcome.events.append(PodChanged(pod.node_id, status))

    def _look(self, pod: Pod) -> bool:
        """Whether the attempt has ended; takes in how. One that is lost is wanted again."""
        alive = is_alive(pod.attempt)
        try:
            ending = read_ending(pod.attempt)
        except TiphysError as error:
            self._refuse(pod, str(error))
            return True
        if ending is not None:
            self._end(pod, ending)
            return True
        if not alive and (pod.is_adopted or was_handed_over(pod.attempt)):
            failpoint("recovery.restarted")
            self._again(pod, "it was lost")
        return False

    def _end(self, pod: Pod, ending: Ending) -> None:
        self._over(pod)
        self.outcome.events.append(PodChanged(pod.node_id, ending.status))
        for name, saved in ending.artifacts.items():
            row = ArtifactRow(pod.node_id, name, saved["path"], saved["digest"], saved["size"])
            self.outcome.artifacts.append(row)

    def _refuse(self, pod: Pod, why: str) -> None:
        self._over(pod)
        init = ContainerStatus("init", 64, "Error", why)
        self.outcome.events.append(PodChanged(pod.node_id, PodStatus("Failed", init_containers=[init])))

    def _again(self, pod: Pod, why: str) -> None:
        """Start the pod once more, in a fresh directory; a stopped one is gone instead."""
        self._over(pod)
        start = pod.attempt.start
        if pod.stop_grace is not None:
            self._delete(pod.node_id)
            return
        losses = pod.losses + bool(why)
        if losses > MOST_LOSSES:
            self._refuse(pod, f"the pod could not be run {losses} times: {why}")
            return
        self.outcome.again.append(self.want(start))
        fresh = self.pods[start.node_id]
        fresh.losses, fresh.priority = losses, pod.priority
        if why:
            fresh.not_before = self.clock.now() + min(0.1 * 4**losses, _LONGEST_BACKOFF)

    def _delete(self, node_id: str) -> None:
        self.deleted_at = self.clock.now()
        self.outcome.events.append(PodDeleted(node_id))

    def _over(self, pod: Pod) -> None:
        self.capacity.give_back(pod.attempt.key)
        self._by_key.pop(pod.attempt.key, None)
        if self.pods.get(pod.node_id) is pod:
            del self.pods[pod.node_id]
        self.outcome.over.append((pod.attempt.start.pod_name, pod.number))
