"""The walk over the tree, from the entry node to the workflow's exit handler, and how the run ends.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (operate)
"""

from __future__ import annotations

from collections.abc import Mapping

from tiphys.engine import claims, hooks, naming, workflow_phase
from tiphys.engine.execution import execute_template
from tiphys.engine.failures import failures_text
from tiphys.engine.operation import PARALLELISM_REACHED, Operation, Options
from tiphys.engine.panic import Panic
from tiphys.engine.pod_reports import look_at_tasks
from tiphys.engine.run import Node
from tiphys.engine.transitions import RESULT_OF
from tiphys.errors import NodeError
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, WorkflowPhase


def walk(op: Operation) -> None:
    """Begin or carry on with the entry node, hooks and exit handler; end the run when they are done."""
    base = op.templates.base()
    reference = {"template": op.spec.get("entrypoint") or ""}
    node, error = execute_template(op, op.run.name, reference, False, base, op.spec.get("arguments"), Options())
    if error is not None:
        _end_in_error(op, "error in entry template execution: ", error)
        return
    if node is None:
        raise Panic("invalid memory address or nil pointer dereference")
    status, fulfilled = RESULT_OF[node.phase], node.is_fulfilled
    op.variables.set("workflow.status", str(status.value))
    if hooks.has_any(op.spec):
        op.variables.set("workflow.failures", failures_text(op))
    done, error = hooks.run_workflow_hooks(op, base)
    if error is not None:
        op.mark_error(node, error)
        op.look_again(node)
    if not op.shutdown:
        look_at_tasks(op)
    if not done or not fulfilled:
        return
    hook = hooks.exit_hook(op.spec, op.spec.get("arguments"))
    handler, waits = (None, False) if hook is None else _run_exit_handler(op, hook)
    if not waits:
        _complete(op, node, handler, status)


def _end_in_error(op: Operation, what: str, error: NodeError) -> None:
    if error is not PARALLELISM_REACHED and not op.run.phase.is_completed:
        workflow_phase.mark(op, WorkflowPhase.ERROR, what + error.message)
        op.decisions.extend(claims.delete(op.run))
        entry = op.nodes.named(op.run.name)
        if entry is not None:
            op.look_again(entry)  # a daemon may keep the run from its end


def _run_exit_handler(op: Operation, hook: Mapping[str, Json]) -> tuple[Node | None, bool]:
    """The node of the workflow's exit handler, and whether it is still to be waited for."""
    name = naming.on_exit_name(op.run.name)
    if op.nodes.named(name) is None and not op.should_execute(True):
        return None, False
    reference = {"template": hook.get("template", ""), "templateRef": hook.get("templateRef")}
    options = Options(on_exit=True, node_flag={"hooked": True})
    base = op.templates.base()
    node, error = execute_template(op, name, reference, False, base, hook.get("arguments"), options)
    if error is not None:
        _end_in_error(op, "error in exit template execution : ", error)
        return node, True
    if not op.shutdown or node is not None:
        look_at_tasks(op)
    return node, node is None or not node.is_fulfilled


def _complete(op: Operation, node: Node, handler: Node | None, status: WorkflowPhase) -> None:
    message = node.message
    if node.phase.is_failure and op.shutdown:
        message = f"Stopped with strategy '{op.shutdown}'"
    if status is WorkflowPhase.SUCCEEDED:
        message = ""
        if handler is not None and handler.phase.is_failure:
            status = WorkflowPhase.FAILED if handler.phase is NodePhase.FAILED else WorkflowPhase.ERROR
            message = handler.message
    workflow_phase.mark(op, status, message)
    if op.run.phase.is_completed:
        op.decisions.extend(claims.delete(op.run))
