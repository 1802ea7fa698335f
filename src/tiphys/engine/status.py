"""A run as Argo's own Workflow object: what `kubectl get workflow -o json` would show."""

from __future__ import annotations

from typing import Final

from tiphys.engine.run import Node, Run
from tiphys.engine.times import rfc3339
from tiphys.messages.outputs import Json

API_VERSION: Final = "argoproj.io/v1alpha1"
_PREFIX: Final = "workflows.argoproj.io/"


def workflow_object(run: Run) -> dict[str, Json]:
    """The Workflow with its status, in Argo's JSON form."""
    by_reference = bool((run.manifest.get("spec") or {}).get("workflowTemplateRef"))
    spec = run.manifest.get("spec") or {} if by_reference or not run.stored_spec else run.stored_spec
    return {
        "metadata": _metadata(run),
        "spec": spec,
        "status": _status(run, by_reference),
        "kind": "Workflow",
        "apiVersion": API_VERSION,
    }


def node_object(node: Node) -> dict[str, Json]:
    """A node in the JSON form of Argo's NodeStatus."""
    fields = {
        "id": node.id,
        "name": node.name,
        "displayName": node.display_name,
        "type": node.type.value,
        "templateName": node.template_name,
        "templateRef": node.template_ref,
        "templateScope": node.template_scope,
        "phase": node.phase.value,
        "boundaryID": node.boundary_id,
        "message": node.message,
        "startedAt": _time(node.started_at),
        "finishedAt": _time(node.finished_at),
        "progress": node.progress,
        "resourcesDuration": node.resources_duration,
        "podIP": node.pod_ip,
        "daemoned": True if node.daemoned else None,
        "nodeFlag": node.node_flag,
        "inputs": node.inputs,
        "outputs": None if node.outputs is None else node.outputs.to_json(),
        "children": node.children,
        "outboundNodes": node.outbound_nodes,
        "hostNodeName": node.host_node_name,
        "memoizationStatus": node.memoization_status,
        "synchronizationStatus": node.synchronization_status,
    }
    return _written(fields, {"id", "name", "displayName", "type", "startedAt", "finishedAt"})


def _metadata(run: Run) -> dict[str, Json]:
    given = run.manifest.get("metadata") or {}
    labels = dict(run.labels)
    if run.phase.value:
        labels[f"{_PREFIX}phase"] = run.phase.value
        labels[f"{_PREFIX}completed"] = "true" if run.phase.is_completed else "false"
    own = {
        "name": run.name,
        "generateName": given.get("generateName"),
        "namespace": run.namespace,
        "uid": run.uid,
        "creationTimestamp": rfc3339(run.created_at),
        "labels": labels,
        "annotations": dict(run.annotations),
    }
    rest = {name: value for name, value in given.items() if name not in own}
    return {**_written(own, set()), **rest}


def _status(run: Run, by_reference: bool) -> dict[str, Json]:
    fields = {
        "phase": run.phase.value,
        "startedAt": _time(run.started_at),
        "finishedAt": _time(run.finished_at),
        "progress": run.progress,
        "message": run.message,
        "nodes": {node_id: node_object(node) for node_id, node in run.nodes.items()},
        "storedTemplates": run.stored_templates,
        "persistentVolumeClaims": run.persistent_volume_claims,
        "outputs": None if run.outputs is None else run.outputs.to_json(),
        "conditions": run.conditions,
        "storedWorkflowTemplateSpec": run.stored_spec if by_reference else None,
        "synchronization": run.synchronization,
    }
    return _written(fields, {"startedAt", "finishedAt"})


def _written(fields: dict[str, Json], always: set[str]) -> dict[str, Json]:
    return {
        name: value for name, value in fields.items() if name in always or value not in (None, "", [], {})
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else rfc3339(seconds)
