"""Templates that run as a pod: container, script, resource, data (a containerSet has a file of its own).

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (executeContainer …)
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from tiphys.engine import limits, naming, pods
from tiphys.engine.operation import Answer, Call, Operation
from tiphys.engine.run import Node
from tiphys.engine.templates import Template, template_type
from tiphys.errors import ExpressionError, NodeError
from tiphys.messages.phases import NodePhase, NodeType

_PROGRESS: Final = "workflows.argoproj.io/progress"
_DISPLAY_NAME: Final = b"workflows.argoproj.io/display-name"
_RESULT_OF: Final = re.compile(
    rb"(tasks|steps)(?:\.([^.\"'\\\[\]{} ]+)\.outputs\.result|\['([^']+)'\]\.outputs.result)"
)


def execute(op: Operation, call: Call) -> Answer:
    """Begin the pod of a container, or carry on with it."""
    node = op.nodes.named(call.node_name)
    if node is None:
        node = new_pod_node(op, call)
    try:
        include = includes_result(op, call)
        return create_pod(op, call, node, include_result=include), None
    except (NodeError, ExpressionError) as failure:
        return node, NodeError(failure.message)


def execute_once(op: Operation, call: Call) -> Answer:
    """The same for script, resource and data: once it runs there is nothing to do (executeScript …)."""
    node = op.nodes.named(call.node_name)
    if node is not None and node.phase is not NodePhase.PENDING:
        return node, None
    if node is None:
        node = new_pod_node(op, call)
    kind = template_type(call.template)
    try:
        include = kind == "data" or (kind == "script" and includes_result(op, call))
        return create_pod(op, call, node, include_result=include), None
    except (NodeError, ExpressionError) as failure:
        return node, NodeError(failure.message)


def new_pod_node(op: Operation, call: Call) -> Node:
    """The node of a pod that is about to be made."""
    node = op.new_executable_node(call, NodeType.POD, NodePhase.PENDING)
    if call.template.get("annotations"):
        op.unnamed.add(node.id)
    return node


def create_pod(op: Operation, call: Call, node: Node, *, include_result: bool) -> Node:
    """Ask for the node's pod unless it has one or the run is being stopped (createWorkflowPod)."""
    if node.pod_exists:
        return node
    if not op.should_execute(call.options.on_exit):
        return op.mark_phase(node, NodePhase.FAILED, f"workflow shutdown with strategy: {op.shutdown}")
    boundary = None
    if call.options.boundary_id:
        boundary = limits.boundary_template(op, call.options.boundary_id)
    started = pods.build_pod(
        pods.PodRequest(
            run=op.run,
            environment=op.environment,
            node=node,
            node_name=node.name,
            template=call.template,
            variables=op.variables.values,
            now=op.now,
            volumes=op.volumes,
            boundary=boundary,
            retry=_retry_around(op, node, call.template),
            workflow_deadline=op.deadline,
            execution_deadline=call.options.execution_deadline,
            on_exit=call.options.on_exit,
            include_result=include_result,
            ambient=op.inputs.ambient,
        )
    )
    if started is None:
        return node
    op.decisions.append(started)
    op.nodes.set_pod_exists(node, True)
    op.active_pods += 1
    if _PROGRESS in started.annotations:
        op.nodes.set_progress(node, started.annotations[_PROGRESS])
    return node


def _retry_around(op: Operation, node: Node, template: Template) -> tuple[Node, dict[str, object]] | None:
    """The Retry node next above, with its strategy (FindRetryNode)."""
    if not op.any_retry_affinity:
        return None
    for candidate in (node, op.nodes.nodes.get(node.boundary_id)):
        if candidate is None or not (candidate.node_flag or {}).get("retried"):
            continue
        parent = op.nodes.named(candidate.name[: candidate.name.rindex("(")])
        if parent is not None and parent.type is NodeType.RETRY:
            strategy = op.retry_strategy(template) or {}
            return parent, strategy
    return None


def includes_result(op: Operation, call: Call) -> bool:
    """Whether anything in the template around refers to this node's result (includeScriptOutput)."""
    boundary_id = call.options.boundary_id
    if not boundary_id:
        return False
    template = limits.boundary_template(op, boundary_id)
    if template is None:
        return False
    return naming.task_name(call.node_name) in _results_wanted(op, template)


def _results_wanted(op: Operation, template: Template) -> frozenset[str]:
    known = op.results_wanted.get(id(template))
    if known is not None and known[0] is template:
        return known[1]
    prefix = b"tasks" if template.get("dag") is not None else b"steps"
    names = frozenset(
        (found[2] or found[3]).decode()
        for found in _RESULT_OF.finditer(msgspec.json.encode(template))
        if found[1] == prefix
    )
    op.results_wanted[id(template)] = (template, names)
    return names
