"""What a task of a DAG sees of the tasks before it.

Argo gives every task the outputs of all its ancestors. Here only those are looked at that the task
names, so that a long chain does not cost the square of its length.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/dag.go (buildLocalScopeFromTask)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from tiphys.engine import retry
from tiphys.engine.dag_plan import DagPlan
from tiphys.engine.operation import Call, Operation
from tiphys.engine.outputs import Aggregate
from tiphys.engine.run import Node
from tiphys.engine.scope import Scope
from tiphys.errors import NodeError
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

_REFERENCE: Final = re.compile(
    rb"(tasks|steps)(?:\??\.([A-Za-z0-9_][-A-Za-z0-9_]*)|\??\.?\[\\?['\"]([^'\"\\]+)\\?['\"]\])?"
)


def names_used(tree: Json, prefix: bytes = b"tasks") -> frozenset[str] | None:
    """The tasks (or steps) that texts in the tree may refer to; None if that cannot be told."""
    text = msgspec.json.encode(tree)
    if prefix not in text:
        return frozenset()
    names = set()
    for found in _REFERENCE.finditer(text):
        if found[1] != prefix:
            continue
        name = found[2] or found[3]
        if name is None:
            return None
        names.add(name.decode())
    return frozenset(names)


class DagScopes:
    """Scopes for the tasks of one DAG node.

    `broken` are loops whose results cannot be put together, `_unnamed` those over an inline template, which
    only fail the tasks behind them. In a resumed DAG a task may have a node while one before it has none any more.
    """

    def __init__(self, call: Call, plan: DagPlan, node: Node) -> None:
        self._template = call.template
        self._base = call.inner
        self._plan = plan
        self._node_name = node.name
        self._doubtful: frozenset[str] | None = None if node.children else frozenset()
        self._inputs = Scope("tasks", call.template)
        self._used: dict[str, frozenset[str] | None] = {}
        self._ancestry: dict[tuple[str, str], bool] = {}
        self._aggregates: dict[str, Aggregate] = {}
        self.broken: dict[str, NodeError] = {}
        self._unnamed: dict[str, NodeError] = {}

    def error_for(self, op: Operation, name: str) -> NodeError | None:
        """The error that any look at this task meets: a loop before it is broken, a task has no node."""
        if self._doubtful is None:
            self._doubtful = self._with_lost_ancestors(op)
        if name in self._doubtful:
            for each in self._plan.order:
                if self._node(op, each) is None and self.is_ancestor(each, name):
                    return NodeError(f"Ancestor task node {each} not found")
        for loop, error in (*self._unnamed.items(), *self.broken.items()):
            if self.is_ancestor(loop, name):
                return error
        return None

    def _node(self, op: Operation, name: str) -> Node | None:
        return op.nodes.named(f"{self._node_name}.{name}")

    def _with_lost_ancestors(self, op: Operation) -> frozenset[str]:
        """Tasks that have a node though one before them has none: a retried run may begin with such."""
        lost = {name for name in self._plan.order if self._node(op, name) is None}
        behind: set[str] = set()
        for name in self._plan.order:
            if any(each in lost or each in behind for each in self._plan.dependencies[name]):
                behind.add(name)
        return frozenset(behind - lost)

    def is_ancestor(self, ancestor: str, name: str) -> bool:
        """Whether the first task comes before the second."""
        if ancestor in self._plan.dependencies.get(name, ()):
            return True
        known = self._ancestry.get((ancestor, name))
        if known is None:
            known = self._ancestry[ancestor, name] = self._search(ancestor, name)
        return known

    def _search(self, ancestor: str, name: str) -> bool:
        rank = self._plan.rank
        floor = rank.get(ancestor)
        if floor is None or name not in rank:
            return False
        stack, seen = [name], {name}
        while stack:
            for each in self._plan.dependencies[stack.pop()]:
                if each == ancestor:
                    return True
                if each not in seen and rank[each] > floor:
                    seen.add(each)
                    stack.append(each)
        return False

    def of_task(self, op: Operation, name: str, *, everything: bool = False) -> Scope:
        """The scope of a task."""
        used = None if everything or op.volumes_have_tags else self._uses(name)
        if used is None:
            ancestors: Iterable[str] = sorted(self._plan.ancestors(name), key=self._plan.rank.__getitem__)
        else:
            known = [each for each in used if each in self._plan.tasks and self.is_ancestor(each, name)]
            # a name that is none of them is looked for among those that there are
            ancestors = known if len(known) == len(used) else dict.fromkeys((*known, *self._plan.dependencies[name]))
        scope = self._inputs.copy()
        scope.ambient = op.ambient
        scope.set_workflow_outputs(op.run.outputs)
        for each in ancestors:
            node = op.nodes.named(f"{self._node_name}.{each}")
            if node is not None:
                self._add(op, scope, each, node)
        return scope

    def _uses(self, name: str) -> frozenset[str] | None:
        if name not in self._used:
            self._used[name] = names_used(self._plan.tasks[name])
        return self._used[name]

    def of_outputs(self, op: Operation) -> Scope:
        """The scope in which the outputs of the DAG are computed: all its tasks."""
        outputs = self._template.get("outputs") or {}
        used = names_used(outputs)
        if used is not None and any(self._node(op, name) is None for name in used):
            used = None  # what is not there is looked for among those that are
        scope = Scope("tasks", self._template)
        scope.ambient = op.ambient
        for name in self._plan.tasks:
            node = op.nodes.named(f"{self._node_name}.{name}")
            if node is not None and (used is None or name in used):
                self._add(op, scope, name, node)
        return scope

    def _add(self, op: Operation, scope: Scope, name: str, node: Node) -> None:
        if node.type is NodeType.TASK_GROUP:
            self.aggregate(op, name, node).fill(scope, name)
        scope.set_node(name, retry.last_attempt(op, node) or node)
        if node.phase in (NodePhase.SKIPPED, NodePhase.OMITTED) and node.outputs is None:
            scope.set_skipped_node(name, node, self._declared(op, self._plan.tasks[name]), artifacts=False)

    def _declared(self, op: Operation, task: Mapping[str, Json]) -> Mapping[str, Json] | None:
        try:
            return op.templates.resolve(self._base, task).template
        except NodeError:
            return None

    def aggregate(self, op: Operation, name: str, node: Node) -> Aggregate:
        """What the items of a loop gave; kept once the loop is done. Raises `NodeError`."""
        known = self._aggregates.get(name)
        if known is not None:
            return known
        made = Aggregate(loop_items(op, node))
        if node.is_fulfilled:
            self._aggregates[name] = made
        return made

    def check_loop(self, op: Operation, name: str, node: Node) -> None:
        """Note whether the results of a loop that is done can be put together at all."""
        if name in self._aggregates or name in self.broken:
            return
        if not has_named_template(node):
            self._unnamed[name] = NodeError("failed to get a template")
        if not any(item.outputs and item.outputs.result is not None for item in loop_items(op, node)):
            return
        try:
            self.aggregate(op, name, node)
        except NodeError as error:
            self.broken[name] = error


def has_named_template(node: Node) -> bool:
    """Whether a loop or an item of one has a template that Argo finds again: an inline one it does not."""
    return bool(node.template_name) or node.template_ref is not None


def loop_items(op: Operation, node: Node) -> list[Node]:
    """The items of a loop in order, without hooks and attempts."""
    found = []
    for child_id in node.children:
        child = op.nodes.nodes.get(child_id)
        if child is None:
            continue
        flag = child.node_flag or {}
        if not flag.get("hooked") and not flag.get("retried"):
            found.append(child)
    found.sort(key=_item_index)  # a retried run puts items begun again behind the others
    return found


def _item_index(node: Node) -> int:
    # parseLoopIndex: what stands behind the last parenthesis of the name
    text = node.name.rsplit("(", 1)[-1].split(":", 1)[0]
    return int(text) if text.isdigit() else -1
