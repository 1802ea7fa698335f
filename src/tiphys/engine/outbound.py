"""Which nodes stand at the far end of a node: what comes after it is hung below these.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (getOutboundNodes)
"""

from __future__ import annotations

from tiphys.engine.operation import Operation
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node
from tiphys.messages.phases import NodeType


def outbound_nodes(op: Operation, node: Node) -> list[str]:
    """The ids of the node's outbound nodes."""
    match node.type:
        case NodeType.SKIPPED | NodeType.SUSPEND | NodeType.HTTP | NodeType.PLUGIN:
            return [node.id]
        case NodeType.POD:
            return _of_children(op, node) if _has_containers(op, node) else [node.id]
        case NodeType.CONTAINER | NodeType.TASK_GROUP:
            return _of_children(op, node) if node.children else [node.id]
        case NodeType.RETRY:
            if node.children:
                return [node.children[-1]]
        case NodeType.STEPS | NodeType.DAG:
            if (node.memoization_status or {}).get("hit"):
                return [node.id]
        case _:
            pass
    found: list[str] = []
    for node_id in node.outbound_nodes:
        found.extend(outbound_nodes(op, op.nodes.nodes[node_id]))
    return found


def _has_containers(op: Operation, node: Node) -> bool:
    for child_id in node.children:
        child = op.nodes.nodes.get(child_id)
        if child is not None:
            return child.type is NodeType.CONTAINER and child.boundary_id == node.id
    return False


def _of_children(op: Operation, node: Node) -> list[str]:
    found: list[str] = []
    for child_id in node.children:
        child = op.nodes.nodes.get(child_id)
        if child is None:
            raise Panic("was unable to obtain child node for child")
        if node.type is NodeType.CONTAINER and child.boundary_id != node.boundary_id:
            found.append(node.id)
        else:
            found.extend(outbound_nodes(op, child))
    return found
