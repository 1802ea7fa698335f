"""A simulated run in the form of the conformance records.

Times are whole seconds since the beginning of the case, nodes go by their names, and ids inside
`boundary` and `children` are names too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from tiphys.engine.run import Node, Run
from tiphys.messages.decisions import StartPod
from tiphys.messages.outputs import Outputs
from tiphys.simulate.fresh_run import TIME_ZERO


def seconds(time: float | None) -> int | None:
    """Whole seconds since the beginning; None stays None."""
    return None if time is None else math.floor(time - TIME_ZERO)


def run_record(run: Run, now: float, rounds: int) -> dict[str, Any]:
    """The state of a run: what `expected` and each of its snapshots hold."""
    names = {node.id: node.name for node in run.nodes.values()}
    record: dict[str, Any] = {
        "wfName": run.name,
        "phase": str(run.phase),
        "message": run.message,
        "progress": run.progress,
        "startedAt": seconds(run.started_at),
        "finishedAt": seconds(run.finished_at),
        "endTime": seconds(now),
        "rounds": rounds,
        "outputs": outputs_record(run.outputs),
        "labels": _users(run.labels),
        "annotations": _users(run.annotations),
        "conditions": run.conditions,
        "pvcs": _claim_names(run.persistent_volume_claims),
        "nodes": {node.name: node_record(node, names) for node in run.nodes.values()},
    }
    return {key: value for key, value in record.items() if value not in ({}, [])}


def node_record(node: Node, names: Mapping[str, str]) -> dict[str, Any]:
    """One node; fields that are not set are left out where Argo leaves them out."""
    record: dict[str, Any] = {
        "id": node.id,
        "displayName": node.display_name,
        "type": str(node.type),
        "phase": str(node.phase),
        "message": node.message,
        "templateName": node.template_name,
        "templateScope": node.template_scope,
        "progress": node.progress,
        "startedAt": seconds(node.started_at),
        "finishedAt": seconds(node.finished_at),
    }
    optional: dict[str, Any] = {
        "templateRef": node.template_ref,
        "boundary": names.get(node.boundary_id, node.boundary_id),
        "children": [names.get(child, f"?{child}") for child in node.children],
        "outboundNodes": [names.get(child, child) for child in node.outbound_nodes],
        "inputs": node.inputs,
        "outputs": outputs_record(node.outputs),
        "nodeFlag": node.node_flag,
        "memoizationStatus": node.memoization_status,
        "synchronizationStatus": node.synchronization_status,
        "daemoned": node.daemoned,
        "podIP": node.pod_ip,
    }
    return record | {key: value for key, value in optional.items() if value}


def _name(node_id: str, names: Mapping[str, str]) -> str:
    """The name of a node; Argo sometimes speaks of nodes that are not there."""
    return names.get(node_id, f"?{node_id}") if node_id else ""


def outputs_record(outputs: Outputs | None) -> dict[str, Any]:
    """Outputs as Argo writes them; empty members are left out."""
    if outputs is None:
        return {}
    record: dict[str, Any] = {}
    if outputs.parameters:
        record["parameters"] = outputs.parameters
    if outputs.artifacts:
        record["artifacts"] = outputs.artifacts
    if outputs.result is not None:
        record["result"] = outputs.result
    if outputs.exit_code is not None:
        record["exitCode"] = outputs.exit_code
    return record


def pod_record(start: StartPod) -> dict[str, Any]:
    """What a pod was started with, without what Argo adds to every pod."""
    template = {key: value for key, value in start.template.items() if key not in _NOT_RECORDED}
    record: dict[str, Any] = {
        "podName": start.pod_name,
        "containers": [_as_recorded(container) for container in start.containers],
        "initContainers": [{"name": "init"}, *start.init_containers],
        "spec": start.spec,
        "template": template,
        "includeScriptOutput": start.include_result,
    }
    if labels := _users(start.labels):
        record["labels"] = labels
    if annotations := _users(start.annotations):
        record["annotations"] = annotations
    if start.deadline is not None:
        moment = datetime.fromtimestamp(math.floor(start.deadline), tz=UTC)
        record["deadline"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return record


def _as_recorded(container: Mapping[str, Any]) -> dict[str, Any]:
    """The container as the recording controller made it: every image was looked up, by a fake.

    Variables named `ARGO_*` were left out, also those of users.
    """
    recorded = dict(container)
    if not container.get("command"):
        recorded |= {"command": ["image-entrypoint"], "args": container.get("args") or ["image-cmd"]}
    if "env" in container:
        recorded["env"] = [each for each in container["env"] if not each["name"].startswith("ARGO_")]
    return recorded


_NOT_RECORDED: Final = frozenset({"container", "archiveLocation"})


def _users(entries: Mapping[str, str]) -> dict[str, str]:
    """The labels or annotations that Argo did not set itself."""
    return {key: value for key, value in entries.items() if not key.startswith("workflows.argoproj.io/")}


def _claim_names(claims: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of the claims a run made."""
    return [str((claim.get("persistentVolumeClaim") or {}).get("claimName") or claim.get("name")) for claim in claims]
