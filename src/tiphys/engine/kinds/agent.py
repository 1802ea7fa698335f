"""HTTP and plugin templates: no pod of their own, the agent does them.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/http_template.go and plugin_template.go
"""

from __future__ import annotations

from tiphys.engine.operation import Answer, Call, Operation
from tiphys.messages.decisions import StartTask
from tiphys.messages.phases import NodePhase, NodeType


def execute_http(op: Operation, call: Call) -> Answer:
    """Hand an HTTP request to the agent."""
    return _execute(op, call, NodeType.HTTP)


def execute_plugin(op: Operation, call: Call) -> Answer:
    """Hand a plugin's task to the agent."""
    return _execute(op, call, NodeType.PLUGIN)


def _execute(op: Operation, call: Call, node_type: NodeType) -> Answer:
    node = op.nodes.named(call.node_name)
    if node is None:
        node = op.new_executable_node(call, node_type, NodePhase.PENDING)
    if not node.is_fulfilled:
        op.tasks[node.id] = StartTask(node.id, node.name, call.template)
    return node, None


