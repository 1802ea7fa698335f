"""A task of a DAG that runs once for each item of a list: a TaskGroup with a node for each.

Argo expands the list and goes through all items in every reconciliation; `LoopState` remembers how far
that has come, so that only the items are looked at that something happened to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tiphys.engine import fan_out, hooks
from tiphys.engine.agenda import Agenda
from tiphys.engine.dag_frame import DagFrame, LoopState
from tiphys.engine.dag_task import connect, new_leaf, run_exit_hook, run_node
from tiphys.engine.fan_out import Loop
from tiphys.engine.operation import Operation
from tiphys.engine.run import Node
from tiphys.engine.substitution import plan_of
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType


def run(op: Operation, frame: DagFrame, name: str, resolved: Mapping[str, Json], group: Node | None) -> None:
    """Begin the loop or carry on with it; `resolved` is its task filled in, `group` its node."""
    state = frame.loops.get(name)
    if state is None or state.stale:
        if not fan_out.is_loop(resolved):
            _run_without_items(op, frame, name, resolved, group)
            return
        state = _expand(op, frame, name, resolved, group)
        if state is None:
            new_leaf(op, frame, name, NodePhase.SKIPPED, "Skipped, empty params")
            return
        frame.loops[name] = state
    if group is None:
        group = _new_group(op, frame, name)
        frame.push_if_hooked(name)
    _run_items(op, frame, name, state, group)
    if state.next == len(state.loop.items):
        state.made = None


def _expand(
    op: Operation, frame: DagFrame, name: str, resolved: Mapping[str, Json], group: Node | None
) -> LoopState | None:
    scope = frame.scopes.of_task(op, name) if plan_of(resolved) is not None else None
    values = scope.parameters(op.variables.values) if scope is not None else {}
    loop = Loop(resolved, resolved, fan_out.items_of(resolved), values, op.ambient)
    if group is not None:
        state = LoopState(resolved, loop, None)
        _resume(op, frame, state)
        return state
    # one item that cannot be filled in spoils them all, so they are made before any node is
    made = [loop.item(index) for index in range(len(loop.items))]
    return LoopState(resolved, loop, made) if made else None


def _resume(op: Operation, frame: DagFrame, state: LoopState) -> None:
    """Take up a loop of which some items have nodes already: all of these are looked at again."""
    for index in range(len(state.loop.items)):
        if op.nodes.named(frame.name_of(state.loop.item_name(index))) is None:
            break
        state.next += 1
    state.marked = Agenda(state.next)


def _new_group(op: Operation, frame: DagFrame, name: str) -> Node:
    node_name, task = frame.name_of(name), frame.plan.tasks[name]
    connect(op, frame, name, node_name)
    return op.new_node(node_name, NodeType.TASK_GROUP, NodePhase.RUNNING, task, frame.call.inner, frame.options)


def _run_without_items(
    op: Operation, frame: DagFrame, name: str, resolved: Mapping[str, Json], group: Node | None
) -> None:
    """A `withParam` that came out empty: Argo takes the node of the group for the node of the task."""
    if group is None:
        group = _new_group(op, frame, name)
    if run_node(op, frame, frame.plan.tasks[name], resolved, group.name, group) and group.is_fulfilled:
        op.mark_phase(group, NodePhase.SUCCEEDED)
        frame.push_if_hooked(name)


def _run_items(op: Operation, frame: DagFrame, name: str, state: LoopState, group: Node) -> None:
    count = len(state.loop.items)
    frame.suspects.discard(name)
    stopped_at: int | None = None
    for index in _to_look_at(state, count):
        node_name = frame.name_of(state.item_name(index))
        go_on = _run_item(op, frame, name, state, index, node_name, group)
        if index == state.next and op.nodes.named(node_name) is not None:
            state.next += 1
        if not go_on:
            stopped_at = index
            break
    state.marked.end_pass()
    if stopped_at is None:
        if state.next == count and not group.is_done and _are_done(op, frame, state):
            _finish(op, frame, name, state, group)
        return
    # Argo goes through the items from the first one each time, and comes no further than this; the
    # assessment of the DAG then takes the loop for done when those that have nodes are
    if state.marked:
        frame.push(name)
    if stopped_at < state.next:
        state.marked.push(stopped_at)
    if _are_done(op, frame, state) and not group.is_done:
        frame.suspects.add(name)


def _to_look_at(state: LoopState, count: int) -> Iterable[int]:
    """Marked items that have a node, then those that have none, in order, as long as they get one."""
    while (index := state.marked.take()) is not None:
        if index < state.next:
            yield index
    while state.next < count:
        before = state.next
        yield before
        if state.next == before:
            return


def _run_item(
    op: Operation, frame: DagFrame, name: str, state: LoopState, index: int, node_name: str, group: Node
) -> bool:
    task = frame.plan.tasks[name]
    node = op.nodes.named(node_name)
    if node is not None and op.waits_in_vain(node):
        return True
    if node is None or not node.is_done:
        return run_node(op, frame, task, state.item(index), node_name, group)
    op.release_locks(node)
    return not hooks.has_any(task) or run_exit_hook(op, frame, name, node)


def _are_done(op: Operation, frame: DagFrame, state: LoopState) -> bool:
    """Whether every item that has a node is done; those known to be done are not asked again."""
    while state.done < state.next:
        node = op.nodes.named(frame.name_of(state.loop.item_name(state.done)))
        if node is None or not node.is_fulfilled:
            return False
        state.done += 1
    return state.next > 0


def _finish(op: Operation, frame: DagFrame, name: str, state: LoopState, group: Node) -> None:
    phase = NodePhase.SUCCEEDED
    for index in range(len(state.loop.items)):
        node = op.nodes.named(frame.name_of(state.loop.item_name(index)))
        if node is not None and node.phase.is_failure:
            phase = node.phase
    op.mark_phase(group, phase)
    frame.push_if_hooked(name)
