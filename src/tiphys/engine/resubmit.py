"""A finished run once more: retried under its own name, or resubmitted as a new run.

Both return a new `Run`; the old one is not changed. Which nodes a retry keeps, resets and deletes is
decided in `engine.retry_plan`.
https://github.com/argoproj/argo-workflows/blob/main/workflow/util/util.go
(FormulateRetryWorkflow, FormulateResubmitWorkflow)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from tiphys.engine import naming
from tiphys.engine.retry_plan import RetryPlan, plan_argo_retry, plan_failed
from tiphys.engine.run import Node, Run
from tiphys.errors import BadInput
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType, WorkflowPhase

PREVIOUS_RUN_LABEL: Final = "workflows.argoproj.io/resubmitted-from-workflow"
_PREFIX: Final = "workflows.argoproj.io/"
_NOT_RETRIED: Final = frozenset({f"{_PREFIX}completed", f"{_PREFIX}workflow-archiving-status"})
_NOT_RESUBMITTED: Final = _NOT_RETRIED | {
    f"{_PREFIX}phase",
    f"{_PREFIX}creator",
    f"{_PREFIX}creator-email",
    f"{_PREFIX}creator-preferred-username",
}
_NOT_COMPLETED: Final[dict[str, Json]] = {"status": "False", "type": "Completed"}


@dataclass(frozen=True, slots=True)
class Retried:
    """The run to go on with, and the nodes of the old one whose pods are to be deleted."""

    run: Run
    deleted: list[Node]


def retry(
    run: Run,
    now: float,
    *,
    restart_successful: bool = False,
    selector: str = "",
    parameters: Mapping[str, str] | None = None,
    failed: bool = False,
) -> Retried:
    """`argo retry`; with `failed` every failed or omitted node and what depends on it, in whatever phase.

    Raises `BadInput` with Argo's text when the run cannot be retried.
    """
    if failed:
        _check_completed(run)
        plan = plan_failed(run, parameters_given=bool(parameters))
    else:
        _check_retryable(run, restart_successful, selector)
        chosen = selector if restart_successful else ""
        plan = plan_argo_retry(run, chosen, parameters_given=bool(parameters))
    nodes = _kept_nodes(run, plan, now)
    deleted = [node for node in run.nodes.values() if node.id not in nodes and node.type is NodeType.POD]
    return Retried(_reopened(run, nodes, parameters or {}, now), deleted)


def resubmit(
    run: Run,
    *,
    name: str,
    uid: str,
    now: float,
    memoized: bool = False,
    parameters: Mapping[str, str] | None = None,
) -> Run:
    """`argo resubmit`: the same workflow as a new run; `memoized` keeps what succeeded.

    Raises `BadInput` with Argo's text when the run cannot be resubmitted.
    """
    if memoized and run.phase not in (WorkflowPhase.FAILED, WorkflowPhase.ERROR):
        raise BadInput("workflow must be Failed/Error to resubmit in memoized mode")
    spec = dict(run.manifest.get("spec") or {})
    if not spec.get("workflowTemplateRef") and run.stored_spec:
        spec = dict(run.stored_spec)  # Argo fills variables into the spec itself, and carries that over
    spec.pop("shutdown", None)
    if spec.get("activeDeadlineSeconds") == 0:
        del spec["activeDeadlineSeconds"]
    labels = {key: value for key, value in run.labels.items() if key not in _NOT_RESUBMITTED}
    labels[PREVIOUS_RUN_LABEL] = run.name
    metadata = {**(run.manifest.get("metadata") or {}), "name": name, "labels": labels}
    metadata.pop("generateName", None)
    metadata.pop("uid", None)
    manifest = {**run.manifest, "metadata": metadata, "spec": _with_parameters(spec, parameters or {})}
    manifest.pop("status", None)
    new = Run(
        name=name,
        namespace=run.namespace,
        uid=uid,
        created_at=now,
        manifest=manifest,
        labels=labels,
        annotations=dict(run.annotations),
    )
    if memoized:
        new.nodes = _memoized_nodes(run, name, now)
        new.stored_templates = dict(run.stored_templates)
        new.conditions = [dict(_NOT_COMPLETED)]
    return new


def _check_retryable(run: Run, restart_successful: bool, selector: str) -> None:
    if run.phase is WorkflowPhase.SUCCEEDED and not (restart_successful and selector):
        raise BadInput(
            "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector"
        )
    _check_completed(run)


def _check_completed(run: Run) -> None:
    if not run.phase.is_completed:
        raise BadInput(f"Cannot retry a workflow in phase {run.phase.value}")


def _reopened(run: Run, nodes: dict[str, Node], parameters: Mapping[str, str], now: float) -> Run:
    new: Run = msgspec.structs.replace(
        run,
        nodes=nodes,
        phase=WorkflowPhase.UNKNOWN,
        message="",
        started_at=now,
        finished_at=None,
        persistent_volume_claims=[],
        labels={key: value for key, value in run.labels.items() if key not in _NOT_RETRIED},
        annotations=dict(run.annotations),
        conditions=[dict(each) for each in run.conditions if each.get("type") != "Completed"],
        stored_templates=dict(run.stored_templates),
        retries=run.retries + 1,
    )
    new.conditions.append(dict(_NOT_COMPLETED))
    spec = {name: value for name, value in run.stored_spec.items() if name != "shutdown"}
    if spec.get("activeDeadlineSeconds") == 0:
        del spec["activeDeadlineSeconds"]
    own = {name: value for name, value in (run.manifest.get("spec") or {}).items() if name != "shutdown"}
    new.manifest = {**run.manifest, "spec": _with_parameters(own, parameters)}
    arguments = (new.manifest["spec"].get("arguments") or {}).get("parameters")
    if parameters:
        spec["arguments"] = {**(spec.get("arguments") or {}), "parameters": arguments}
    new.stored_spec = spec
    return new


def _with_parameters(spec: dict[str, Json], parameters: Mapping[str, str]) -> dict[str, Json]:
    if not parameters:
        return spec
    arguments = dict(spec.get("arguments") or {})
    given: list[dict[str, Json]] = [{"name": name, "value": value} for name, value in parameters.items()]
    others = [each for each in arguments.get("parameters") or () if each.get("name") not in parameters]
    return {**spec, "arguments": {**arguments, "parameters": given + others}}


def _kept_nodes(run: Run, plan: RetryPlan, now: float) -> dict[str, Node]:
    on_exit = naming.on_exit_name(run.name)
    nodes: dict[str, Node] = {}
    for node_id, node in run.nodes.items():
        is_reset = node_id in plan.reset and node_id not in plan.deleted
        if not is_reset and (node_id in plan.deleted or node.name.startswith(on_exit)):
            continue
        kept: Node = msgspec.structs.replace(
            node,
            children=[each for each in node.children if each not in plan.deleted],
            outbound_nodes=[each for each in node.outbound_nodes if each not in plan.deleted],
        )
        nodes[node_id] = _reset(kept, now) if is_reset else kept
    return nodes


def _reset(node: Node, now: float) -> Node:
    if node.type is NodeType.SUSPEND and node.outputs is not None:
        # what was supplied before is asked for again
        waiting: list[dict[str, Json]] = [
            {"name": each.get("name"), "valueFrom": {"supplied": {}}} for each in node.outputs.parameters
        ]
        node.outputs = msgspec.structs.replace(node.outputs, parameters=waiting)
    if node.phase is not NodePhase.SKIPPED:
        node.phase = NodePhase.RUNNING
    node.message = ""
    node.started_at = now
    node.finished_at = None
    return node


def _memoized_nodes(run: Run, name: str, now: float) -> dict[str, Node]:
    def renamed(node_name: str) -> str:
        return name + node_name.removeprefix(run.name) if node_name.startswith(run.name) else node_name

    ids = {node.id: naming.node_id(name, renamed(node.name)) for node in run.nodes.values()}
    unknown = naming.node_id(name, "")
    on_exit = naming.on_exit_name(run.name)
    nodes: dict[str, Node] = {}
    for node in run.nodes.values():
        if node.name.startswith(on_exit):
            continue
        if node.type is NodeType.SKIPPED and not _has_succeeded_descendant(run, node):
            continue
        is_failed_pod = node.phase.is_failure and node.type is NodeType.POD
        copy: Node = msgspec.structs.replace(
            node,
            id=ids[node.id],
            name=renamed(node.name),
            boundary_id=ids.get(node.boundary_id, unknown) if node.boundary_id else "",
            children=[ids.get(each, unknown) for each in node.children],
            outbound_nodes=[ids.get(each, unknown) for each in node.outbound_nodes],
            started_at=None if is_failed_pod else now,
            finished_at=None if is_failed_pod else now,
            phase=NodePhase.PENDING,
            message="",
            pod_exists=False,
        )
        if node.type is NodeType.POD and not node.phase.is_failure:
            copy.phase, copy.type = NodePhase.SKIPPED, NodeType.SKIPPED
            copy.message = f"original pod: {node.id}"
        nodes[copy.id] = copy
    return nodes


def _has_succeeded_descendant(run: Run, node: Node) -> bool:
    seen: set[str] = set()
    to_visit = list(node.children)
    while to_visit:
        child = run.nodes.get(to_visit.pop())
        if child is None or child.id in seen:
            continue
        if child.phase is NodePhase.SUCCEEDED:
            return True
        seen.add(child.id)
        to_visit.extend(child.children)
    return False
