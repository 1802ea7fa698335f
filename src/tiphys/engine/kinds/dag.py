"""DAG templates: tasks with an order among them.

Argo walks from the target tasks to everything they need, in every reconciliation. A `DagFrame` looks at
the tasks that something happened to, and at those that wait for them, by rank: in the order of that walk.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/dag.go
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from tiphys.engine import dag_phase, fan_out, hooks, limits, memoize, naming
from tiphys.engine.agenda import Agenda
from tiphys.engine.daemons import stop_daemons
from tiphys.engine.dag_plan import DagPlan, Task
from tiphys.engine.dag_scope import DagScopes
from tiphys.engine.execution import execute_template
from tiphys.engine.fan_out import Loop
from tiphys.engine.operation import (
    MAX_DEPTH_EXCEEDED,
    PARALLELISM_REACHED,
    REQUEUE,
    TIMEOUT,
    Answer,
    Call,
    Operation,
    Options,
)
from tiphys.engine.outbound import outbound_nodes
from tiphys.engine.outputs import export, template_outputs
from tiphys.engine.references import Reader, without_hooks
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node
from tiphys.engine.scope import Scope
from tiphys.engine.substitution import plan_of
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import depends
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

_PLACE: Final = re.compile(r"([^.(]+)(?:\((\d+):)?")
_OMITTED: Final = "omitted: depends condition not met"
_WATCHES_WORKFLOW: Final = re.compile(r"\bworkflow\b")


def execute(op: Operation, call: Call) -> Answer:
    """Begin the DAG or carry on with it (executeDAG)."""
    node = op.nodes.named(call.node_name)
    if node is None:
        node = op.new_executable_node(call, NodeType.DAG, NodePhase.RUNNING)
    frame = op.frames.get(node.id)
    if not isinstance(frame, DagFrame) or (frame.call is not call and frame.call.template != call.template):
        frame = op.frames[node.id] = DagFrame(call, node)
    try:
        return frame.execute(op, node)
    finally:
        if node.is_fulfilled:
            stop_daemons(op, node.id)


class LoopState:
    """How far a loop has come: `next` is the first item without a node, `marked` those to look at again."""

    __slots__ = ("done", "loop", "made", "marked", "next", "stale", "task")

    def __init__(self, task: Mapping[str, Json], loop: Loop, made: list[dict[str, Json]] | None) -> None:
        self.task = task
        self.loop = loop
        self.made = made
        self.next = 0
        self.marked: set[int] = set()
        self.done = 0
        self.stale = False

    def item(self, index: int) -> dict[str, Json]:
        """The task of one item."""
        return self.made[index] if self.made is not None else self.loop.item(index)


class DagFrame:
    """A DAG node under way.

    `_requeued` are ranks of tasks that wait for a value nobody will announce, `_watchful` of those with
    hooks that look at the workflow. `_waiting` counts, for each task, the dependencies that are not
    settled: fulfilled, with their hooks. `loose`: some node hangs below nothing; `suspects`: loops all of
    whose items are done, though they are not.
    """

    def __init__(self, call: Call, node: Node) -> None:
        self.call = call
        self.node_id = node.id
        self.node_name = node.name
        self.plan = DagPlan(call.template["dag"])
        self.scopes = DagScopes(call, self.plan, node)
        self.queued = True
        self.loose = False
        self._options = Options(boundary_id=node.id, on_exit=call.options.on_exit)
        self._agenda = Agenda(len(self.plan.order))
        self._requeued: set[int] = set()
        self._waiting = {name: len(self.plan.dependencies[name]) for name in self.plan.order}
        self._settled: set[str] = set()
        self._nodes: dict[str, Node] = {}
        self._targets = frozenset(self.plan.targets)
        self._readers: dict[str, Reader] = {}
        self._resolved: dict[str, Mapping[str, Json]] = {}
        self._loops: dict[str, LoopState] = {}
        self._watchful: set[int] = set()
        self.suspects: set[str] = set()

    # --- what to look at

    def mark(self, node_name: str) -> None:
        """Look at the task that the node belongs to."""
        found = _PLACE.match(node_name, len(self.node_name) + 1)
        if found is None:
            return
        rank = self.plan.rank.get(found[1])
        if rank is None:
            return
        state = self._loops.get(found[1])
        if state is not None and found[2] is not None:
            state.marked.add(int(found[2]))
        self._push(rank)

    def watches(self, node_name: str) -> bool:
        """Whether anything may have to be done when the node starts to run."""
        found = _PLACE.match(node_name, len(self.node_name) + 1)
        task = self.plan.tasks.get(found[1]) if found else None
        return task is not None and hooks.has_hooks(task)

    def _push(self, rank: int) -> None:
        self.queued = True
        self._agenda.push(rank)

    def _look_at_marked(self, op: Operation, node: Node) -> NodeError | None:
        for rank in (*self._requeued, *self._watchful):
            self._agenda.push(rank)
        self._requeued.clear()
        try:
            while (rank := self._agenda.take(lambda: limits.boundary_limit_reached(op, self.node_id))) is not None:
                name = self.plan.order[rank]
                if not self._is_reached(op, name):
                    self.loose = True  # what the walk does not come to, only the assessment sees
                    continue
                self._look_at(op, name)
                self._settle(op, name)
                if name in self._targets and (error := self._look_at_target(op, name)) is not None:
                    return error
        finally:
            self._agenda.end_pass()
            self.queued = bool(self._agenda)
            if self.queued or self._agenda.has_refused or self._requeued or self._watchful:
                op.look_again(node)
        return None

    def _task_node(self, op: Operation, name: str) -> Node | None:
        node = self._nodes.get(name)
        if node is None:
            node = op.nodes.named(f"{self.node_name}.{name}")
            if node is not None:
                self._nodes[name] = node
        return node

    def _is_reached(self, op: Operation, name: str) -> bool:
        """Whether Argo's walk from the targets comes here: it goes no further than tasks that are done.

        Only in retried and resubmitted runs is a task open while those that wait for it are done.
        """
        if name in self._targets:
            return True
        for dependant in self.plan.dependants.get(name, ()):
            node = self._task_node(op, dependant)
            if node is None or (not node.is_done and self._is_reached(op, dependant)):
                return True
        node = self._task_node(op, name)
        return node is not None and node.daemoned

    def _settle(self, op: Operation, name: str) -> None:
        """Tell those that wait for the task whether it is done, and have them looked at if it is."""
        node = self._task_node(op, name)
        settled = node is not None and node.is_fulfilled
        task = self.plan.tasks[name]
        if settled and node is not None and (task.get("hooks") or task.get("onExit")):
            settled = hooks.all_fulfilled(op, node)
        if settled == (name in self._settled):
            return
        (self._settled.add if settled else self._settled.discard)(name)
        if settled and node is not None and node.type is NodeType.TASK_GROUP:
            self.scopes.check_loop(op, name, node)
        if settled and (node is None or not node.daemoned):
            self._resolved.pop(name, None)
        step = -1 if settled else 1
        for dependant in self.plan.dependants.get(name, ()):
            self._waiting[dependant] += step
            if settled and self._waiting[dependant] == 0:
                self._push(self.plan.rank[dependant])

    # --- one task (executeDAGTask)

    def _look_at(self, op: Operation, name: str) -> None:
        task = self.plan.tasks[name]
        node = self._task_node(op, name)
        if name in self._settled:
            # something changed in a task that was done, such as a daemon: what others took from it is old
            self._resolved.clear()
            for state in self._loops.values():
                state.stale = True
        if node is not None and (node.is_fulfilled or node.phase is NodePhase.RUNNING):
            error = self.scopes.error_for(op, name)
            if error is not None:
                op.mark_error(node, error)
                return
            if hooks.has_hooks(task) and not self._run_hooks(op, name, task, node):
                return
        if node is not None and node.is_done:
            op.release_locks(node)
            self._run_exit_hook(op, name, task, node)
            return
        if node is None:
            if self._waiting[name] > 0:
                return
            execute, error = self._depends(op, name)
            if error is not None:
                self._new_leaf(op, name, task, NodePhase.ERROR, error.message)
                return
            if not execute:
                self._new_leaf(op, name, task, NodePhase.OMITTED, _OMITTED)
                return
        try:
            resolved = self._resolve(op, name, task)
            if fan_out.is_loop(task):
                group = node if node is not None and node.type is NodeType.TASK_GROUP else None
                self._run_loop(op, name, task, resolved, group)
                return
        except NodeError as error:
            if error is REQUEUE:
                self._requeued.add(self.plan.rank[name])
                op.requeue(f"{self.node_name}.{name}", error.__cause__)
                return
            self._new_leaf(op, name, task, NodePhase.ERROR, error.message)
            return
        if not self._run_one(op, name, task, resolved, f"{self.node_name}.{name}", node):
            return

    def _scope(self, op: Operation, name: str, node: Node) -> Scope:
        scope = self.scopes.of_task(op, name)
        scope.set_status(name, node)
        return scope

    def _run_hooks(self, op: Operation, name: str, task: Task, node: Node) -> bool:
        if any(_WATCHES_WORKFLOW.search(str(each.get("expression") or "")) for each in task["hooks"].values()):
            self._watchful.add(self.plan.rank[name])
        scope = self._scope(op, name, node)
        done, error = hooks.run_task_hooks(op, scope, task, node, self.node_id, self.call.inner)
        if error is not None:
            op.mark_error(node, error)
        return done

    def _run_exit_hook(self, op: Operation, name: str, task: Task, node: Node) -> bool:
        """Run the exit handler of a completed node; false while it is not done."""
        if not node.is_completed:
            return True
        hook = hooks.exit_hook(task, op.spec.get("arguments"))
        if hook is None:
            return True
        scope = self._scope(op, name, node)
        has, made, error = hooks.run_exit_hook(op, hook, node, self.node_id, self.call.inner, name, scope)
        return not has or (error is None and made is not None and made.is_fulfilled)

    def _look_at_target(self, op: Operation, name: str) -> NodeError | None:
        """A target's hooks are looked at whatever its phase (the loop over targetTasks in executeDAG)."""
        node = self._task_node(op, name)
        if node is None:
            return None
        error = self.scopes.error_for(op, name)
        task = self.plan.tasks[name]
        if error is not None or not hooks.has_hooks(task):
            return error
        scope = self._scope(op, name, node)
        _, error = hooks.run_task_hooks(op, scope, task, node, self.node_id, self.call.inner)
        if error is None:
            self._settle(op, name)
        return error

    def _depends(self, op: Operation, name: str) -> tuple[bool, NodeError | None]:
        """Whether the dependencies, all done, let the task run (evaluateDependsLogic)."""
        simple = self.plan.simple.get(name)
        if simple is not None:
            return all(self._lets_run(op, each, phases) for each, phases in simple), None
        logic = self.plan.logic.get(name)
        if not logic:
            return True, None
        results = {each: self._result(op, each) for each in self.plan.dependencies[name]}
        try:
            return depends.evaluate(logic, results), None
        except ExpressionError as failure:
            return False, NodeError(failure.message)

    def _lets_run(self, op: Operation, name: str, phases: frozenset[NodePhase]) -> bool:
        node = self._task_node(op, name)
        return node is not None and (node.phase in phases or node.daemoned)

    def _result(self, op: Operation, name: str) -> depends.TaskResults:
        node = self._task_node(op, name)
        if node is None:
            raise Panic(f"task {name} has no node")
        any_succeeded = all_failed = False
        if node.type is NodeType.TASK_GROUP and node.children:
            found = [op.nodes.nodes.get(each) for each in node.children]
            any_succeeded = any(each is not None and each.phase is NodePhase.SUCCEEDED for each in found)
            all_failed = all(each is not None and each.phase is NodePhase.FAILED for each in found)
        return depends.TaskResults(
            succeeded=node.phase is NodePhase.SUCCEEDED,
            failed=node.phase is NodePhase.FAILED,
            errored=node.phase is NodePhase.ERROR,
            skipped=node.phase is NodePhase.SKIPPED,
            omitted=node.phase is NodePhase.OMITTED,
            daemoned=node.daemoned and node.phase is not NodePhase.PENDING,
            any_succeeded=any_succeeded,
            all_failed=all_failed,
        )

    def _resolve(self, op: Operation, name: str, task: Task) -> Mapping[str, Json]:
        error = self.scopes.error_for(op, name)
        if error is not None:
            raise error
        known = self._resolved.get(name)
        if known is not None:
            return known
        reader = self._readers.get(name)
        if reader is None:
            reader = self._readers[name] = Reader(without_hooks(plan_of(task)), steps=False)
        resolved = reader.resolve(op, task, lambda: self.scopes.of_task(op, name))
        if not op.is_volatile(task, None) and not op.volumes_have_tags:
            self._resolved[name] = resolved
        return resolved

    # --- nodes of a task

    def _new_leaf(self, op: Operation, name: str, task: Task, phase: NodePhase, message: str) -> None:
        node_name = f"{self.node_name}.{name}"
        op.new_node(node_name, NodeType.SKIPPED, phase, task, self.call.inner, self._plain(), message)
        self._connect(op, name, node_name)
        self._later_if_hooked(name)

    def _plain(self) -> Options:
        return Options(boundary_id=self.node_id, on_exit=self.call.options.on_exit)

    def _later_if_hooked(self, name: str) -> None:
        """A node that came to its end in this pass is looked at in the next for its hooks."""
        task = self.plan.tasks[name]
        if task.get("hooks") or task.get("onExit"):
            self._push(self.plan.rank[name])

    def _connect(self, op: Operation, name: str, node_name: str, group: Node | None = None) -> None:
        """Hang a new node below what it waited for (connectDependencies)."""
        child_id = op.nodes.id_of(node_name)
        if group is not None:
            op.add_child(group, child_id)
            return
        dependencies = self.plan.dependencies[name]
        if not dependencies:
            op.add_child(op.nodes.nodes[self.node_id], child_id)
            return
        hung = False
        for dependency in dependencies:
            node = self._task_node(op, dependency)
            if node is None:
                raise Panic("invalid memory address or nil pointer dereference")
            for parent_id in outbound_nodes(op, node):
                op.add_child(op.nodes.nodes[parent_id], child_id)
                hung = True
        self.loose = self.loose or not hung

    def _run_one(
        self,
        op: Operation,
        name: str,
        task: Task,
        made: Mapping[str, Json],
        node_name: str,
        node: Node | None,
        group: Node | None = None,
    ) -> bool:
        """Execute one node of a task; false if nothing more of the task may be looked at in this pass."""
        if node is None:
            self._connect(op, name, node_name, group)
            try:
                wanted = fan_out.should_execute(made.get("when"))
            except NodeError as error:
                op.new_node(
                    node_name, NodeType.SKIPPED, NodePhase.ERROR, task, self.call.inner, self._plain(), error.message
                )
                return True
            if not wanted:
                text = f"when '{made.get('when')}' evaluated false"
                op.new_node(node_name, NodeType.SKIPPED, NodePhase.SKIPPED, task, self.call.inner, self._plain(), text)
                return True
        was_done = node is not None and node.is_done
        result, error = execute_template(
            op, node_name, made, True, self.call.inner, made.get("arguments"), self._options
        )
        if error is PARALLELISM_REACHED:
            rank = self.plan.rank[name]
            self._agenda.refuse(rank) if result is None else self._requeued.add(rank)
        elif error is TIMEOUT:
            op.mark_phase(op.nodes.nodes[op.nodes.id_of(node_name)], NodePhase.FAILED, error.message)
            return False
        elif error is not None and error is not MAX_DEPTH_EXCEEDED:
            failed = op.nodes.named(node_name)
            if failed is not None:
                op.mark_error(failed, NodeError(f"task '{node_name}' errored: {error.message}"))
            self._push(self.plan.rank[name])
            return False
        if result is None:
            return False
        if node is None or (result.is_done and not was_done):
            self._later_if_hooked(name)
        return not result.is_done or self._run_exit_hook(op, name, task, result)

    # --- loops

    def _run_loop(
        self, op: Operation, name: str, task: Task, resolved: Mapping[str, Json], group: Node | None
    ) -> None:
        state = self._loops.get(name)
        if state is None or state.stale:
            scope = self.scopes.of_task(op, name) if plan_of(resolved) is not None else None
            if not fan_out.is_loop(resolved):
                self._run_loop_of_one(op, name, task, resolved, group)
                return
            loop = Loop(
                resolved,
                resolved,
                fan_out.items_of(resolved),
                scope.parameters(op.variables.values) if scope is not None else {},
                op.ambient,
            )
            # one item that cannot be filled in spoils them all, so they are made before any node is
            made = [loop.item(index) for index in range(len(loop.items))] if group is None else None
            if not loop.items and group is None:
                self._new_leaf(op, name, task, NodePhase.SKIPPED, "Skipped, empty params")
                return
            state = self._loops[name] = LoopState(resolved, loop, made)
            if group is not None:
                self._resume_loop(op, state)
        if group is None:
            node_name = f"{self.node_name}.{name}"
            self._connect(op, name, node_name)
            group = op.new_node(
                node_name, NodeType.TASK_GROUP, NodePhase.RUNNING, task, self.call.inner, self._plain()
            )
            self._later_if_hooked(name)
        self._run_items(op, name, task, state, group)
        if state.next == len(state.loop.items):
            state.made = None

    def _resume_loop(self, op: Operation, state: LoopState) -> None:
        """Take up a loop of which some items have nodes already: all of these are looked at again."""
        count = len(state.loop.items)
        while state.next < count:
            if op.nodes.named(f"{self.node_name}.{state.loop.item_name(state.next)}") is None:
                break
            state.next += 1
        state.marked.update(range(state.next))

    def _run_loop_of_one(
        self, op: Operation, name: str, task: Task, resolved: Mapping[str, Json], group: Node | None
    ) -> None:
        """A `withParam` that came out empty: Argo takes the node of the group for the node of the task."""
        node_name = f"{self.node_name}.{name}"
        if group is None:
            self._connect(op, name, node_name)
            group = op.new_node(
                node_name, NodeType.TASK_GROUP, NodePhase.RUNNING, task, self.call.inner, self._plain()
            )
        if self._run_one(op, name, task, resolved, node_name, group) and group.is_fulfilled:
            op.mark_phase(group, NodePhase.SUCCEEDED)
            self._later_if_hooked(name)

    def _run_items(self, op: Operation, name: str, task: Task, state: LoopState, group: Node) -> None:
        count = len(state.loop.items)
        for index in _merged(sorted(state.marked), state, count):
            state.marked.discard(index)
            item_name = state.made[index]["name"] if state.made is not None else state.loop.item_name(index)
            node_name = f"{self.node_name}.{item_name}"
            node = op.nodes.named(node_name)
            go_on = True
            if node is not None and op.waits_in_vain(node):
                pass
            elif node is None or not node.is_done:
                go_on = self._run_one(op, name, task, state.item(index), node_name, node, group)
            else:
                op.release_locks(node)
                if task.get("hooks") or task.get("onExit"):
                    go_on = self._run_exit_hook(op, name, task, node)
            if index == state.next and op.nodes.named(node_name) is not None:
                state.next += 1
            if not go_on:
                # Argo goes through the items from the first one each time, and comes no further than this;
                # then only the assessment of the DAG may find that the loop is done
                if index < state.next:
                    state.marked.add(index)
                if self._loop_is_done(op, group, state, count):
                    self.suspects.add(name)
                return
        if self._loop_is_done(op, group, state, count):
            self._finish_loop(op, name, state, group)

    def _loop_is_done(self, op: Operation, group: Node, state: LoopState, count: int) -> bool:
        if state.next < count or group.is_done:
            return False
        while state.done < count:
            node = op.nodes.named(f"{self.node_name}.{state.loop.item_name(state.done)}")
            if node is None or not node.is_fulfilled:
                return False
            state.done += 1
        return True

    def _finish_loop(self, op: Operation, name: str, state: LoopState, group: Node) -> None:
        phase = NodePhase.SUCCEEDED
        for index in range(len(state.loop.items)):
            node = op.nodes.named(f"{self.node_name}.{state.loop.item_name(index)}")
            if node is not None and node.phase.is_failure:
                phase = node.phase
        op.mark_phase(group, phase)
        self._later_if_hooked(name)

    # --- the DAG as a whole

    def execute(self, op: Operation, node: Node) -> Answer:
        """Look at what is marked, then see whether the DAG is done."""
        error = self._look_at_marked(op, node)
        if error is not None:
            return op.mark_error(node, error), error
        phase, groups = dag_phase.assess(op, self, node)
        for group_id, group_phase in groups.items():
            group = op.nodes.nodes[group_id]
            self.suspects.discard(group.display_name)
            op.mark_phase(group, group_phase)
            op.mark(group)
        if groups:
            op.look_again(node)
        if phase is NodePhase.RUNNING:
            return node, None
        if phase.is_failure:
            node.outbound_nodes = self._outbound(op)
            return op.mark_phase(node, phase), None
        try:
            self._set_outputs(op, node)
        except NodeError as failure:
            return node, failure
        node.outbound_nodes = self._outbound(op)
        op.nodes.touch(node)
        return op.mark_phase(node, NodePhase.SUCCEEDED), None

    def _set_outputs(self, op: Operation, node: Node) -> None:
        for error in self.scopes.broken.values():
            raise error
        for name in self.plan.tasks:
            task_node = self._task_node(op, name)
            if task_node is not None and task_node.outputs is not None:
                export(op, task_node.outputs)
        if self.call.template.get("outputs"):
            outputs = template_outputs(self.call.template, self.scopes.of_outputs(op))
            if outputs is not None:
                node.outputs = outputs
        if node.memoization_status is not None:
            saved = memoize.save(op.environment, op.run.namespace, node, op.now)
            if saved is not None:
                op.decisions.append(saved)

    def _outbound(self, op: Operation) -> list[str]:
        found: list[str] = []
        for target in self.plan.targets:
            node = self._task_node(op, target)
            if node is not None:
                found.extend(outbound_nodes(op, node))
        return found

    def exit_handlers_done(self, op: Operation) -> bool:
        """Whether no exit handler of a completed target is still running."""
        for target in self.plan.targets:
            node = self._task_node(op, target)
            if node is None or not node.is_done:
                continue
            handler = op.nodes.named(naming.on_exit_name(node.name))
            if handler is not None and not handler.is_fulfilled:
                return False
        return True


def _merged(marked: list[int], state: LoopState, count: int) -> Iterable[int]:
    """Marked items that have a node, then those that have none, in order."""
    yield from (index for index in marked if index < state.next)
    while state.next < count:
        before = state.next
        yield before
        if state.next == before:
            return
