"""The phase of a DAG: what became of its target tasks, or of the branches that lead to them.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/dag.go (assessDAGPhase)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from tiphys.engine import naming
from tiphys.engine.dag_frame import DagFrame
from tiphys.engine.operation import Operation
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node
from tiphys.messages.phases import NodePhase, NodeType

_COMPLETED = frozenset({NodePhase.SUCCEEDED, NodePhase.FAILED, NodePhase.ERROR})


def assess(op: Operation, frame: DagFrame, node: Node) -> tuple[NodePhase, dict[str, NodePhase]]:
    """The phase, and loops that are done though nobody said so, with theirs."""
    if op.shutdown and not frame.call.options.on_exit and _exit_handlers_done(op, frame):
        return NodePhase.FAILED, {}
    # As long as a node of the DAG is open, and can be reached, the walk can only end at one
    if op.nodes.tally(node.id).open > 0 and not frame.loose and not frame.suspects:
        return NodePhase.RUNNING, {}
    walk = _Walk(op, [op.nodes.id_of(f"{node.name}.{target}") for target in frame.plan.targets])
    if not walk.run(node.children):
        return NodePhase.RUNNING, walk.groups
    return _judge(op, frame, walk), walk.groups


def _exit_handlers_done(op: Operation, frame: DagFrame) -> bool:
    """Whether no exit handler of a completed target is still running."""
    for target in frame.plan.targets:
        node = frame.task_node(op, target)
        if node is None or not node.is_done:
            continue
        handler = op.nodes.named(naming.on_exit_name(node.name))
        if handler is not None and not handler.is_fulfilled:
            return False
    return True


class _Walk:
    """A walk over everything below the DAG node; a branch hands its phase down to what was omitted."""

    def __init__(self, op: Operation, targets: Sequence[str]) -> None:
        self._op = op
        self.phases: dict[str, NodePhase | None] = dict.fromkeys(targets)
        self.groups: dict[str, NodePhase] = {}
        self._seen: set[tuple[str, NodePhase]] = set()
        self._queue: deque[tuple[str, NodePhase]] = deque()

    def run(self, children: Sequence[str]) -> bool:
        """True if every node met is fulfilled."""
        nodes = self._op.nodes.nodes
        self._add(children, NodePhase.SUCCEEDED)
        while self._queue:
            node_id, phase = self._queue.popleft()
            node = nodes.get(node_id)
            if node is None:
                return False
            if not node.is_fulfilled:
                group_phase = _completable(self._op, node)
                if group_phase is None:
                    return False
                self.groups[node_id] = phase = group_phase
            elif node.phase in _COMPLETED:
                phase = node.phase
            if node_id in self.phases:
                known = self.phases[node_id]
                if known is None or not known.is_failure:
                    self.phases[node_id] = phase
            if node.type is NodeType.RETRY:
                self._add(_below_retry(self._op, node), phase)
            else:
                self._add(node.children, phase)
        return True

    def _add(self, children: Sequence[str], phase: NodePhase) -> None:
        for child_id in children:
            key = (child_id, phase)
            if key not in self._seen:
                self._seen.add(key)
                self._queue.append(key)


def _below_retry(op: Operation, node: Node) -> list[str]:
    """Hooks of a Retry node and what hangs below its attempts (getRetryNodeChildrenIds)."""
    found: list[str] = []
    for child_id in reversed(node.children):
        child = op.nodes.nodes.get(child_id)
        if child is None:
            raise Panic(f"could not find node named {child_id!r}")
        if (child.node_flag or {}).get("hooked"):
            found.append(child_id)
        else:
            found.extend(child.children)
    return found


def _completable(op: Operation, node: Node) -> NodePhase | None:
    """The phase of a loop all of whose items are done (completableTaskGroupPhase)."""
    if node.type is not NodeType.TASK_GROUP or not node.children:
        return None
    phase = NodePhase.SUCCEEDED
    for child_id in node.children:
        child = op.nodes.nodes.get(child_id)
        if child is None or not child.is_fulfilled:
            return None
        if child.phase.is_failure:
            phase = child.phase
    return phase


def _judge(op: Operation, frame: DagFrame, walk: _Walk) -> NodePhase:
    fail_fast = (frame.call.template["dag"]).get("failFast") is not False
    result = NodePhase.SUCCEEDED
    for target in frame.plan.targets:
        phase = walk.phases[op.nodes.id_of(f"{frame.node_name}.{target}")]
        if phase is None:
            result = NodePhase.RUNNING
            # without failFast everything ends before failures are looked for
            if not fail_fast:
                break
        elif phase.is_failure:
            continue_on = frame.plan.tasks[target].get("continueOn") or {}
            if continue_on.get("error" if phase is NodePhase.ERROR else "failed"):
                continue
            result = phase
            if fail_fast:
                break
    return result
