"""What a retry of a run deletes and resets.

Deleted nodes are made anew; the groups around them are reset to Running so that they look again; all
others stay as they are. https://github.com/argoproj/argo-workflows/blob/main/workflow/util/util.go
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tiphys.engine import naming
from tiphys.engine.field_selector import parse_field_selector
from tiphys.engine.run import Node, Run
from tiphys.errors import BadInput
from tiphys.messages.phases import NodePhase, NodeType

_GROUPS: Final = frozenset({NodeType.DAG, NodeType.TASK_GROUP, NodeType.STEP_GROUP, NodeType.STEPS})
_EXECUTION: Final = frozenset({NodeType.CONTAINER, NodeType.POD, NodeType.HTTP, NodeType.PLUGIN})
_ITEM_GROUPS: Final = frozenset({NodeType.TASK_GROUP, NodeType.STEP_GROUP})


@dataclass(slots=True)
class RetryPlan:
    """Ids of the nodes to delete and to reset; who is in both is deleted."""

    deleted: set[str] = field(default_factory=set)
    reset: set[str] = field(default_factory=set)


def plan_argo_retry(run: Run, selector: str, *, parameters_given: bool) -> RetryPlan:
    """What `argo retry` does: failed nodes without a succeeded descendant, and what `selector` finds."""
    chosen: set[str] = set()
    if selector:
        wanted = parse_field_selector(selector)
        chosen = {node.id for node in run.nodes.values() if wanted.matches(node)}
    tree = _Tree(run)
    failed = set()
    for node in run.nodes.values():
        if node.phase.is_failure and node.type in _EXECUTION:
            whole = tree.retry_node_of(node) if _is_attempt(node) else node
            if not tree.has_succeeded_below(whole.id, chosen):
                failed.add(node.id)
    return _plan(tree, chosen | failed, parameters_given=parameters_given)


def plan_failed(run: Run, *, parameters_given: bool) -> RetryPlan:
    """What tiphys' own `retry --failed` does: every failed or omitted node, and what depends on it."""
    tree = _Tree(run)
    wanted = {node.id for node in run.nodes.values() if _is_unsuccessful(tree, node)}
    if not wanted:
        raise BadInput("no node of this run failed or was omitted", remedy="There is nothing to retry.")
    return _plan(tree, wanted, parameters_given=parameters_given)


def _is_unsuccessful(tree: _Tree, node: Node) -> bool:
    if node.phase is NodePhase.OMITTED:
        return True
    if not node.phase.is_failure:
        return False
    if _is_attempt(node) and not tree.retry_node_of(node).phase.is_failure:
        return False  # a later attempt succeeded
    if node.type in _EXECUTION or node.type in (NodeType.SKIPPED, NodeType.SUSPEND):
        return True
    # a group that failed by itself, for instance when its outputs could not be found
    return not any(below.phase.is_failure for below in tree.below(node.id)) and node.id != tree.run.name


def _plan(tree: _Tree, wanted: set[str], *, parameters_given: bool) -> RetryPlan:
    plan = RetryPlan()
    for node in tree.breadth_first():
        # from above: what goes with a node above is not looked at for itself
        if node.id in wanted and node.id not in plan.deleted:
            _reset_path(tree, node, plan)
    if parameters_given:
        # loops expand again with the new values
        for node_id in plan.reset - plan.deleted:
            if tree.run.nodes[node_id].type in _ITEM_GROUPS:
                plan.deleted |= {below.id for below in tree.below(node_id)}
    return plan


def _reset_path(tree: _Tree, start: Node, plan: RetryPlan) -> None:
    """Delete `start` and all below it, reset what lies between it and the root (resetPath)."""
    plan.deleted |= {start.id, *(below.id for below in tree.below(start.id))}
    if start.id == tree.run.name:
        return
    node: Node | None = start
    while node is not None:
        if node.type in _GROUPS:
            plan.reset.add(node.id)
            node = _reset_boundaries(tree, node, plan)
            continue
        if node.type is NodeType.CONTAINER:
            node = _climb(tree, node, plan, lambda each: each.type is NodeType.POD)
            plan.deleted |= {node.id, *(below.id for below in tree.below(node.id))}
            continue
        if node.type is NodeType.RETRY and node.phase.is_failure:
            plan.reset.add(node.id)
        node = tree.parent(node)


def _reset_boundaries(tree: _Tree, node: Node, plan: RetryPlan) -> Node | None:
    while True:
        parent = tree.parent(node)
        if parent is not None and parent.type is NodeType.RETRY:
            plan.reset.add(parent.id)
            node, parent = parent, tree.parent(parent)
        if parent is not None and parent.type in _ITEM_GROUPS:
            plan.reset.add(parent.id)
        boundary = node.boundary_id
        if not boundary:
            return parent
        node = _climb(tree, node, plan, partial(_has_id, boundary))


def _has_id(node_id: str, node: Node) -> bool:
    return node.id == node_id


def _climb(tree: _Tree, node: Node, plan: RetryPlan, is_wanted: Callable[[Node], bool]) -> Node:
    current: Node | None = node
    while current is not None:
        if is_wanted(current):
            plan.reset.add(current.id)
            return current
        current = tree.parent(current)
    raise BadInput("was seeking node but ran out of nodes to explore")


def _is_attempt(node: Node) -> bool:
    return bool(node.node_flag and node.node_flag.get("retried"))


class _Tree:
    """The nodes of a run, each with one parent; only nodes below the root take part in a retry."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._parents: dict[str, str] = {}
        self._retry_nodes: dict[str, str] = {}
        # Who has several parents gets the one with the greatest id, as in newWorkflowsDag
        for node_id in sorted(run.nodes):
            node = run.nodes[node_id]
            for child in node.children:
                if child not in run.nodes:
                    raise BadInput(f"coudln't obtain child {child}")
                self._parents[child] = node_id
                if node.type is NodeType.RETRY:
                    self._retry_nodes[child] = node_id
        on_exit = naming.on_exit_name(run.name)
        for node in run.nodes.values():
            if node.id not in self._parents and node.name != run.name and not node.name.startswith(on_exit):
                raise BadInput(f"couldn't find parent node for {node.id}")

    def parent(self, node: Node) -> Node | None:
        return self.run.nodes.get(self._parents.get(node.id, ""))

    def retry_node_of(self, node: Node) -> Node:
        return self.run.nodes.get(self._retry_nodes.get(node.id, ""), node)

    def below(self, node_id: str) -> Iterator[Node]:
        """All descendants."""
        seen = {node_id}
        to_visit = list(self.run.nodes[node_id].children)
        while to_visit:
            child = to_visit.pop()
            if child not in seen:
                seen.add(child)
                yield self.run.nodes[child]
                to_visit.extend(self.run.nodes[child].children)

    def has_succeeded_below(self, node_id: str, ignored: set[str]) -> bool:
        return any(
            node.phase is NodePhase.SUCCEEDED and node.id not in ignored for node in self.below(node_id)
        )

    def breadth_first(self) -> Iterator[Node]:
        """The nodes from the root downwards, without exit handlers."""
        if self.run.name not in self.run.nodes:
            return
        queue = deque([self.run.name])
        seen = {self.run.name}
        while queue:
            node = self.run.nodes[queue.popleft()]
            yield node
            for child in node.children:
                if child not in seen:
                    seen.add(child)
                    queue.append(child)
