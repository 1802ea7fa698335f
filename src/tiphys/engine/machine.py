"""The state machine: events in, decisions out. Only it changes a `Run`.

One step is one reconciliation of Argo's controller (operate in operator.go): pods are looked at, then the
tree is walked from the entry node, but only where something happened. If that led to changes which call
for another look, the last decision is a `WakeAt` of the same moment.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Final

from tiphys.engine import (
    deadlines,
    metrics,
    pod_reports,
    progress,
    resubmit,
    waiting,
    wishes,
    workflow_phase,
    workflow_start,
    workflow_walk,
)
from tiphys.engine.environment import Environment
from tiphys.engine.held_locks import held_locks
from tiphys.engine.kinds import agent, container_set, dag, pod, steps, suspend
from tiphys.engine.operation import RETRY_AFTER, Execute, Operation
from tiphys.engine.panic import Panic
from tiphys.engine.run import Run
from tiphys.engine.workflow_start import Validate
from tiphys.messages.decisions import Decision, DeletePod, RunCompleted, WakeAt
from tiphys.messages.events import Event, PodChanged, PodDeleted, RunRetried, TaskReported
from tiphys.messages.phases import WorkflowPhase
from tiphys.validation.answers import validate_workflow

KINDS: Final[dict[str, Execute]] = {
    "container": pod.execute,
    "containerSet": container_set.execute,
    "script": pod.execute_once,
    "resource": pod.execute_once,
    "data": pod.execute_once,
    "steps": steps.execute,
    "dag": dag.execute,
    "suspend": suspend.execute,
    "http": agent.execute_http,
    "plugin": agent.execute_plugin,
}
"""The kinds of template, by the field that says which one it is."""

_POD_NAMES: Final = "workflows.argoproj.io/pod-name-format"


def complaint(run: Run, environment: Environment) -> str | None:
    """What Argo's validation has to say against the workflow."""
    resources = [
        *environment.workflow_templates.values(),
        *environment.cluster_workflow_templates.values(),
    ]
    return validate_workflow(run.manifest, resources)


class Machine:
    """Drives one run. `validate` says what is wrong with it before it starts, or None.

    Everything but the `Run` and the `Environment` can be built from these two again: a machine made of a
    run that is under way goes on where the other one was.
    """

    def __init__(self, run: Run, environment: Environment, validate: Validate = complaint) -> None:
        self.run = run
        self.environment = environment
        self._validate = validate
        self._begin(run)

    def _begin(self, run: Run) -> None:
        self.run = run
        self._op = Operation(run, self.environment, KINDS)
        self._metrics = metrics.Watch()
        self._completed = workflow_phase.is_completed(self._op)
        self._resumes = run.phase is not WorkflowPhase.UNKNOWN
        if self._resumes and not self._completed:
            self.environment.locks.reestablish(run)
            self._op.held.update(held_locks(run))

    # --- for the driver

    def step(self, now: float, events: Sequence[Event] = ()) -> list[Decision]:
        """Take in what happened until now and decide what is to be done.

        Raises `BadInput` for a wish that cannot be fulfilled; the other events are not lost by it.
        """
        op = self._op
        op.begin(now)
        for event in events:
            if isinstance(event, PodChanged | PodDeleted | TaskReported):
                op.inbox.append(event)
        for event in events:
            if isinstance(event, RunRetried):
                self._retry(event)
            else:
                wishes.take(self._op, event)
        op = self._op
        version = op.nodes.version
        self._run_timers(now)
        try:
            self._operate()
        except Panic as panic:
            workflow_phase.mark(op, WorkflowPhase.ERROR, panic.message)
        self._end_step(version)
        return op.decisions

    def changed_nodes(self) -> set[str]:
        """Ids of the nodes that changed or went since this was asked last."""
        changed, self._op.nodes.changed = self._op.nodes.changed, set()
        return changed

    def update_progress(self) -> None:
        """Compute the progress of nodes that stand over others."""
        progress.update(self._op.nodes)

    def waits(self) -> list[str]:
        """What the run waits for, one sentence each; empty when it is over."""
        if self._completed:
            return []
        return waiting.waits(self.run, self._op.nodes.open, self._op.troubles)

    def stuck_reason(self) -> str:
        """Why nothing more will happen, as far as can be told."""
        waits = self.waits()
        return "; ".join(waits) if waits else "nothing is left to wait for"

    def _retry(self, event: RunRetried) -> None:
        reopened = resubmit.retry(
            self.run,
            self._op.now,
            restart_successful=event.restart_successful,
            selector=event.selector,
            parameters=event.parameters,
            failed=event.failed,
        )
        before = self._op
        gone = [DeletePod(node.id, before.pod_name(node)) for node in reopened.deleted]
        self._begin(reopened.run)
        self._op.begin(before.now)
        self._op.inbox = before.inbox
        self._op.decisions.extend(gone)
        self._op.nodes.changed = before.nodes.changed | set(before.nodes.nodes) | set(reopened.run.nodes)

    # --- one reconciliation

    def _run_timers(self, now: float) -> None:
        op = self._op
        while op.timers and op.timers[0][0] <= now:
            _, node_id = heapq.heappop(op.timers)
            node = op.nodes.nodes.get(node_id)
            if node is not None and not node.is_done:
                op.look_again(node)

    def _operate(self) -> None:
        op = self._op
        if self._completed:
            op.inbox.clear()
            return
        if not workflow_start.set_spec(op, self._validate) or not workflow_start.lock(op):
            return
        if self.run.phase is WorkflowPhase.UNKNOWN:
            workflow_phase.mark(op, WorkflowPhase.RUNNING)
            self.run.annotations.setdefault(_POD_NAMES, "v2")
            if op.deadline is not None:
                op.wake_at(op.deadline, None)
        else:
            if self._resumes and op.deadline is not None and op.now <= op.deadline:
                op.wake_at(op.deadline, None)
            pod_reports.look_at_pods(op)
            deadlines.fail_nodes_without_pods(op)
        self._resumes = False
        if op.spec.get("suspend"):
            return
        op.active_pods = op.nodes.active_pods if op.spec.get("parallelism") is not None else 0
        if not workflow_start.prepare_volumes(op):
            return
        self._mark_again()
        workflow_walk.walk(op)

    def _mark_again(self) -> None:
        """Have those looked at that asked for it, or that can have the lock they wait for."""
        op = self._op
        again, op.again = op.again, {}
        for node_id in again:
            node = op.nodes.nodes.get(node_id)
            if node is not None:
                frame = op.frames.get(node_id)
                if frame is not None:
                    frame.queued = True
                op.mark(node)
        for node in op.waiters_with_room():
            op.mark(node)

    # --- the end of a step

    def _end_step(self, version: int) -> None:
        op, run = self._op, self.run
        changed = op.nodes.version != version
        if op.nodes.ended and self._metrics.needed(op):
            metrics.of_ended(op, op.nodes.ended)
        op.nodes.ended.clear()
        op.nodes.complete_progress()
        run.progress = f"{op.nodes.progress_done}/{op.nodes.progress_total}"
        if not self._completed and workflow_phase.is_completed(op):
            self._completed = True
            progress.update(op.nodes)
            workflow_start.release_locks(op)
            op.decisions.append(RunCompleted(str(run.phase.value), run.message))
            return
        if self._completed:
            return
        ending = op.nodes.open and (op.shutdown or op.deadline_exceeded)
        if changed and (op.again or ending or op.waiters_with_room()):
            op.decisions.append(WakeAt(op.now))
            return
        if op.requeued:
            op.decisions.append(WakeAt(op.now + RETRY_AFTER))
        if op.timers:
            op.decisions.append(WakeAt(op.timers[0][0]))
