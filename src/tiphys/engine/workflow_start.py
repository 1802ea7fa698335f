"""What comes before the walk over the tree: the spec, the workflow's own locks, its volumes.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go
(setExecWorkflow, setGlobalParameters, createPVCs) and operate itself
"""

from __future__ import annotations

from collections.abc import Callable

from tiphys.engine import claims, specification, workflow_phase
from tiphys.engine.environment import Environment
from tiphys.engine.operation import Operation
from tiphys.engine.run import Run
from tiphys.engine.substitution import fill, plan_of
from tiphys.errors import ExpressionError, NodeError
from tiphys.messages.phases import WorkflowPhase

Validate = Callable[[Run, Environment], str | None]


def set_spec(op: Operation, validate: Validate) -> bool:
    """The spec in force and the workflow's variables; false when the run ends over it."""
    first = op.run.phase is WorkflowPhase.UNKNOWN
    if first and not _prepare_spec(op, validate):
        return False
    stale = op.variables.stale
    try:
        op.variables.refresh(op.now)
    except NodeError as error:
        workflow_phase.mark(op, WorkflowPhase.FAILED, f"failed to set global parameters: {error.message}")
        return False
    return not stale or _fill_spec(op, first)


def _prepare_spec(op: Operation, validate: Validate) -> bool:
    run = op.run
    try:
        if not run.stored_spec:
            run.stored_spec = specification.prepare(run, op.environment)
    except NodeError as error:
        workflow_phase.mark(op, WorkflowPhase.ERROR, error.message)
        return False
    wrong = validate(run, op.environment)
    if wrong is not None:
        workflow_phase.mark(op, WorkflowPhase.FAILED, f"invalid spec: {wrong}")
        return False
    return True


def _fill_spec(op: Operation, first: bool) -> bool:
    run = op.run
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


def lock(op: Operation) -> bool:
    """Take the locks of the workflow itself; false while it waits for them."""
    run = op.run
    synchronization = op.spec.get("synchronization")
    if synchronization is None:
        return True
    priority = int(op.spec.get("priority") or 0)
    try:
        answer = op.environment.locks.try_acquire(run, "", synchronization, priority)
    except NodeError as error:
        text = f"Failed to acquire the synchronization lock. {error.message}"
        workflow_phase.mark(op, WorkflowPhase.FAILED, text)
        return False
    if answer.acquired:
        return True
    if op.shutdown == "Terminate" and run.phase is WorkflowPhase.PENDING:
        release_locks(op)
        workflow_phase.mark(op, WorkflowPhase.FAILED, f"Stopped with strategy '{op.shutdown}'")
        return False
    phase = WorkflowPhase.PENDING if run.phase is WorkflowPhase.UNKNOWN else run.phase
    workflow_phase.mark(op, phase, answer.message)
    return False


def release_locks(op: Operation) -> None:
    """Give back all locks that the run holds, and what it waits for (ReleaseAll)."""
    for node_id in op.environment.locks.release_all(op.run):
        op.nodes.set_waiting(op.run.nodes[node_id], "")


def prepare_volumes(op: Operation) -> bool:
    """Volumes and claims of the workflow; false when they cannot be had."""
    op.volumes = op.spec.get("volumes") or []
    try:
        if op.volumes:
            op.volumes = fill(op.volumes, plan_of(op.volumes), op.variables.values, ambient=op.ambient)
    except ExpressionError as error:
        workflow_phase.mark(op, WorkflowPhase.ERROR, error.message)
        return False
    try:
        op.decisions.extend(claims.create(op.run))
    except NodeError as error:
        workflow_phase.mark(op, WorkflowPhase.ERROR, f"pvc create error: {error.message}")
        return False
    if op.run.phase is WorkflowPhase.PENDING:
        workflow_phase.mark(op, WorkflowPhase.RUNNING)
    return True
