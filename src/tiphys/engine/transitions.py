"""The moves a node may make from one phase to another: the law of the engine, as a table.

Argo itself has no such table; `markNodePhase` sets any phase. These are the moves its controller is able
to make. `RESULT_OF` says what a finished entry node means for the workflow.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go
"""

from __future__ import annotations

from typing import Final

from tiphys.errors import IllegalTransition
from tiphys.messages.phases import NodePhase, WorkflowPhase

_ENDS: Final = frozenset({NodePhase.SUCCEEDED, NodePhase.FAILED, NodePhase.ERROR})

MOVES: Final[dict[NodePhase, frozenset[NodePhase]]] = {
    NodePhase.PENDING: _ENDS | {NodePhase.RUNNING},
    # a pod that vanished is created once more: Running goes back to Pending
    # and `argo node set` may give a suspended node any end
    NodePhase.RUNNING: _ENDS | {NodePhase.PENDING, NodePhase.SKIPPED, NodePhase.OMITTED},
    # a step group opens again when an exit handler of one of its steps still has to run; a pod that was
    # given up (deadline, shutdown) reports its own end later; outputs that cannot be computed or saved
    # make an Error of a success
    NodePhase.SUCCEEDED: frozenset({NodePhase.RUNNING, NodePhase.FAILED, NodePhase.ERROR}),
    NodePhase.FAILED: frozenset({NodePhase.RUNNING, NodePhase.SUCCEEDED, NodePhase.ERROR}),
    NodePhase.ERROR: frozenset({NodePhase.RUNNING, NodePhase.SUCCEEDED, NodePhase.FAILED}),
    # only their hooks can still go wrong
    NodePhase.SKIPPED: frozenset({NodePhase.ERROR}),
    NodePhase.OMITTED: frozenset({NodePhase.ERROR}),
}

RESULT_OF: Final[dict[NodePhase, WorkflowPhase]] = {
    NodePhase.PENDING: WorkflowPhase.PENDING,
    NodePhase.RUNNING: WorkflowPhase.RUNNING,
    NodePhase.SUCCEEDED: WorkflowPhase.SUCCEEDED,
    NodePhase.SKIPPED: WorkflowPhase.SUCCEEDED,
    NodePhase.FAILED: WorkflowPhase.FAILED,
    NodePhase.ERROR: WorkflowPhase.ERROR,
    NodePhase.OMITTED: WorkflowPhase.SUCCEEDED,
}


def check(name: str, before: NodePhase, after: NodePhase) -> None:
    """Raise `IllegalTransition` unless a node may go from one phase to the other."""
    if before is not after and after not in MOVES[before]:
        raise IllegalTransition(f"node {name!r} cannot go from {before} to {after}")
