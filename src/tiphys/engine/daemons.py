"""Daemons end with the DAG or Steps node that they were started in.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/exec_control.go (killDaemonedChildren)
"""

from __future__ import annotations

from tiphys.engine.deadlines import stop_pod
from tiphys.engine.operation import Operation
from tiphys.messages.phases import NodePhase


def stop_daemons(op: Operation, boundary_id: str) -> None:
    """Stop the daemons of a boundary; they count as succeeded and have no end."""
    for node_id in list(op.nodes.daemons):
        node = op.nodes.nodes[node_id]
        if node.boundary_id == boundary_id:
            stop_pod(op, node)
            op.nodes.set_daemoned(node, False)
            finished = node.finished_at
            op.mark_phase(node, NodePhase.SUCCEEDED)
            node.finished_at = finished
