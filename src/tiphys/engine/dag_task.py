"""A task of a DAG: whether it may run, what it runs, the nodes it gets.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/dag.go (executeDAGTask)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tiphys.engine import fan_out, hooks
from tiphys.engine.dag_frame import DagFrame
from tiphys.engine.dag_plan import Task
from tiphys.engine.execution import execute_template
from tiphys.engine.operation import MAX_DEPTH_EXCEEDED, PARALLELISM_REACHED, TIMEOUT, Operation
from tiphys.engine.outbound import outbound_nodes
from tiphys.engine.panic import Panic
from tiphys.engine.references import Reader, without_hooks
from tiphys.engine.run import Node
from tiphys.engine.scope import Scope
from tiphys.engine.substitution import plan_of
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import depends
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

_WATCHES_WORKFLOW: Final = re.compile(r"\bworkflow\b")


# --- may it run


def may_run(op: Operation, frame: DagFrame, name: str) -> tuple[bool, NodeError | None]:
    """Whether the dependencies, all done, let the task run (evaluateDependsLogic)."""
    simple = frame.plan.simple.get(name)
    if simple is not None:
        return all(_lets_run(frame.task_node(op, each), phases) for each, phases in simple), None
    logic = frame.plan.logic.get(name)
    if not logic:
        return True, None
    results = {each: _result(op, frame, each) for each in frame.plan.dependencies[name]}
    try:
        return depends.evaluate(logic, results), None
    except ExpressionError as failure:
        return False, NodeError(failure.message)


def _lets_run(node: Node | None, phases: frozenset[NodePhase]) -> bool:
    return node is not None and (node.phase in phases or node.daemoned)


def _result(op: Operation, frame: DagFrame, name: str) -> depends.TaskResults:
    node = frame.task_node(op, name)
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


# --- what it runs


def resolve(op: Operation, frame: DagFrame, name: str) -> Mapping[str, Json]:
    """The task with the values it refers to (resolveDependencyReferences)."""
    error = frame.scopes.error_for(op, name)
    if error is not None:
        raise error
    known = frame.resolved.get(name)
    if known is not None:
        return known
    task = frame.plan.tasks[name]
    reader = frame.readers.get(name)
    if reader is None:
        reader = frame.readers[name] = Reader(without_hooks(plan_of(task)), steps=False)
    resolved = reader.resolve(op, task, lambda: frame.scopes.of_task(op, name))
    if not op.is_volatile(task, None) and not op.volumes_have_tags:
        frame.resolved[name] = resolved
    return resolved


# --- its hooks


def _scope(op: Operation, frame: DagFrame, name: str, node: Node) -> Scope:
    scope = frame.scopes.of_task(op, name)
    scope.set_status(name, node)
    return scope


def run_hooks(op: Operation, frame: DagFrame, name: str, node: Node) -> tuple[bool, NodeError | None]:
    """Start the hooks of a task whose node has begun; whether all that started are done, and an error."""
    scope = _scope(op, frame, name, node)
    return hooks.run_task_hooks(op, scope, frame.plan.tasks[name], node, frame.node_id, frame.call.inner)


def watch_if_asked(frame: DagFrame, name: str) -> None:
    """Look at the task in every pass if its hooks look at the workflow."""
    for hook in frame.plan.tasks[name]["hooks"].values():
        if _WATCHES_WORKFLOW.search(str(hook.get("expression") or "")):
            frame.watchful.add(frame.plan.rank[name])


def run_exit_hook(op: Operation, frame: DagFrame, name: str, node: Node) -> bool:
    """Run the exit handler of a completed node of the task; false while it is not done."""
    if not node.is_completed:
        return True
    hook = hooks.exit_hook(frame.plan.tasks[name], op.spec.get("arguments"))
    if hook is None:
        return True
    scope = _scope(op, frame, name, node)
    has, made, error = hooks.run_exit_hook(op, hook, node, frame.node_id, frame.call.inner, name, scope)
    if error is PARALLELISM_REACHED:
        frame.wait_for_room(node.name)
    return not has or (error is None and made is not None and made.is_fulfilled)


# --- its nodes


def new_leaf(op: Operation, frame: DagFrame, name: str, phase: NodePhase, message: str) -> None:
    """A node for a task that comes to nothing."""
    _skipped(op, frame, name, frame.name_of(name), phase, message)
    connect(op, frame, name, frame.name_of(name))
    frame.push_if_hooked(name)


def _skipped(op: Operation, frame: DagFrame, name: str, node_name: str, phase: NodePhase, message: str) -> None:
    task = frame.plan.tasks[name]
    op.new_node(node_name, NodeType.SKIPPED, phase, task, frame.call.inner, frame.options, message)


def connect(op: Operation, frame: DagFrame, name: str, node_name: str, group: Node | None = None) -> None:
    """Hang a new node below what it waited for (connectDependencies)."""
    child_id = op.nodes.id_of(node_name)
    if group is not None:
        op.add_child(group, child_id)
        return
    dependencies = frame.plan.dependencies[name]
    if not dependencies:
        op.add_child(op.nodes.nodes[frame.node_id], child_id)
        return
    hung = False
    for dependency in dependencies:
        node = frame.task_node(op, dependency)
        if node is None:
            raise Panic("invalid memory address or nil pointer dereference")
        for parent_id in outbound_nodes(op, node):
            op.add_child(op.nodes.nodes[parent_id], child_id)
            hung = True
    frame.loose = frame.loose or not hung


def run_node(
    op: Operation, frame: DagFrame, task: Task, made: Mapping[str, Json], node_name: str, group: Node | None
) -> bool:
    """Begin or carry on one node of a task; false if nothing more of the task may be looked at in this pass.

    `made` is the task filled in, with its item if it belongs to a loop, `group` the node of that loop.
    """
    name = str(task["name"])
    node = op.nodes.named(node_name)
    if node is None and not _is_wanted(op, frame, name, made, node_name, group):
        frame.push_if_hooked(name)
        return True
    was_done = node is not None and node.is_done
    result, error = execute_template(op, node_name, made, True, frame.call.inner, made.get("arguments"), frame.options)
    if error is PARALLELISM_REACHED:
        frame.agenda.refuse(frame.plan.rank[name]) if result is None else frame.mark(node_name)
    elif error is TIMEOUT:
        op.mark_phase(op.nodes.nodes[op.nodes.id_of(node_name)], NodePhase.FAILED, error.message)
        frame.push(name)
        return False
    elif error is not None and error is not MAX_DEPTH_EXCEEDED:
        failed = op.nodes.named(node_name)
        if failed is not None:
            op.mark_error(failed, NodeError(f"task '{node_name}' errored: {error.message}"))
        frame.push(name)
        return False
    if result is None:
        return False
    if node is None or (result.is_done and not was_done):
        frame.push_if_hooked(name)
    return not result.is_done or run_exit_hook(op, frame, name, result)


def _is_wanted(
    op: Operation, frame: DagFrame, name: str, made: Mapping[str, Json], node_name: str, group: Node | None
) -> bool:
    """Whether `when` lets the node begin; otherwise it gets one that says so."""
    connect(op, frame, name, node_name, group)
    try:
        wanted = fan_out.should_execute(made.get("when"))
    except NodeError as error:
        _skipped(op, frame, name, node_name, NodePhase.ERROR, error.message)
        return False
    if not wanted:
        text = f"when '{made.get('when')}' evaluated false"
        _skipped(op, frame, name, node_name, NodePhase.SKIPPED, text)
    return wanted
