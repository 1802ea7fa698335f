"""HTTP and plugin tasks on the virtual clock: the agent, imitated."""

from __future__ import annotations

import heapq

from tiphys.messages.decisions import StartTask
from tiphys.messages.events import Event, TaskReported
from tiphys.simulate.argoexec import task_report
from tiphys.simulate.outcomes import DEFAULT_SECONDS, Outcome


class Agent:
    """All HTTP and plugin tasks of a simulated run."""

    def __init__(self) -> None:
        self.started: list[StartTask] = []
        self._ends: list[tuple[float, int]] = []
        self._answers: list[TaskReported] = []
        self._known: set[str] = set()

    def start(self, decision: StartTask, display_name: str, outcome: Outcome, now: float) -> None:
        """Take a task on; it is answered when its time has come."""
        if decision.node_id in self._known:
            return
        self._known.add(decision.node_id)
        index = len(self.started)
        self.started.append(decision)
        self._answers.append(
            TaskReported(
                node_id=decision.node_id,
                phase=outcome.phase,
                message=outcome.message,
                outputs=task_report(decision.template, display_name, outcome),
                progress=outcome.progress,
            )
        )
        if outcome.phase in ("Succeeded", "Failed", "Error"):
            seconds = DEFAULT_SECONDS if outcome.duration is None else outcome.duration
            heapq.heappush(self._ends, (now + seconds, index))

    def next_end(self) -> float | None:
        """When the next task is answered, if any will be."""
        return self._ends[0][0] if self._ends else None

    def end_until(self, now: float) -> list[Event]:
        """The answers whose time has come, in order of the tasks."""
        due = []
        while self._ends and self._ends[0][0] <= now:
            due.append(heapq.heappop(self._ends)[1])
        return [self._answers[index] for index in sorted(due)]
