"""DAG templates: tasks with an order among them.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/dag.go (executeDAG)
"""

from __future__ import annotations

from typing import Final

from tiphys.engine import dag_loop, dag_phase, fan_out, hooks, memoize
from tiphys.engine.daemons import stop_daemons
from tiphys.engine.dag_frame import DagFrame
from tiphys.engine.dag_task import (
    may_run,
    new_leaf,
    resolve,
    run_exit_hook,
    run_hooks,
    run_node,
    watch_if_asked,
)
from tiphys.engine.operation import PARALLELISM_REACHED, REQUEUE, Answer, Call, Operation
from tiphys.engine.outbound import outbound_nodes
from tiphys.engine.outputs import export, template_outputs
from tiphys.engine.run import Node
from tiphys.errors import NodeError
from tiphys.messages.phases import NodePhase, NodeType

_OMITTED: Final = "omitted: depends condition not met"


def execute(op: Operation, call: Call) -> Answer:
    """Begin the DAG or carry on with it."""
    node = op.nodes.named(call.node_name)
    if node is None:
        node = op.new_executable_node(call, NodeType.DAG, NodePhase.RUNNING)
    frame = op.frames.get(node.id)
    if not isinstance(frame, DagFrame) or (frame.call is not call and frame.call.template != call.template):
        frame = op.frames[node.id] = DagFrame(call, node)
    try:
        return _execute(op, frame, node)
    finally:
        if node.is_fulfilled:
            stop_daemons(op, node.id)


def _execute(op: Operation, frame: DagFrame, node: Node) -> Answer:
    """Look at what is marked, then see whether the DAG is done."""
    error = _look_at_marked(op, frame, node)
    if error is not None:
        return op.mark_error(node, error), error
    phase, groups = dag_phase.assess(op, frame, node)
    for group_id, group_phase in groups.items():
        group = op.nodes.nodes[group_id]
        frame.suspects.discard(group.display_name)
        op.mark_phase(group, group_phase)
        op.mark(group)
    if groups:
        op.look_again(node)
    if phase is NodePhase.RUNNING:
        return node, None
    if not phase.is_failure:
        try:
            _set_outputs(op, frame, node)
        except NodeError as failure:
            return node, failure
    node.outbound_nodes = _outbound(op, frame)
    op.nodes.touch(node)
    return op.mark_phase(node, phase), None


def _look_at_marked(op: Operation, frame: DagFrame, node: Node) -> NodeError | None:
    frame.begin_pass()
    try:
        while (name := frame.next_task(op)) is not None:
            if not frame.is_reached(op, name):
                frame.loose = True  # what the walk does not come to, only the assessment sees
                continue
            _look_at(op, frame, name)
            frame.settle(op, name)
            error = _look_at_target(op, frame, name) if name in frame.targets else None
            if error is not None:
                return error
    finally:
        if frame.end_pass():
            op.look_again(node)
    return None


def _look_at(op: Operation, frame: DagFrame, name: str) -> None:
    """What is to be done about a task (executeDAGTask)."""
    node = frame.task_node(op, name)
    if name in frame.settled:
        frame.forget_values()
    if node is None:
        if frame.waiting[name] > 0:
            return
        execute, error = may_run(op, frame, name)
        if error is not None:
            new_leaf(op, frame, name, NodePhase.ERROR, error.message)
            return
        if not execute:
            new_leaf(op, frame, name, NodePhase.OMITTED, _OMITTED)
            return
    else:
        if node.is_fulfilled or node.phase is NodePhase.RUNNING:
            error = frame.scopes.error_for(op, name)
            if error is not None:
                op.mark_error(node, error)
                return
            if not _hooks_are_done(op, frame, name, node):
                return
        if node.is_done:
            op.release_locks(node)
            run_exit_hook(op, frame, name, node)
            return
    _run(op, frame, name, node)


def _hooks_are_done(op: Operation, frame: DagFrame, name: str, node: Node) -> bool:
    if not hooks.has_hooks(frame.plan.tasks[name]):
        return True
    watch_if_asked(frame, name)
    done, error = run_hooks(op, frame, name, node)
    if error is PARALLELISM_REACHED:
        frame.wait_for_room(node.name)
    if error is not None:
        op.mark_error(node, error)
    return done


def _run(op: Operation, frame: DagFrame, name: str, node: Node | None) -> None:
    task = frame.plan.tasks[name]
    try:
        resolved = resolve(op, frame, name)
        if fan_out.is_loop(task):
            group = node if node is not None and node.type is NodeType.TASK_GROUP else None
            dag_loop.run(op, frame, name, resolved, group)
            return
    except NodeError as error:
        if error is not REQUEUE:
            new_leaf(op, frame, name, NodePhase.ERROR, error.message)
            return
        frame.requeued.add(frame.plan.rank[name])
        op.requeue(frame.name_of(name), error.__cause__)
        return
    run_node(op, frame, task, resolved, frame.name_of(name), None)


def _look_at_target(op: Operation, frame: DagFrame, name: str) -> NodeError | None:
    """A target's hooks are looked at whatever its phase (the loop over targetTasks)."""
    node = frame.task_node(op, name)
    if node is None:
        return None
    error = frame.scopes.error_for(op, name)
    if error is not None or not hooks.has_hooks(frame.plan.tasks[name]):
        return error
    _, error = run_hooks(op, frame, name, node)
    if error is None:
        frame.settle(op, name)
    return error


def _set_outputs(op: Operation, frame: DagFrame, node: Node) -> None:
    for error in frame.scopes.broken.values():
        raise error
    for name in frame.plan.tasks:
        task_node = frame.task_node(op, name)
        if task_node is not None and task_node.outputs is not None:
            export(op, task_node.outputs)
    if frame.call.template.get("outputs"):
        outputs = template_outputs(frame.call.template, frame.scopes.of_outputs(op))
        if outputs is not None:
            node.outputs = outputs
    if node.memoization_status is not None:
        saved = memoize.save(op.environment, op.run.namespace, node, op.now)
        if saved is not None:
            op.decisions.append(saved)


def _outbound(op: Operation, frame: DagFrame) -> list[str]:
    found: list[str] = []
    for target in frame.plan.targets:
        node = frame.task_node(op, target)
        if node is not None:
            found.extend(outbound_nodes(op, node))
    return found
