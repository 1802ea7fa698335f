"""What is known of a DAG node under way: which tasks to look at, and which are done.

Argo walks from the target tasks to everything they need, in every reconciliation. A `DagFrame` remembers
the tasks that something happened to, and those that wait for them, by rank: in the order of that walk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tiphys.engine import hooks, limits
from tiphys.engine.agenda import Agenda
from tiphys.engine.dag_plan import DagPlan
from tiphys.engine.dag_scope import DagScopes
from tiphys.engine.fan_out import Loop
from tiphys.engine.operation import Call, Operation, Options
from tiphys.engine.references import Reader
from tiphys.engine.run import Node
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodeType

_PLACE: Final = re.compile(r"([^.(]+)(?:\((\d+):)?")
"""The task, and the item of its loop, in what follows the name of the DAG in the name of a node."""


class LoopState:
    """How far a loop has come: `next` is the first item without a node, `marked` those to look at again."""

    __slots__ = ("done", "loop", "made", "marked", "next", "stale", "task")

    def __init__(self, task: Mapping[str, Json], loop: Loop, made: list[dict[str, Json]] | None) -> None:
        self.task = task
        self.loop = loop
        self.made = made
        self.next = 0
        self.marked = Agenda(0)
        self.done = 0
        self.stale = False

    def item(self, index: int) -> dict[str, Json]:
        """The task of one item."""
        return self.made[index] if self.made is not None else self.loop.item(index)

    def item_name(self, index: int) -> str:
        """The name of that task."""
        return str(self.made[index]["name"]) if self.made is not None else self.loop.item_name(index)


class DagFrame:
    """A DAG node under way.

    `requeued` are ranks of tasks that wait for a value nobody will announce, `watchful` of those with hooks
    that look at the workflow. `waiting` counts, for each task, the dependencies that are not settled:
    fulfilled, with their hooks. `loose`: some node hangs below nothing; `suspects`: loops all of whose
    items are done, though they are not. `resolved` are tasks filled in, as long as that holds.
    """

    def __init__(self, call: Call, node: Node) -> None:
        self.call = call
        self.node_id = node.id
        self.node_name = node.name
        self.plan = DagPlan(call.template["dag"])
        self.scopes = DagScopes(call, self.plan, node)
        self.options = Options(boundary_id=node.id, on_exit=call.options.on_exit)
        self.targets = frozenset(self.plan.targets)
        self.queued = True
        self.loose = False
        self.suspects: set[str] = set()
        self.agenda = Agenda(len(self.plan.order))
        self.requeued: set[int] = set()
        self.watchful: set[int] = set()
        self.waiting = {name: len(self.plan.dependencies[name]) for name in self.plan.order}
        self.settled: set[str] = set()
        self.readers: dict[str, Reader] = {}
        self.resolved: dict[str, Mapping[str, Json]] = {}
        self.loops: dict[str, LoopState] = {}
        self._nodes: dict[str, Node] = {}

    # --- what to look at

    def mark(self, node_name: str) -> None:
        """Look at the task that the node belongs to."""
        rank = self._mark_item(node_name)
        if rank is not None:
            self._push(rank)

    def wait_for_room(self, node_name: str) -> None:
        """Look at the task that the node belongs to when a limit lets more nodes begin."""
        rank = self._mark_item(node_name)
        if rank is not None:
            self.agenda.refuse(rank)

    def _mark_item(self, node_name: str) -> int | None:
        found = _PLACE.match(node_name, len(self.node_name) + 1)
        if found is None:
            return None
        state = self.loops.get(found[1])
        if state is not None and found[2] is not None:
            state.marked.push(int(found[2]))
        return self.plan.rank.get(found[1])

    def push(self, name: str) -> None:
        """Look at the task."""
        self._push(self.plan.rank[name])

    def _push(self, rank: int) -> None:
        self.queued = True
        self.agenda.push(rank)

    def push_if_hooked(self, name: str) -> None:
        """A node that came to its end in this pass is looked at in the next for its hooks."""
        if hooks.has_any(self.plan.tasks[name]):
            self.push(name)

    def watches(self, node_name: str) -> bool:
        """Whether anything may have to be done when the node starts to run."""
        found = _PLACE.match(node_name, len(self.node_name) + 1)
        task = self.plan.tasks.get(found[1]) if found else None
        return task is not None and hooks.has_hooks(task)

    def begin_pass(self) -> None:
        """Take up what waits for nothing that is announced."""
        for rank in (*self.requeued, *self.watchful):
            self.agenda.push(rank)
        self.requeued.clear()

    def next_task(self, op: Operation) -> str | None:
        """The next task to look at in this pass."""
        rank = self.agenda.take(lambda: limits.boundary_limit_reached(op, self.node_id))
        return self.plan.order[rank] if rank is not None else None

    def end_pass(self) -> bool:
        """Whether there must be another pass though nothing happens to the DAG."""
        self.agenda.end_pass()
        self.queued = bool(self.agenda)
        return self.queued or self.agenda.has_refused or bool(self.requeued or self.watchful)

    # --- tasks and their nodes

    def name_of(self, name: str) -> str:
        """The name of a task's node."""
        return f"{self.node_name}.{name}"

    def task_node(self, op: Operation, name: str) -> Node | None:
        """The node of a task."""
        node = self._nodes.get(name)
        if node is None:
            node = op.nodes.named(f"{self.node_name}.{name}")
            if node is not None:
                self._nodes[name] = node
        return node

    def is_reached(self, op: Operation, name: str) -> bool:
        """Whether Argo's walk from the targets comes here: it goes no further than tasks that are done.

        Only in retried and resubmitted runs is a task open while those that wait for it are done.
        """
        if name in self.targets:
            return True
        for dependant in self.plan.dependants.get(name, ()):
            node = self.task_node(op, dependant)
            if node is None or (not node.is_done and self.is_reached(op, dependant)):
                return True
        node = self.task_node(op, name)
        return node is not None and node.daemoned

    def settle(self, op: Operation, name: str) -> None:
        """Tell those that wait for the task whether it is done, and have them looked at if it is."""
        node = self.task_node(op, name)
        settled = node is not None and node.is_fulfilled
        if settled and node is not None and hooks.has_any(self.plan.tasks[name]):
            settled = hooks.all_fulfilled(op, node)
        if settled == (name in self.settled):
            return
        (self.settled.add if settled else self.settled.discard)(name)
        if settled and node is not None and node.type is NodeType.TASK_GROUP:
            self.scopes.check_loop(op, name, node)
        if settled and (node is None or not node.daemoned):
            self.resolved.pop(name, None)
        step = -1 if settled else 1
        for dependant in self.plan.dependants.get(name, ()):
            self.waiting[dependant] += step
            if settled and self.waiting[dependant] == 0:
                self.push(dependant)

    def forget_values(self) -> None:
        """Something changed in a task that was done, such as a daemon: what others took from it is old."""
        self.resolved.clear()
        for state in self.loops.values():
            state.stale = True
