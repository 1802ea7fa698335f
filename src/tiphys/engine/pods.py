"""From a template with everything filled in to the pod that runs it.

The pod is what Kubernetes would get from Argo, less the containers `init` and `wait`, the volumes that
only these use, and variables named `ARGO_*`. Mounts of `argo-staging` (the script) and
`input-artifacts` stay, for they say where a container looks for its files.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/workflowpod.go
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tiphys.engine import naming, pod_spec_patch, pod_volumes, retry_affinity
from tiphys.engine.artifact_repository import archive_location, check_plugins, repository_of
from tiphys.engine.environment import Environment
from tiphys.engine.run import Node, Run
from tiphys.engine.substitution import fill, plan_of
from tiphys.engine.templates import Template, template_type
from tiphys.errors import NodeError
from tiphys.expressions.ambient import NOTHING, Ambient
from tiphys.expressions.duration import parse_argo
from tiphys.manifest import yaml
from tiphys.manifest.encoding import to_text
from tiphys.messages.decisions import StartPod
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase

MAIN: Final = "main"
SCRIPT_PATH: Final = "/argo/staging/script"
_SECOND: Final = 1_000_000_000
_PAUSES: Final = frozenset({"ARGO_DEBUG_PAUSE_BEFORE", "ARGO_DEBUG_PAUSE_AFTER"})
_TEMPLATE_OVER_BOUNDARY: Final = ("nodeSelector", "affinity", "tolerations")

_HARDENED: Final[dict[str, Json]] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 8737,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@dataclass(frozen=True, slots=True)
class PodRequest:
    """What is needed to make the pod of a node.

    `variables` are those of the workflow, `volumes` are `spec.volumes` with variables filled in,
    `boundary` is the template (as written) of the DAG or Steps node around. `retry` is the Retry node
    around and its strategy, if any. `workflow_deadline` is when the run must have ended.
    """

    run: Run
    environment: Environment
    node: Node | None
    node_name: str
    template: Template
    variables: Mapping[str, Any]
    now: float
    volumes: list[dict[str, Json]]
    boundary: Mapping[str, Json] | None = None
    retry: tuple[Node, Mapping[str, Json]] | None = None
    workflow_deadline: float | None = None
    execution_deadline: float | None = None
    on_exit: bool = False
    include_result: bool = False
    ambient: Ambient = NOTHING

    @property
    def spec(self) -> dict[str, Json]:
        """The spec in force."""
        return self.run.stored_spec


def build_pod(request: PodRequest) -> StartPod | None:
    """The pod of a node; None when the workflow's deadline leaves no time for it.

    Raises `NodeError` with Argo's text when the pod cannot be made.
    """
    template = with_owner(request.template, request.run)
    main = _main_containers(request)
    deadline_seconds = _active_deadline(request)
    if deadline_seconds is not None and deadline_seconds <= 0:
        return None
    if any(env.get("name") in _PAUSES for container in main for env in container.get("env") or ()):
        deadline_seconds = None
    pod_name = naming.pod_name(request.run.name, request.node_name, str(template.get("name") or ""))
    repository = repository_of(request.environment, request.run.namespace, request.spec)
    if (location := archive_location(template, request.spec, repository)) is not None:
        template = {**template, "archiveLocation": location}
    spec = _pod_spec(request, deadline_seconds)
    pod_volumes.attach(template, main, spec, request.volumes, request.run.persistent_volume_claims)
    init = [pod_volumes.mirrored(each, main) for each in template.get("initContainers") or ()]
    sidecars = [pod_volumes.mirrored(each, main) for each in template.get("sidecars") or ()]
    check_plugins(template, repository, request.environment.artifact_plugins)
    labels, annotations = _metadata(request)
    executor_template = _executor_template(pod_volumes.with_sorted_mounts(template))
    scope = _scope(request, pod_name)
    pod = [main, init, sidecars, spec, labels, annotations, executor_template]
    main, init, sidecars, spec, labels, annotations, executor_template = fill(
        pod, plan_of(pod), scope, ambient=request.ambient
    )
    _check_location(executor_template)
    spec = {"containers": main + sidecars, "initContainers": init, **spec}
    spec = _patched(request, spec, scope)
    if request.retry is not None:
        affinity = retry_affinity.off_failed_hosts(request.run, *request.retry, spec.get("affinity"))
        _first(spec, "affinity", affinity)
    _apply_timeout(request, spec)
    containers = [_plain(each) for each in spec.pop("containers")]
    init = [_plain(each) for each in spec.pop("initContainers", ())]
    pod_volumes.mount_executor_files(containers, template, request.environment.executor_image)
    names = tuple(each["name"] for each in main)
    return StartPod(
        node_id=naming.node_id(request.run.name, request.node_name),
        node_name=request.node_name,
        pod_name=pod_name,
        template=executor_template,
        containers=containers,
        init_containers=init,
        spec={name: value for name, value in spec.items() if value not in (None, [], {}, "")},
        labels=labels,
        annotations=annotations,
        main=names,
        include_result=request.include_result,
        deadline=_deadline(request),
        daemon=bool(template.get("daemon")),
    )


# --- containers


def _main_containers(request: PodRequest) -> list[dict[str, Json]]:
    make = _MAIN_CONTAINERS[template_type(request.template)]
    return [{**each, "name": each.get("name") or MAIN} for each in make(request)]


def _of_container(request: PodRequest) -> list[dict[str, Json]]:
    return [{**request.template["container"], "name": MAIN}]


def _of_script(request: PodRequest) -> list[dict[str, Json]]:
    script = {name: value for name, value in request.template["script"].items() if name != "source"}
    if request.template["script"].get("source"):
        script["args"] = [*(script.get("args") or ()), SCRIPT_PATH]
    return [{**script, "name": MAIN}]


def _of_container_set(request: PodRequest) -> list[dict[str, Json]]:
    container_set = request.template["containerSet"]
    shared = container_set.get("volumeMounts") or []
    containers = []
    for each in container_set.get("containers") or ():
        container = {name: value for name, value in each.items() if name != "dependencies"}
        if shared:
            container["volumeMounts"] = [*(container.get("volumeMounts") or ()), *shared]
        containers.append(container)
    return containers


def _of_resource(request: PodRequest) -> list[dict[str, Json]]:
    action = str(request.template["resource"].get("action") or "")
    container = _executor_container(request, ["resource", action])
    container["securityContext"] = _HARDENED
    return [container]


def _of_data(request: PodRequest) -> list[dict[str, Json]]:
    return [_executor_container(request, ["data", to_text(request.template["data"])])]


def _executor_container(request: PodRequest, arguments: list[str]) -> dict[str, Json]:
    environment = request.environment
    container: dict[str, Json] = {
        "name": MAIN,
        "image": environment.executor_image,
        "command": ["argoexec", *arguments, *environment.executor_options],
    }
    if _executor_account(request):
        container["volumeMounts"] = [pod_volumes.TOKEN_MOUNT]
    return container


_MAIN_CONTAINERS: Final[Mapping[str, Callable[[PodRequest], list[dict[str, Json]]]]] = {
    "container": _of_container,
    "script": _of_script,
    "containerSet": _of_container_set,
    "resource": _of_resource,
    "data": _of_data,
}


def with_owner(template: Template, run: Run) -> Template:
    """A resource template whose manifest names the workflow as its owner, if it asks for that."""
    resource = template.get("resource") or {}
    if not resource.get("setOwnerReference"):
        return template
    manifest = yaml.load_documents(str(resource.get("manifest") or ""))[0].data
    owner = {
        "apiVersion": "argoproj.io/v1alpha1",
        "blockOwnerDeletion": True,
        "controller": True,
        "kind": "Workflow",
        "name": run.name,
        "uid": run.uid,
    }
    metadata = dict(manifest.get("metadata") or {})
    metadata["ownerReferences"] = [*(metadata.get("ownerReferences") or ()), owner]
    text = yaml.dump(_sorted({**manifest, "metadata": metadata}))
    return {**template, "resource": {**resource, "manifest": text}}


def _sorted(data: Json) -> Json:
    """With the keys of all objects in order, as Go writes them."""
    if isinstance(data, dict):
        return {key: _sorted(data[key]) for key in sorted(data)}
    return [_sorted(each) for each in data] if isinstance(data, list) else data


def _plain(container: Mapping[str, Json]) -> dict[str, Json]:
    return {
        name: value
        for name, value in container.items()
        if name != "mirrorVolumeMounts" and value not in (None, {}, [], "")
    }


# --- the rest of the pod spec


def _pod_spec(request: PodRequest, deadline_seconds: int | None) -> dict[str, Json]:
    template, workflow = request.template, request.spec
    boundary = request.boundary or {}
    spec: dict[str, Json] = {"restartPolicy": "Never"}
    if deadline_seconds is not None:
        spec["activeDeadlineSeconds"] = deadline_seconds
    for field in ("imagePullSecrets", "hostNetwork", "dnsPolicy", "dnsConfig"):
        if workflow.get(field):
            spec[field] = workflow[field]
    for field in _TEMPLATE_OVER_BOUNDARY:
        for place in (template, boundary, workflow):
            if place.get(field) or (field == "affinity" and place.get(field) is not None):
                spec[field] = place[field]
                break
    _first(spec, "schedulerName", template.get("schedulerName"), workflow.get("schedulerName"))
    _first(spec, "priorityClassName", template.get("priorityClassName"), workflow.get("podPriorityClassName"))
    _first(spec, "securityContext", template.get("securityContext"), workflow.get("securityContext"))
    _first(spec, "resources", template.get("podResources"), workflow.get("podResources"))
    _first(spec, "resourceClaims", template.get("resourceClaims"), workflow.get("resourceClaims"))
    aliases = [*(workflow.get("hostAliases") or ()), *(template.get("hostAliases") or ())]
    if aliases:
        spec["hostAliases"] = aliases
    _set_account(request, spec)
    return spec


def _first(spec: dict[str, Json], field: str, *values: Json) -> None:
    found = next((value for value in values if value), None)
    if found:
        spec[field] = found


def _set_account(request: PodRequest, spec: dict[str, Json]) -> None:
    template, workflow = request.template, request.spec
    _first(spec, "serviceAccountName", template.get("serviceAccountName"), workflow.get("serviceAccountName"))
    automount = template.get("automountServiceAccountToken")
    if automount is None:
        automount = workflow.get("automountServiceAccountToken")
    if automount is False:
        spec["automountServiceAccountToken"] = False
    account = _executor_account(request)
    if account:
        spec["volumes"] = [pod_volumes.token_volume(account)]
    elif automount is False:
        raise NodeError(
            "executor.serviceAccountName must not be empty if automountServiceAccountToken is false"
        )


def _executor_account(request: PodRequest) -> str:
    for place in (request.template, request.spec):
        account = (place.get("executor") or {}).get("serviceAccountName")
        if account:
            return str(account)
    return ""


def _metadata(request: PodRequest) -> tuple[dict[str, str], dict[str, str]]:
    places = (request.spec.get("podMetadata") or {}, request.template.get("metadata") or {})
    labels = {name: value for place in places for name, value in (place.get("labels") or {}).items()}
    annotations = {
        name: value for place in places for name, value in (place.get("annotations") or {}).items()
    }
    return labels, annotations


def _scope(request: PodRequest, pod_name: str) -> dict[str, Any]:
    scope = dict(request.variables)
    for parameter in (request.template.get("inputs") or {}).get("parameters") or ():
        scope[f"inputs.parameters.{parameter['name']}"] = str(parameter.get("value") or "")
    scope["pod.name"] = pod_name
    return scope


def _patched(request: PodRequest, spec: dict[str, Json], scope: Mapping[str, Any]) -> dict[str, Json]:
    patches = (request.spec.get("podSpecPatch"), request.template.get("podSpecPatch"))
    filled = [fill(each, plan_of(each), scope, ambient=request.ambient) for each in patches if each]
    return pod_spec_patch.apply(spec, filled)


# --- artifacts


def _check_location(template: Mapping[str, Json]) -> None:
    if (location := template.get("archiveLocation")) is None:
        return
    text = to_text(location)
    if "{{" in text:
        tag = text.partition("{{")[2].partition("}}")[0]
        raise NodeError(f"failed to resolve {{{{{tag}}}}}")


def _executor_template(template: Mapping[str, Json]) -> Template:
    """What argoexec gets: of the inputs only the artifacts."""
    inputs = template.get("inputs") or {}
    kept = {"artifacts": inputs["artifacts"]} if inputs.get("artifacts") else {}
    return {**template, "inputs": kept}


# --- times


def _active_deadline(request: PodRequest) -> int | None:
    own = request.template.get("activeDeadlineSeconds")
    seconds = None if own is None else as_int(own)
    if request.workflow_deadline is None or request.on_exit:
        return seconds
    left = int(request.workflow_deadline - request.now)
    if left <= 0:
        return 0
    return left if seconds is None or left < seconds else seconds


def as_int(value: Json) -> int:
    """An IntOrString as a number; raises `NodeError` with Argo's text."""
    text = str(value)
    digits = text[1:] if text[:1] in {"+", "-"} else text
    if not (digits.isascii() and digits.isdigit()):
        raise NodeError(f"value '{text}' cannot be resolved to an int")
    return int(text)


def _apply_timeout(request: PodRequest, spec: dict[str, Json]) -> None:
    timeout, node = request.template.get("timeout"), request.node
    if not timeout or node is None or node.started_at is None:
        return
    deadline = node.started_at + parse_argo(str(timeout)) / _SECOND
    if node.phase is NodePhase.PENDING and request.now > deadline:
        raise NodeError("timeout")
    left = int(deadline - request.now)
    if left <= 1:
        raise NodeError(f"{request.node_name} exceeded its deadline")
    spec["activeDeadlineSeconds"] = left


def _deadline(request: PodRequest) -> float | None:
    times = [request.execution_deadline]
    if not request.on_exit:
        times.append(request.workflow_deadline)
    return min((time for time in times if time is not None), default=None)
