"""May one more node start? `parallelism` of the workflow and of templates, and the template's `failFast`.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (checkParallelism)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tiphys.engine.operation import PARALLELISM_REACHED, Operation
from tiphys.engine.run import Node
from tiphys.engine.templates import Template, template_type
from tiphys.errors import NodeError
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

_FAIL_FAST: Final = "template has failed or errored children and failFast enabled"


def check(
    op: Operation, template: Mapping[str, Json], node: Node | None, boundary_id: str
) -> NodeError | None:
    """`PARALLELISM_REACHED` if the template may not be executed now, another error, or None."""
    if workflow_limit_reached(op):
        return PARALLELISM_REACHED
    if node is not None and template_type(template) in ("dag", "steps"):
        if template.get("failFast") and op.nodes.tally(node.id).unsuccessful > 0:
            _fail_fast(op, template, node)
            return PARALLELISM_REACHED
        limit = template.get("parallelism")
        if limit and int(limit) > 0 and op.nodes.tally(node.id).active_pods >= int(limit):
            return PARALLELISM_REACHED
    if boundary_id and (node is None or node.phase not in (NodePhase.PENDING, NodePhase.RUNNING)):
        return _check_boundary(op, boundary_id)
    return None


def workflow_limit_reached(op: Operation) -> bool:
    """Whether the workflow has as many active pods as it may."""
    limit = op.spec.get("parallelism")
    return limit is not None and op.active_pods >= int(limit)


def boundary_limit_reached(op: Operation, boundary_id: str) -> bool:
    """Whether a new node of this boundary would be refused, without doing anything about it."""
    if workflow_limit_reached(op):
        return True
    template = boundary_template(op, boundary_id)
    if template is None:
        return False
    tally = op.nodes.tally(boundary_id)
    limit = template.get("parallelism")
    return bool(limit and int(limit) > 0 and tally.active_children >= int(limit)) or bool(
        template.get("failFast") and tally.unsuccessful > 0 and tally.active_pods > 0
    )


def boundary_template(op: Operation, boundary_id: str) -> Template | None:
    """The template of a boundary as it is written; None for inline ones (GetTemplateByBoundaryID)."""
    boundary = op.nodes.nodes.get(boundary_id)
    if boundary is None:
        raise NodeError(f"node {boundary_id} not found")
    if not boundary.template_name and boundary.template_ref is None:
        return None
    reference = {"template": boundary.template_name, "templateRef": boundary.template_ref}
    return op.templates.resolve(op.templates.base(boundary.template_scope), reference).template


def _check_boundary(op: Operation, boundary_id: str) -> NodeError | None:
    try:
        template = boundary_template(op, boundary_id)
    except NodeError as error:
        return error
    if template is None:
        return None
    tally = op.nodes.tally(boundary_id)
    if template.get("failFast") and tally.unsuccessful > 0:
        _fail_fast(op, template, op.nodes.nodes[boundary_id])
        return PARALLELISM_REACHED
    limit = template.get("parallelism")
    if limit and int(limit) > 0 and tally.active_children >= int(limit):
        return PARALLELISM_REACHED
    return None


def _fail_fast(op: Operation, template: Mapping[str, Json], node: Node) -> None:
    if op.nodes.tally(node.id).active_pods > 0:
        return
    if template_type(template) == "steps":
        group = _last_step_group(op, node)
        if group is not None:
            op.mark_phase(group, NodePhase.FAILED, _FAIL_FAST)
    op.mark_phase(node, NodePhase.FAILED, _FAIL_FAST)
    op.look_again(node)


def _last_step_group(op: Operation, node: Node) -> Node | None:
    """The step group met last in a walk over all that is below the node (findLeafNodeWithType)."""
    found: Node | None = None
    stack = [node.id]
    while stack:
        current = op.nodes.nodes.get(stack.pop())
        if current is None:
            continue
        if current.type is NodeType.STEP_GROUP:
            found = current
        stack.extend(reversed(current.children))
    return found
