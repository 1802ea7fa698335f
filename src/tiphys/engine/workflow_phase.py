"""The phase of the workflow itself.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (markWorkflowPhase)
"""

from __future__ import annotations

from typing import Final

from tiphys.engine.daemons import stop_daemons
from tiphys.engine.operation import Operation
from tiphys.messages.phases import NodePhase, WorkflowPhase

_PHASE_LABEL: Final = "workflows.argoproj.io/phase"
COMPLETED_LABEL: Final = "workflows.argoproj.io/completed"


def is_completed(op: Operation) -> bool:
    """Whether the run is over: nothing is done to it any more."""
    return op.run.labels.get(COMPLETED_LABEL) == "true"


def mark(op: Operation, phase: WorkflowPhase, message: str = "") -> None:
    """Set the phase; a run with daemons, or reports to come, cannot end yet."""
    run = op.run
    if phase.is_completed and (op.nodes.daemons or op.nodes.unsynced):
        stop_daemons(op, "")
        return
    if run.phase is not phase:
        run.phase = phase
        run.labels[_PHASE_LABEL] = str(phase.value)
        run.labels.setdefault(COMPLETED_LABEL, "false")
        op.variables.stale = True
    if run.started_at is None and phase is not WorkflowPhase.PENDING:
        run.started_at = op.now
    run.message = message
    if phase is WorkflowPhase.ERROR:
        entry = op.nodes.nodes.get(run.name)
        if entry is not None and entry.phase is NodePhase.RUNNING:
            finished = entry.finished_at
            op.mark_phase(entry, NodePhase.ERROR, "Workflow operation error")
            entry.finished_at = finished
    if phase.is_completed:
        run.finished_at = op.now
        run.labels[COMPLETED_LABEL] = "true"
        set_condition(op, "Completed", "True")


def set_condition(op: Operation, kind: str, status: str, message: str = "") -> None:
    """Put a condition in the place of the one of its kind."""
    condition = {"type": kind, "status": status}
    if message:
        condition["message"] = message
    conditions = op.run.conditions
    for index, known in enumerate(conditions):
        if known.get("type") == kind:
            conditions[index] = condition
            return
    conditions.append(condition)
