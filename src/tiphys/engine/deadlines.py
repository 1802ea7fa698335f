"""Time running out: `timeout`, `pendingTimeout`, `activeDeadlineSeconds`, and a run told to stop.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (checkTemplateTimeouts,
failNodesWithoutCreatedPodsAfterDeadlineOrShutdown), exec_control.go
"""

from __future__ import annotations

from collections.abc import Mapping

from tiphys.engine.operation import TIMEOUT, Operation
from tiphys.engine.run import Node
from tiphys.engine.templates import template_type
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions.duration import SECOND, parse_argo
from tiphys.messages.decisions import StopPod
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType


def seconds_of(text: Json) -> float:
    """The seconds of an Argo duration; raises `NodeError`."""
    try:
        return parse_argo(str(text)) / SECOND
    except ExpressionError as error:
        raise NodeError(error.message) from error


def check_timeouts(op: Operation, template: Mapping[str, Json], node: Node | None) -> NodeError | None:
    """Whether a pending node waited too long; asks to be called when it will have (checkTemplateTimeouts)."""
    if node is None or node.started_at is None:
        return None
    deadlines: list[float] = []
    is_pending = node.phase is NodePhase.PENDING
    try:
        if template.get("timeout"):
            deadlines.append(node.started_at + _timeout(template["timeout"]))
        if template.get("pendingTimeout") and is_pending:
            deadlines.append(node.started_at + _timeout(template["pendingTimeout"]))
    except NodeError as error:
        return error
    if is_pending and any(op.now > deadline for deadline in deadlines):
        return TIMEOUT
    if deadlines and op.now <= min(deadlines):
        op.timed.add(node.id)
        op.wake_at(min(deadlines), node)
    return None


def _timeout(text: Json) -> float:
    try:
        return seconds_of(text)
    except NodeError as error:
        raise NodeError(f"invalid timeout format {error.message}") from error


def stop_pod(op: Operation, node: Node) -> None:
    """Ask for the end of a node's pod."""
    if node.pod_exists:
        op.decisions.append(StopPod(node.id, op.pod_name(node)))


def control_pod(op: Operation, node: Node) -> None:
    """End a pod that must not go on: the run was stopped, or its time is over (applyExecutionControl)."""
    if not node.pod_exists or node.is_fulfilled or node.phase.is_failure:
        return
    if op.shutdown and not op.should_execute(node.on_exit):
        stop_pod(op, node)
        _give_up(op, node, f"workflow shutdown with strategy:  {op.shutdown}")
    elif op.deadline_exceeded and not node.on_exit:
        stop_pod(op, node)
        _give_up(op, node, "Step exceeded its deadline")


def _give_up(op: Operation, node: Node, message: str) -> None:
    op.mark_phase(node, NodePhase.FAILED, message)
    op.mark(node)
    for child in nested_containers(op, node):
        if not child.is_fulfilled:
            op.mark_phase(child, NodePhase.FAILED, message)


def nested_containers(op: Operation, node: Node) -> list[Node]:
    """The containers of a pod made of a containerSet."""
    found: list[Node] = []
    stack = list(node.children)
    seen: set[str] = set()
    while stack:
        child = op.nodes.nodes.get(stack.pop())
        if child is None or child.id in seen or child.type is not NodeType.CONTAINER:
            continue
        seen.add(child.id)
        found.append(child)
        stack.extend(child.children)
    return found


def fail_nodes_without_pods(op: Operation) -> None:
    """Fail what no pod will ever end: suspended nodes, tasks of the agent, waiters for locks."""
    stopped = bool(op.shutdown)
    too_late = op.deadline_exceeded
    if not stopped and not too_late:
        return
    message = f"Stopped with strategy '{op.shutdown}'"
    for node_id in list(op.nodes.open):
        node = op.nodes.nodes[node_id]
        op.mark(node)
        on_exit = op.nodes.is_part_of_exit_handler(node)
        if stopped and not op.should_execute(on_exit) and _ends_by_shutdown(op, node):
            op.mark_phase(node, NodePhase.FAILED, message)
            continue
        suspended = node.type is NodeType.SUSPEND and node.phase is NodePhase.RUNNING
        if too_late and not on_exit and (node.phase is NodePhase.PENDING or suspended):
            op.mark_phase(node, NodePhase.FAILED, "Step exceeded its deadline")


def _ends_by_shutdown(op: Operation, node: Node) -> bool:
    if node.type in (NodeType.HTTP, NodeType.PLUGIN):
        return True
    if node.type is NodeType.SUSPEND and node.phase is NodePhase.RUNNING:
        return True
    if node.phase is NodePhase.PENDING and (node.synchronization_status or {}).get("waiting"):
        return True
    # a Retry node is left Running when its last attempt was still running at the moment of shutdown
    return node.type is NodeType.RETRY and children_fulfilled(op, node)


def children_fulfilled(op: Operation, node: Node) -> bool:
    """Whether everything below the node that has nothing below itself is fulfilled (childrenFulfilled)."""
    if not node.children:
        return node.is_fulfilled
    stack = list(node.children)
    seen: set[str] = set()
    while stack:
        child_id = stack.pop()
        child = op.nodes.nodes.get(child_id)
        if child is None or child_id in seen:
            continue
        seen.add(child_id)
        if child.children:
            stack.extend(child.children)
        elif not child.is_fulfilled:
            return False
    return True


def is_leaf_template(template: Mapping[str, Json]) -> bool:
    """Whether nodes of the template have no nodes below them."""
    return template_type(template) not in ("dag", "steps")
