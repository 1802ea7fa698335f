"""A run out of Argo's Workflow object with its status: the way back of `engine.status`.

A workflow that was under way elsewhere goes on here, and one that is over can be shown.
"""

from __future__ import annotations

from collections.abc import Mapping

from tiphys.engine.node_table import EXECUTABLE
from tiphys.engine.run import Node, Run
from tiphys.engine.times import parse_rfc3339
from tiphys.messages.outputs import Json, Outputs
from tiphys.messages.phases import NodePhase, NodeType, WorkflowPhase


def read_status(run: Run, status: Mapping[str, Json]) -> None:
    """Put what `status` of a Workflow says into a run that has just been made of it."""
    run.nodes = {str(node_id): read_node(node) for node_id, node in (status.get("nodes") or {}).items()}
    run.phase = WorkflowPhase(status.get("phase") or "")
    run.message = status.get("message") or ""
    run.progress = status.get("progress") or ""
    run.started_at = _seconds(status.get("startedAt"))
    run.finished_at = _seconds(status.get("finishedAt"))
    run.outputs = Outputs.from_json(status["outputs"]) if status.get("outputs") else None
    run.conditions = [dict(each) for each in status.get("conditions") or []]
    run.persistent_volume_claims = list(status.get("persistentVolumeClaims") or [])
    run.synchronization = status.get("synchronization")
    run.stored_templates = dict(status.get("storedTemplates") or {})
    own = {} if run.phase is WorkflowPhase.UNKNOWN else run.manifest.get("spec") or {}
    run.stored_spec = dict(status.get("storedWorkflowTemplateSpec") or own)


def read_node(data: Mapping[str, Json]) -> Node:
    """The node of which `data` is Argo's NodeStatus.

    A node without a phase, as old versions wrote it, has only just been begun.
    """
    node = Node(
        id=str(data["id"]),
        name=str(data["name"]),
        display_name=data.get("displayName") or "",
        type=NodeType(data["type"]),
        phase=NodePhase(data.get("phase") or NodePhase.RUNNING),
        template_name=data.get("templateName") or "",
        template_ref=data.get("templateRef"),
        template_scope=data.get("templateScope") or "",
        message=data.get("message") or "",
        boundary_id=data.get("boundaryID") or "",
        started_at=_seconds(data.get("startedAt")),
        finished_at=_seconds(data.get("finishedAt")),
        progress=data.get("progress") or "",
        inputs=data.get("inputs"),
        outputs=Outputs.from_json(data["outputs"]) if data.get("outputs") else None,
        children=list(data.get("children") or []),
        outbound_nodes=list(data.get("outboundNodes") or []),
        node_flag=data.get("nodeFlag"),
        memoization_status=data.get("memoizationStatus"),
        synchronization_status=data.get("synchronizationStatus"),
        daemoned=bool(data.get("daemoned")),
        pod_ip=data.get("podIP") or "",
        host_node_name=data.get("hostNodeName") or "",
        resources_duration=data.get("resourcesDuration"),
    )
    if node.type in EXECUTABLE and not node.progress:
        node.progress = "1/1" if node.phase is NodePhase.SUCCEEDED else "0/1"
    return node


def _seconds(text: str | None) -> float | None:
    return None if text is None else parse_rfc3339(text)
