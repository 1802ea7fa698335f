"""From the state of a pod to the phase and message of its node.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (assessNodeStatus,
inferFailedReason)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from tiphys.engine.operation import Operation
from tiphys.engine.run import Node
from tiphys.engine.templates import Template
from tiphys.errors import NodeError
from tiphys.messages.outputs import ContainerStatus, Json, Outputs, PodStatus
from tiphys.messages.phases import NodePhase, NodeType

_KILLED: Final = (137, 143)
_EXECUTOR_ERROR: Final = 64


def node_template(op: Operation, node: Node) -> Template | None:
    """The template of a node as it is written; None for an inline one (GetNodeTemplate)."""
    if node.template_ref is not None:
        base = op.templates.base(node.template_scope)
        return op.templates.resolve(base, {"templateRef": node.template_ref}).template
    if not node.template_name:
        return None
    found = op.templates.base().templates.get(node.template_name)
    if found is not None:
        return found
    for stored in op.run.stored_templates.values():
        if stored.get("name") == node.template_name:
            return stored
    return None


def daemon_of(template: Mapping[str, Json] | None) -> bool:
    """Whether the template is a daemon's."""
    return bool(template and template.get("daemon"))


def main_containers(template: Mapping[str, Json] | None) -> tuple[str, ...]:
    """The containers whose end decides."""
    containers = ((template or {}).get("containerSet") or {}).get("containers")
    return tuple(str(each.get("name", "")) for each in containers) if containers else ("main",)


def assess(op: Operation, node: Node, status: PodStatus) -> bool:
    """Bring a node up to date with its pod; false if nothing changed."""
    try:
        template = node_template(op, node)
    except NodeError as error:
        op.mark_error(node, error)
        return True
    _take_report(op, node, status)
    was_synced = node.synced
    if not daemon_of(template):
        op.nodes.set_synced(node, status.phase != "Running")
    before = (node.phase, node.message)
    daemon = daemon_of(template)
    phase, message, daemoned = node.phase, node.message, node.daemoned
    match status.phase:
        case "Pending":
            phase, message, daemoned = NodePhase.PENDING, _pending_reason(status), False
        case "Succeeded":
            phase, daemoned = (NodePhase.FAILED if daemon else NodePhase.SUCCEEDED), False
        case "Failed":
            phase, message = failed_reason(op, node, template, status)
            daemoned = False
        case "Running":
            if node.phase.is_fulfilled:
                pass  # given up already: its pod is on its way out
            elif not daemon:
                phase = NodePhase.RUNNING
            else:
                phase, daemoned = NodePhase.RUNNING, True
        case _:
            phase = NodePhase.ERROR
            message = f"Unexpected pod phase for {op.pod_name(node)}: {status.phase}"
    _assess_containers(op, node, status)
    _take_exit_code(op, node, status)
    if phase is NodePhase.SUCCEEDED and _outputs_missing(template, node.outputs):
        phase = node.phase
    changed = _apply(op, node, status, before, (phase, message, daemoned))
    return changed or node.synced is not was_synced


def _apply(
    op: Operation,
    node: Node,
    status: PodStatus,
    before: tuple[NodePhase, str],
    after: tuple[NodePhase, str, bool],
) -> bool:
    phase, message, daemoned = after
    began = before[0] is NodePhase.PENDING and phase in (NodePhase.RUNNING, NodePhase.SUCCEEDED)
    if began and message == before[1]:
        message = ""
    if daemoned and not phase.is_fulfilled and node.pod_ip != status.pod_ip:
        node.pod_ip = status.pod_ip
        op.nodes.touch(node)
    if status.host and node.host_node_name != status.host:
        node.host_node_name = status.host
        op.nodes.touch(node)
    changed = (phase, message) != before or daemoned is not node.daemoned
    op.nodes.set_daemoned(node, daemoned)
    op.mark_phase(node, phase, message)
    return changed


def _take_report(op: Operation, node: Node, status: PodStatus) -> None:
    # taskResultReconciliation: what the executor reported, before the pod itself is looked at
    if status.outputs is not None:
        reported = status.outputs
        known = node.outputs.exit_code if node.outputs is not None else None
        if reported.exit_code is None and known is not None:
            reported = msgspec.structs.replace(reported, exit_code=known)
        node.outputs = reported
        op.nodes.touch(node)
    op.nodes.set_progress(node, status.progress)


def _take_exit_code(op: Operation, node: Node, status: PodStatus) -> None:
    code = next((each.exit_code for each in status.containers if each.name == "main"), None)
    if code is None:
        return
    if node.outputs is None:
        node.outputs = Outputs(exit_code=str(code))
    elif node.outputs.exit_code != str(code):
        node.outputs = msgspec.structs.replace(node.outputs, exit_code=str(code))
    op.nodes.touch(node)


def _outputs_missing(template: Mapping[str, Json] | None, outputs: Outputs | None) -> bool:
    declared = (template or {}).get("outputs") or {}
    if outputs is None:
        return False
    if declared.get("parameters") and not outputs.parameters:
        return True
    required = any(not each.get("optional") for each in declared.get("artifacts") or ())
    return (required and not outputs.artifacts) or (
        declared.get("result") is not None and outputs.result is None
    )


def _pending_reason(status: PodStatus) -> str:
    if status.reason and status.message:
        return f"{status.reason}: {status.message}"
    return status.reason


def failed_reason(
    op: Operation, node: Node, template: Mapping[str, Json] | None, status: PodStatus
) -> tuple[NodePhase, str]:
    """Phase and message of a node whose pod failed (inferFailedReason)."""
    if status.message:
        return NodePhase.FAILED, status.message
    mains = main_containers(template)
    containers = [
        *status.init_containers,
        *sorted(status.containers, key=lambda each: _preference(each.name, mains)),
    ]
    if not containers:
        namespace = op.run.namespace
        return NodePhase.FAILED, f"can't find failed message for pod {op.pod_name(node)} namespace {namespace}"
    main_succeeded = wait_succeeded = False
    for container in containers:
        if container.exit_code is None:
            continue
        if container.exit_code == 0:
            main_succeeded = main_succeeded or container.name in mains
            wait_succeeded = wait_succeeded or container.name == "wait"
            continue
        message = _ended(container)
        if container.name in ("init", "wait"):
            return NodePhase.ERROR, message
        if container.name in mains or container.exit_code not in _KILLED:
            return NodePhase.FAILED, message
    if main_succeeded and wait_succeeded:
        return NodePhase.SUCCEEDED, ""
    if main_succeeded:
        return NodePhase.FAILED, "pod failed: wait container did not complete successfully"
    if wait_succeeded:
        return NodePhase.FAILED, "pod failed: main container did not complete successfully"
    return NodePhase.FAILED, "pod failed: neither main nor wait container completed successfully"


def _preference(name: str, mains: tuple[str, ...]) -> int:
    if name in mains:
        return 1
    return 2 if name == "wait" else 3


def _ended(container: ContainerStatus) -> str:
    text = f"{container.name}: {container.reason} (exit code {container.exit_code})"
    return f"{text}: {container.message}" if container.message else text


def _assess_containers(op: Operation, node: Node, status: PodStatus) -> None:
    """The nodes of a containerSet's containers."""
    if not any(
        child is not None and child.type is NodeType.CONTAINER
        for child in (op.nodes.nodes.get(each) for each in node.children)
    ):
        return
    for container in status.containers:
        child = op.nodes.named(f"{node.name}.{container.name}")
        if child is None:
            continue
        code = container.exit_code
        if code is None:
            if status.phase == "Failed":
                op.mark_phase(child, NodePhase.FAILED, "Pod Failed whilst container running")
            elif status.phase == "Running":
                op.mark_phase(child, NodePhase.RUNNING)
        elif code == 0:
            op.mark_phase(child, NodePhase.SUCCEEDED)
        else:
            phase = NodePhase.ERROR if code == _EXECUTOR_ERROR else NodePhase.FAILED
            text = f"{container.name}: {container.reason} (exit code {code}): {container.message}"
            op.mark_phase(child, phase, text)
