"""The state machine: events in, decisions out. Only it changes a `Run`.

One step is one reconciliation of Argo's controller (operate in operator.go): pods are looked at, then the
tree is walked from the entry node, but only where something happened. If that led to changes which call
for another look, the last decision is a `WakeAt` of the same moment.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import Any, Final

from tiphys.engine import (
    claims,
    deadlines,
    hooks,
    manual,
    memoize,
    metrics,
    naming,
    outputs,
    pod_results,
    progress,
    resubmit,
    specification,
    waiting,
    workflow_phase,
)
from tiphys.engine.environment import Environment
from tiphys.engine.execution import execute_template
from tiphys.engine.failures import failures_text
from tiphys.engine.held_locks import held_locks
from tiphys.engine.kinds import agent, container_set, dag, pod, steps, suspend
from tiphys.engine.operation import PARALLELISM_REACHED, RETRY_AFTER, Execute, Operation, Options
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node, Run
from tiphys.engine.substitution import fill, plan_of
from tiphys.engine.transitions import RESULT_OF
from tiphys.errors import BadInput, ExpressionError, NodeError
from tiphys.messages.decisions import Decision, DeletePod, RunCompleted, WakeAt
from tiphys.messages.events import (
    Event,
    NodeSet,
    PodChanged,
    PodDeleted,
    RunResumed,
    RunRetried,
    RunStopped,
    RunSuspended,
    RunTerminated,
    TaskReported,
)
from tiphys.messages.phases import NodePhase, NodeType, WorkflowPhase
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
_RECENT: Final = 10.0
"""For so many seconds after its start, a node whose pod is gone gets the benefit of the doubt."""

Validate = Callable[[Run, Environment], str | None]


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
        self._inbox: list[Event] = []
        self._begin(run)

    def _begin(self, run: Run) -> None:
        self.run = run
        self._op = Operation(run, self.environment, KINDS)
        self._missing: dict[str, None] = {}
        self._metrics = metrics.Watch()
        self._asked: set[str] = set()
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
                self._inbox.append(event)
        for event in events:
            self._take_wish(event)
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

    # --- wishes of people

    def _take_wish(self, event: Event) -> None:
        spec = self.run.stored_spec
        match event:
            case RunSuspended():
                self._check_running("cannot suspend completed workflows")
                spec["suspend"] = True
            case RunResumed(selector=selector):
                self._change(manual.resume(self.run, selector))
                if not selector:
                    spec.pop("suspend", None)
            case RunStopped(selector=selector, message=message) if selector:
                self._change(manual.set_nodes(self.run, selector, phase=NodePhase.FAILED, message=message))
            case RunStopped():
                self._shut_down("Stop")
            case RunTerminated():
                self._shut_down("Terminate")
            case NodeSet():
                phase = NodePhase(event.phase) if event.phase else None
                self._change(
                    manual.set_nodes(
                        self.run, event.selector, phase=phase, message=event.message, values=event.values
                    )
                )
            case RunRetried():
                self._retry(event)
            case _:
                pass

    def _check_running(self, refusal: str) -> None:
        if self._completed:
            raise BadInput(refusal)

    def _shut_down(self, strategy: str) -> None:
        self._check_running(
            f'cannot shutdown a completed workflow: workflow: "{self.run.name}", namespace: "{self.run.namespace}"'
        )
        self.run.stored_spec["shutdown"] = strategy

    def _change(self, changes: list[manual.NodeChange]) -> None:
        op = self._op
        for change in changes:
            node = change.node
            if change.outputs is not None:
                node.outputs = change.outputs
                op.nodes.touch(node)
            if change.phase is not None:
                op.mark_phase(node, change.phase)
            if change.message is not None:
                node.message = change.message
                op.nodes.touch(node)
            for parameter in change.global_parameters:
                outputs.export_parameter(op, parameter)
            op.mark(node)
            op.look_again(node)

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
            self._inbox.clear()
            return
        first = self.run.phase is WorkflowPhase.UNKNOWN
        if not self._set_spec(first) or not self._lock_workflow():
            return
        if self.run.phase is WorkflowPhase.UNKNOWN:
            workflow_phase.mark(op, WorkflowPhase.RUNNING)
            self.run.annotations.setdefault(_POD_NAMES, "v2")
            if op.deadline is not None:
                op.wake_at(op.deadline, None)
        else:
            if self._resumes and op.deadline is not None and op.now <= op.deadline:
                op.wake_at(op.deadline, None)
            self._look_at_pods()
            deadlines.fail_nodes_without_pods(op)
        self._resumes = False
        if op.spec.get("suspend"):
            return
        op.active_pods = op.nodes.active_pods if op.spec.get("parallelism") is not None else 0
        if not self._prepare_volumes():
            return
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
        self._walk()

    def _set_spec(self, first: bool) -> bool:
        """The spec in force and the workflow's variables; false when the run ends over it (setExecWorkflow)."""
        op, run = self._op, self.run
        if first:
            try:
                if not run.stored_spec:
                    run.stored_spec = specification.prepare(run, self.environment)
            except NodeError as error:
                workflow_phase.mark(op, WorkflowPhase.ERROR, error.message)
                return False
            wrong = self._validate(run, self.environment)
            if wrong is not None:
                workflow_phase.mark(op, WorkflowPhase.FAILED, f"invalid spec: {wrong}")
                return False
        stale = op.variables.stale
        try:
            op.variables.refresh(op.now)
        except NodeError as error:
            workflow_phase.mark(op, WorkflowPhase.FAILED, f"failed to set global parameters: {error.message}")
            return False
        return not stale or self._fill_spec(first)

    def _fill_spec(self, first: bool) -> bool:
        op, run = self._op, self.run
        known = op.variables.without_runtime()
        try:
            filled = specification.fill_in(run.stored_spec, known, op.ambient)
            if first:
                run.stored_spec = filled
                added = specification.apply_metadata(run, known)
                if added:
                    filled = specification.fill_in(run.stored_spec, added, op.ambient)
        except (NodeError, ExpressionError) as error:
            workflow_phase.mark(op, WorkflowPhase.ERROR, error.message)
            return False
        # what was filled in is known as the value of the workflow's parameters from the next round on
        op.variables.stale = filled.get("arguments") != run.stored_spec.get("arguments") or first
        run.stored_spec = filled
        for name, value in known.items():
            op.variables.set(name, value)
        return True

    def _lock_workflow(self) -> bool:
        """The locks of the workflow itself; false while it waits for them."""
        op, run = self._op, self.run
        synchronization = op.spec.get("synchronization")
        if synchronization is None:
            return True
        try:
            answer = self.environment.locks.try_acquire(
                run, "", synchronization, int(op.spec.get("priority") or 0)
            )
        except NodeError as error:
            workflow_phase.mark(
                op, WorkflowPhase.FAILED, f"Failed to acquire the synchronization lock. {error.message}"
            )
            return False
        if answer.acquired:
            return True
        if op.shutdown == "Terminate" and run.phase is WorkflowPhase.PENDING:
            self._release_locks()
            workflow_phase.mark(op, WorkflowPhase.FAILED, f"Stopped with strategy '{op.shutdown}'")
            return False
        phase = WorkflowPhase.PENDING if run.phase is WorkflowPhase.UNKNOWN else run.phase
        workflow_phase.mark(op, phase, answer.message)
        return False

    def _release_locks(self) -> None:
        for node_id in self.environment.locks.release_all(self.run):
            self._op.nodes.set_waiting(self.run.nodes[node_id], "")

    def _prepare_volumes(self) -> bool:
        """Volumes and claims of the workflow; false when they cannot be had."""
        op = self._op
        op.volumes = op.spec.get("volumes") or []
        try:
            if op.volumes:
                op.volumes = fill(
                    op.volumes, plan_of(op.volumes), op.variables.values, ambient=op.ambient
                )
        except ExpressionError as error:
            workflow_phase.mark(op, WorkflowPhase.ERROR, error.message)
            return False
        try:
            op.decisions.extend(claims.create(self.run))
        except NodeError as error:
            workflow_phase.mark(op, WorkflowPhase.ERROR, f"pvc create error: {error.message}")
            return False
        if self.run.phase is WorkflowPhase.PENDING:
            workflow_phase.mark(op, WorkflowPhase.RUNNING)
        return True

    # What follows looks at pods, as Argo in podReconciliation.

    def _look_at_pods(self) -> None:
        op = self._op
        inbox, self._inbox = self._inbox, []
        for event in inbox:
            match event:
                case PodChanged(node_id=node_id, status=status):
                    self._look_at_pod(op.nodes.nodes.get(node_id), status)
                case PodDeleted(node_id=node_id):
                    node = op.nodes.nodes.get(node_id)
                    if node is not None:
                        op.nodes.set_synced(node, True)
                        op.nodes.set_pod_exists(node, False)
                        self._missing[node_id] = None
                        op.mark(node)
                case _:
                    self._inbox.append(event)
        if op.shutdown or op.deadline_exceeded:
            for node_id in list(op.nodes.open):
                deadlines.control_pod(op, op.nodes.nodes[node_id])
        self._look_for_missing_pods()

    def _look_at_pod(self, node: Node | None, status: Any) -> None:
        op = self._op
        if node is None:
            return
        before = node.phase
        if not pod_results.assess(op, node, status):
            return
        outputs.export(op, node.outputs)
        self._save_to_cache(node)
        is_new = before is NodePhase.PENDING and node.phase is NodePhase.RUNNING and not node.daemoned
        if not is_new or self._is_watched(node):
            op.mark(node)

    def _is_watched(self, node: Node) -> bool:
        op = self._op
        if node.id in op.unnamed or node.id in op.held or node.memoization_status is not None:
            return True
        frame = op.frames.get(node.boundary_id)
        return frame is None or frame.watches(node.name)

    def _save_to_cache(self, node: Node) -> None:
        if node.memoization_status is None or node.phase is not NodePhase.SUCCEEDED:
            return
        try:
            saved = memoize.save(self.environment, self.run.namespace, node, self._op.now)
        except NodeError as error:
            self._op.mark_error(node, error)
            return
        if saved is not None:
            self._op.decisions.append(saved)

    def _look_for_missing_pods(self) -> None:
        op = self._op
        for node_id in list(self._missing):
            node = op.nodes.nodes.get(node_id)
            if node is None or node.is_done or node.pod_exists or node.type is not NodeType.POD:
                del self._missing[node_id]
            elif node.phase is NodePhase.PENDING:
                op.mark(node)
            elif op.now - (node.started_at or 0.0) <= _RECENT:
                op.requeue()
                op.mark(node)
            else:
                del self._missing[node_id]
                op.nodes.set_daemoned(node, False)
                op.mark_error(node, NodeError("pod deleted"))
                for container in deadlines.nested_containers(op, node):
                    op.mark_error(container, NodeError("container deleted"))
                op.mark(node)

    # --- the walk

    def _walk(self) -> None:
        op = self._op
        base = op.templates.base()
        reference = {"template": op.spec.get("entrypoint") or ""}
        node, error = execute_template(
            op, self.run.name, reference, False, base, op.spec.get("arguments"), Options()
        )
        if error is not None:
            self._end_in_error("error in entry template execution: ", error)
            return
        if node is None:
            raise Panic("invalid memory address or nil pointer dereference")
        status = RESULT_OF[node.phase]
        op.variables.set("workflow.status", str(status.value))
        if op.spec.get("hooks") or op.spec.get("onExit"):
            op.variables.set("workflow.failures", failures_text(op))
        done, error = hooks.run_workflow_hooks(op, base)
        if error is not None:
            op.mark_error(node, error)
        if not op.shutdown:
            self._look_at_tasks()
        if not done or not node.is_fulfilled:
            return
        handler, waits = self._run_exit_handler()
        if not waits:
            self._complete(node, handler, status)

    def _end_in_error(self, what: str, error: NodeError) -> None:
        if error is not PARALLELISM_REACHED and not self.run.phase.is_completed:
            workflow_phase.mark(self._op, WorkflowPhase.ERROR, what + error.message)
            self._op.decisions.extend(claims.delete(self.run))

    def _run_exit_handler(self) -> tuple[Node | None, bool]:
        """The node of the workflow's exit handler, and whether it is still to be waited for."""
        op = self._op
        hook = hooks.exit_hook(op.spec, op.spec.get("arguments"))
        if hook is None:
            return None, False
        name = naming.on_exit_name(self.run.name)
        if op.nodes.named(name) is None and not op.should_execute(True):
            return None, False
        reference = {"template": hook.get("template", ""), "templateRef": hook.get("templateRef")}
        options = Options(on_exit=True, node_flag={"hooked": True})
        node, error = execute_template(
            op, name, reference, False, op.templates.base(), hook.get("arguments"), options
        )
        if error is not None:
            self._end_in_error("error in exit template execution : ", error)
            return node, True
        if not op.shutdown or node is not None:
            self._look_at_tasks()
        return node, node is None or not node.is_fulfilled

    def _complete(self, node: Node, handler: Node | None, status: WorkflowPhase) -> None:
        op = self._op
        message = node.message
        if node.phase.is_failure and op.shutdown:
            message = f"Stopped with strategy '{op.shutdown}'"
        if status is WorkflowPhase.SUCCEEDED:
            message = ""
            if handler is not None and handler.phase.is_failure:
                status = WorkflowPhase.FAILED if handler.phase is NodePhase.FAILED else WorkflowPhase.ERROR
                message = handler.message
        workflow_phase.mark(op, status, message)
        if self.run.phase.is_completed:
            op.decisions.extend(claims.delete(self.run))

    def _look_at_tasks(self) -> None:
        """What the agent answered, and what it is to do (taskSetReconciliation)."""
        op = self._op
        reports, self._inbox = self._inbox, []
        for event in reports:
            if not isinstance(event, TaskReported):
                self._inbox.append(event)
                continue
            node = op.nodes.nodes.get(event.node_id)
            if node is None:
                continue
            node.outputs = event.outputs
            op.mark_phase(node, NodePhase(event.phase), event.message)
            node.finished_at = op.now
            op.nodes.touch(node)
            self._save_to_cache(node)
            op.mark(node)
            op.look_again(node)
        for node_id, task in op.tasks.items():
            if node_id not in self._asked:
                self._asked.add(node_id)
                op.decisions.append(task)
        op.tasks.clear()

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
            self._release_locks()
            op.decisions.append(RunCompleted(str(run.phase.value), run.message))
            return
        if self._completed:
            return
        if changed and (op.again or op.waiters_with_room()):
            op.decisions.append(WakeAt(op.now))
            return
        if op.requeued:
            op.decisions.append(WakeAt(op.now + RETRY_AFTER))
        if op.timers:
            op.decisions.append(WakeAt(op.timers[0][0]))
