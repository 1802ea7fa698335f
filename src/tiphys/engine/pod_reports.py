"""What became of pods and of the agent's tasks: reports taken in, and pods that are no longer there.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (podReconciliation)
and taskset.go (taskSetReconciliation)
"""

from __future__ import annotations

from typing import Final

from tiphys.engine import deadlines, memoize, outputs, pod_results
from tiphys.engine.operation import Operation
from tiphys.engine.run import Node
from tiphys.errors import NodeError
from tiphys.messages.events import PodChanged, PodDeleted, TaskReported
from tiphys.messages.outputs import PodStatus
from tiphys.messages.phases import NodePhase, NodeType

_RECENT: Final = 10.0
"""For so many seconds after its start, a node whose pod is gone gets the benefit of the doubt."""


def look_at_pods(op: Operation) -> None:
    """Take in what is reported of pods, and do something about those that must go or have gone."""
    inbox, op.inbox = op.inbox, []
    for event in inbox:
        match event:
            case PodChanged(node_id=node_id, status=status):
                node = op.nodes.nodes.get(node_id)
                if node is not None:
                    _look_at_pod(op, node, status)
            case PodDeleted(node_id=node_id):
                node = op.nodes.nodes.get(node_id)
                if node is not None:
                    op.nodes.set_synced(node, True)
                    op.nodes.set_pod_exists(node, False)
                    op.missing[node_id] = None
                    op.mark(node)
            case _:
                op.inbox.append(event)
    if op.shutdown or op.deadline_exceeded:
        for node_id in list(op.nodes.open):
            deadlines.control_pod(op, op.nodes.nodes[node_id])
    _look_for_missing_pods(op)


def _look_at_pod(op: Operation, node: Node, status: PodStatus) -> None:
    before = node.phase
    if not pod_results.assess(op, node, status):
        return
    outputs.export(op, node.outputs)
    _save_to_cache(op, node)
    began = node.phase is NodePhase.RUNNING and before is NodePhase.PENDING
    if not began or node.daemoned or _is_watched(op, node):
        op.mark(node)


def _is_watched(op: Operation, node: Node) -> bool:
    """Whether anything may have to be done when the node starts to run."""
    if node.id in op.unnamed or node.id in op.held or node.memoization_status is not None:
        return True
    frame = op.frames.get(node.boundary_id)
    return frame is None or frame.watches(node.name)


def _save_to_cache(op: Operation, node: Node) -> None:
    if node.memoization_status is None or node.phase is not NodePhase.SUCCEEDED:
        return
    try:
        saved = memoize.save(op.environment, op.run.namespace, node, op.now)
    except NodeError as error:
        op.mark_error(node, error)
        return
    if saved is not None:
        op.decisions.append(saved)


def _look_for_missing_pods(op: Operation) -> None:
    for node_id in list(op.missing):
        node = op.nodes.nodes.get(node_id)
        if node is None or node.is_done or node.pod_exists or node.type is not NodeType.POD:
            del op.missing[node_id]
        elif node.phase is NodePhase.PENDING:
            op.mark(node)
        elif op.now - (node.started_at or 0.0) <= _RECENT:
            op.requeue()
            op.mark(node)
        else:
            del op.missing[node_id]
            op.nodes.set_daemoned(node, False)
            op.mark_error(node, NodeError("pod deleted"))
            for container in deadlines.nested_containers(op, node):
                op.mark_error(container, NodeError("container deleted"))
            op.mark(node)


def look_at_tasks(op: Operation) -> None:
    """What the agent answered, and what it is to do."""
    inbox, op.inbox = op.inbox, []
    for event in inbox:
        node = op.nodes.nodes.get(event.node_id) if isinstance(event, TaskReported) else None
        if not isinstance(event, TaskReported):
            op.inbox.append(event)
        elif node is not None:
            node.outputs = event.outputs
            op.mark_phase(node, NodePhase(event.phase), event.message)
            node.finished_at = op.now
            op.nodes.touch(node)
            _save_to_cache(op, node)
            op.mark(node)
            op.look_again(node)
    for node_id, task in op.tasks.items():
        if node_id not in op.asked:
            op.asked.add(node_id)
            op.decisions.append(task)
    op.tasks.clear()
