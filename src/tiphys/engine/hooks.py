"""Lifecycle hooks and exit handlers of tasks, steps and the workflow.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/hooks.go and exit_handler.go
"""

from __future__ import annotations

from collections.abc import Mapping

from tiphys.engine import naming, retry
from tiphys.engine.execution import execute_template
from tiphys.engine.operation import Operation, Options
from tiphys.engine.run import Node
from tiphys.engine.scope import Scope
from tiphys.engine.templates import TemplateBase
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import expr, tags
from tiphys.messages.outputs import Json, Outputs

Hook = Mapping[str, Json]
_HOOKED = {"hooked": True}


def has_hooks(task: Mapping[str, Json]) -> bool:
    """Whether the task has hooks other than `exit`."""
    hooks = task.get("hooks") or {}
    return any(name != "exit" for name in hooks)


def has_any(task: Mapping[str, Json]) -> bool:
    """Whether the task has hooks or an exit handler."""
    return bool(task.get("hooks") or task.get("onExit"))


def exit_hook(task: Mapping[str, Json], workflow_arguments: Mapping[str, Json] | None) -> Hook | None:
    """The exit handler of a task, step or spec, with its arguments (GetExitHook)."""
    if task.get("onExit"):
        return {"template": task["onExit"], "arguments": workflow_arguments or {}}
    hook: Hook | None = (task.get("hooks") or {}).get("exit")
    if hook is None:
        return None
    arguments = hook.get("arguments") or {}
    if arguments.get("parameters") or arguments.get("artifacts"):
        return hook
    return {**hook, "arguments": workflow_arguments or {}}


def all_fulfilled(op: Operation, node: Node) -> bool:
    """Whether the hooks below the node are done (CheckAllHooksFullfilled)."""
    for child_id in node.children:
        child = op.nodes.nodes.get(child_id)
        if child is not None and (child.node_flag or {}).get("hooked") and not child.is_fulfilled:
            return False
    return True


def _outputs_of(op: Operation, node: Node) -> Outputs | None:
    last = retry.last_attempt(op, node)
    return (last or node).outputs


def run_task_hooks(
    op: Operation, scope: Scope, task: Mapping[str, Json], node: Node, boundary_id: str, base: TemplateBase
) -> tuple[bool, NodeError | None]:
    """Start the hooks whose expression holds; true when all that started are done (executeTmplLifeCycleHook)."""
    started: list[Node | None] = []
    name = str(task.get("name", ""))
    for hook_name, hook in (task.get("hooks") or {}).items():
        if hook_name == "exit":
            continue
        node_name = naming.hook_name(node.name, hook_name)
        execute, error = _holds(op, hook, node_name, scope.parameters(op.variables.values))
        if error is not None:
            return False, error
        if not execute and op.nodes.named(node_name) is None:
            continue
        arguments = hook.get("arguments") or {}
        outputs = _outputs_of(op, node)
        if (arguments.get("parameters") or arguments.get("artifacts")) and outputs is not None:
            try:
                arguments = _resolved_arguments(op, arguments, scope, name, outputs)
            except (NodeError, ExpressionError) as failure:
                return False, as_node_error(failure)
        options = Options(boundary_id=boundary_id, node_flag=_HOOKED)
        made, error = execute_template(op, node_name, _reference(hook), False, base, arguments, options)
        if error is not None:
            return False, error
        op.add_child(op.nodes.nodes.get(node.id), op.nodes.id_of(node_name))
        started.append(made)
    return all(made is not None and made.is_fulfilled for made in started), None


def run_exit_hook(
    op: Operation,
    hook: Hook | None,
    node: Node,
    boundary_id: str,
    base: TemplateBase,
    name: str,
    scope: Scope,
) -> tuple[bool, Node | None, NodeError | None]:
    """Run the exit handler of a completed node: whether it has one, its node, an error (runOnExitNode)."""
    if hook is None or not op.should_execute(True):
        return False, None, None
    if hook.get("expression"):
        try:
            holds = expr.evaluate_bool(
                str(hook["expression"]), scope.parameters(op.variables.values), op.ambient
            )
        except ExpressionError as failure:
            return True, None, as_node_error(failure)
        if not holds:
            return False, None, None
    arguments = hook.get("arguments") or {}
    if arguments.get("parameters") or arguments.get("artifacts"):
        try:
            arguments = _resolved_arguments(op, arguments, scope, name, _outputs_of(op, node))
        except (NodeError, ExpressionError) as failure:
            return True, None, as_node_error(failure)
    node_name = naming.on_exit_name(node.name)
    options = Options(boundary_id=boundary_id, on_exit=True, node_flag=_HOOKED)
    made, error = execute_template(op, node_name, _reference(hook), False, base, arguments, options)
    op.add_child(op.nodes.nodes.get(node.id), op.nodes.id_of(node_name))
    return True, made, error


def run_workflow_hooks(op: Operation, base: TemplateBase) -> tuple[bool, NodeError | None]:
    """Start the hooks of the workflow whose expression holds (executeWfLifeCycleHook)."""
    started: list[Node | None] = []
    root_name = op.run.name
    for hook_name, hook in (op.spec.get("hooks") or {}).items():
        if hook_name == "exit":
            continue
        node_name = naming.hook_name(root_name, hook_name)
        execute, error = _holds(op, hook, node_name, op.variables.values)
        if error is not None:
            return True, error
        if not execute and op.nodes.named(node_name) is None:
            continue
        options = Options(node_flag=_HOOKED)
        made, error = execute_template(
            op, node_name, _reference(hook), False, base, hook.get("arguments"), options
        )
        if error is not None:
            return True, error
        op.add_child(op.nodes.named(root_name), op.nodes.id_of(node_name))
        started.append(made)
    return all(made is not None and made.is_fulfilled for made in started), None


def as_node_error(failure: NodeError | ExpressionError) -> NodeError:
    """The failure as an error of a node."""
    return failure if isinstance(failure, NodeError) else NodeError(failure.message)


def _holds(
    op: Operation, hook: Hook, node_name: str, scope: Mapping[str, Json]
) -> tuple[bool, NodeError | None]:
    if not hook.get("expression"):
        return False, NodeError(f"Expression required for hook {node_name}")
    try:
        return expr.evaluate_bool(str(hook["expression"]), scope, op.ambient), None
    except ExpressionError as failure:
        return False, as_node_error(failure)


def _reference(hook: Hook) -> dict[str, Json]:
    return {"template": hook.get("template", ""), "templateRef": hook.get("templateRef")}


def _resolved_arguments(
    op: Operation, arguments: Mapping[str, Json] | None, scope: Scope, name: str, outputs: Outputs | None
) -> dict[str, Json]:
    """Arguments with the outputs of the node that the hook belongs to (resolveExitTmplArgument)."""
    scope.set_exit_outputs(name, outputs)
    marked = scope.with_absent_arguments(arguments)
    filled: dict[str, Json] = tags.replace_tree(
        marked,
        scope.parameters(op.variables.values),
        allow_unresolved=True,
        strict_prefixes=(),
        ambient=op.ambient,
    )
    if not filled.get("artifacts"):
        return filled
    artifacts = []
    for artifact in filled["artifacts"]:
        if not artifact.get("from") and not artifact.get("fromExpression"):
            artifacts.append(artifact)
            continue
        try:
            found = scope.artifact(artifact)
        except (NodeError, ExpressionError) as failure:
            if artifact.get("optional"):
                artifacts.append(artifact)
                continue
            raise NodeError(f"unable to resolve references: {failure.message}") from failure
        artifacts.append({**(found or {}), "name": artifact.get("name")})
    return {**filled, "artifacts": artifacts}
