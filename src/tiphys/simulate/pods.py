"""Pods on the virtual clock: the kubelet and the executor, imitated.

A pod runs at once, ends when its outcome says so, earlier when it is stopped or a deadline comes. Ends
are kept in a heap; all pods that end at one instant are told in the order of their creation.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Final

from tiphys.messages.decisions import StartPod
from tiphys.messages.events import Event, PodChanged, PodDeleted
from tiphys.messages.outputs import ContainerStatus, PodStatus
from tiphys.simulate.argoexec import pod_report
from tiphys.simulate.outcomes import DEFAULT_SECONDS, Outcome
from tiphys.simulate.values import Values

KILLED: Final = 143
SCRIPTED_ERROR: Final = 64
ACTIVE_TOO_LONG: Final = "Pod was active on the node longer than the specified deadline"
HOST: Final = "node-1"


@dataclass(slots=True)
class Pod:
    """A pod that was started: what was asked for, how it will end, and how it did."""

    start: StartPod
    display_name: str
    outcome: Outcome
    index: int
    started_at: float
    status: PodStatus

    @property
    def is_over(self) -> bool:
        """True once the pod has ended or is gone."""
        return self.status.phase not in ("Pending", "Running")

    @property
    def ip(self) -> str:
        """The address of the pod: one a pod, in order of creation."""
        third, fourth = divmod(self.index + 1, 250)
        return f"10.0.{third}.{fourth}" if third else f"10.0.0.{fourth}"


class Pods:
    """All pods of a simulated run."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.started: list[Pod] = []
        self._latest: dict[str, Pod] = {}
        self._ends: list[tuple[float, int, str]] = []

    def start(self, decision: StartPod, display_name: str, outcome: Outcome, now: float) -> Event:
        """Create the pod; what the engine then learns of it."""
        pod = Pod(decision, display_name, outcome, len(self.started), now, PodStatus(phase="Pending"))
        self.started.append(pod)
        self._latest[decision.node_id] = pod
        if outcome.phase == "Pending":
            pod.status = PodStatus(phase="Pending", message=outcome.pod_message, reason=outcome.pod_reason)
        else:
            pod.status = _running(pod)
            self._schedule(pod)
        return PodChanged(decision.node_id, pod.status)

    def _schedule(self, pod: Pod) -> None:
        outcome, start = pod.outcome, pod.start
        if outcome.phase != "Running" and not (start.daemon and outcome.duration is None):
            seconds = DEFAULT_SECONDS if outcome.duration is None else outcome.duration
            self._end_at(pod, pod.started_at + seconds, "outcome")
        active = start.spec.get("activeDeadlineSeconds")
        if active is not None:
            self._end_at(pod, pod.started_at + float(active), "active")
        if start.deadline is not None:
            self._end_at(pod, max(start.deadline, pod.started_at), "deadline")

    def _end_at(self, pod: Pod, time: float, cause: str) -> None:
        heapq.heappush(self._ends, (time, pod.index, cause))

    def next_end(self) -> float | None:
        """When the next pod ends, if any will."""
        while self._ends and self.started[self._ends[0][1]].is_over:
            heapq.heappop(self._ends)
        return self._ends[0][0] if self._ends else None

    def end_until(self, now: float) -> list[Event]:
        """End every pod whose time has come; what the engine learns, in order of creation."""
        due: dict[int, str] = {}
        while self._ends and self._ends[0][0] <= now:
            _, index, cause = heapq.heappop(self._ends)
            # Of several ends at one instant the pod's own comes first, then the kubelet's.
            if index not in due or _CAUSES.index(cause) < _CAUSES.index(due[index]):
                due[index] = cause
        return [self._end(self.started[index], due[index]) for index in sorted(due) if not self.started[index].is_over]

    def stop(self, node_id: str) -> Event | None:
        """Stop a pod: one that never ran is gone, one that runs ends by the signal."""
        pod = self._latest.get(node_id)
        if pod is None or pod.is_over:
            return None
        if pod.status.phase == "Pending":
            pod.status = PodStatus(phase="Deleted")
            return PodDeleted(node_id)
        return self._end(pod, "stopped")

    def _end(self, pod: Pod, cause: str) -> Event:
        if cause == "outcome" and pod.outcome.phase == "Deleted":
            pod.status = PodStatus(phase="Deleted")
            return PodDeleted(pod.start.node_id)
        end = _ended if cause == "outcome" else _cut_short
        pod.status = end(pod, cause, self.values)
        return PodChanged(pod.start.node_id, pod.status)


_CAUSES: Final = ("outcome", "active", "deadline")


def _running(pod: Pod) -> PodStatus:
    containers = [ContainerStatus(name) for name in (*_container_names(pod), "wait")]
    return PodStatus(phase="Running", containers=containers, pod_ip=pod.ip, host=HOST, progress=pod.outcome.progress)


def _has_wait(pod: Pod) -> bool:
    """False where the executor is the main container itself."""
    return not (pod.start.template.get("resource") or pod.start.template.get("data"))


def _container_names(pod: Pod) -> list[str]:
    return [str(container["name"]) for container in pod.start.containers]


def _ended(pod: Pod, _cause: str, values: Values) -> PodStatus:
    outcome = pod.outcome
    succeeded = outcome.phase == "Succeeded"
    codes = _exit_codes(pod, outcome)
    report = pod_report(pod.start, pod.display_name, outcome, values, succeeded=succeeded)
    trouble = report.trouble
    broken_start = outcome.phase == "Error" and outcome.error_in == "init"
    if outcome.phase == "Error" and not broken_start:
        trouble = outcome.message or "scripted error"
    wait = ContainerStatus("wait", SCRIPTED_ERROR, "Error", trouble) if trouble else _fine("wait")
    init = [_fine("init")]
    if broken_start:
        wait = _fine("wait")
        init = [ContainerStatus("init", SCRIPTED_ERROR, "Error", outcome.message or "scripted error")]
    mains = [_main_status(name, code, outcome) for name, code in codes.items()]
    bad = not succeeded or bool(trouble) or any(codes[name] for name in pod.start.main if name in codes)
    return PodStatus(
        phase="Failed" if bad else "Succeeded",
        message=outcome.pod_message,
        reason=outcome.pod_reason,
        containers=[*mains, wait] if _has_wait(pod) else mains,
        init_containers=init,
        outputs=None if broken_start else report.outputs,
        pod_ip=pod.ip,
        host=HOST,
        progress=outcome.progress,
    )


def _exit_codes(pod: Pod, outcome: Outcome) -> dict[str, int]:
    main = outcome.exit_code if outcome.exit_code is not None else int(outcome.phase == "Failed")
    return {name: outcome.containers.get(name, main if name in pod.start.main else 0) for name in _container_names(pod)}


def _main_status(name: str, code: int, outcome: Outcome) -> ContainerStatus:
    reason = outcome.reason or ("Error" if code else "Completed")
    return ContainerStatus(name, code, reason, outcome.message if name == "main" and code else "")


def _fine(name: str) -> ContainerStatus:
    return ContainerStatus(name, 0, "Completed")


def _cut_short(pod: Pod, cause: str, values: Values) -> PodStatus:
    report = pod_report(pod.start, pod.display_name, Outcome("Failed"), values, succeeded=False)
    active = cause == "active"
    return PodStatus(
        phase="Failed",
        message=ACTIVE_TOO_LONG if active else "",
        reason="DeadlineExceeded" if active else "",
        containers=[
            *(ContainerStatus(name, KILLED, "Error") for name in _container_names(pod)),
            _fine("wait"),
        ],
        init_containers=[_fine("init")],
        outputs=report.outputs,
        pod_ip=pod.ip,
        host=HOST,
        progress=pod.outcome.progress,
    )
