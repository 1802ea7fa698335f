"""A pod of several containers with an order among them; each container is a node.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/container_set_template.go
"""

from __future__ import annotations

from tiphys.engine.kinds.pod import create_pod, includes_result, new_pod_node
from tiphys.engine.operation import Answer, Call, Operation, Options
from tiphys.errors import ExpressionError, NodeError
from tiphys.messages.phases import NodePhase, NodeType


def execute(op: Operation, call: Call) -> Answer:
    """Begin the pod and lay out the nodes of its containers."""
    node = op.nodes.named(call.node_name)
    if node is None:
        node = new_pod_node(op, call)
    try:
        create_pod(op, call, node, include_result=includes_result(op, call))
    except (NodeError, ExpressionError) as failure:
        return node, NodeError(failure.message)
    containers = call.template["containerSet"].get("containers") or []
    options = Options(boundary_id=node.id, node_flag=call.options.node_flag)
    for container in containers:
        name = f"{node.name}.{container.get('name', '')}"
        if op.nodes.named(name) is None:
            op.new_node(name, NodeType.CONTAINER, NodePhase.PENDING, call.reference, call.base, options)
    for container in containers:
        child_id = op.nodes.id_of(f"{node.name}.{container.get('name', '')}")
        needed = container.get("dependencies") or []
        if not needed:
            op.add_child(node, child_id)
        for dependency in needed:
            op.add_child(op.nodes.named(f"{node.name}.{dependency}"), child_id)
    return node, None
