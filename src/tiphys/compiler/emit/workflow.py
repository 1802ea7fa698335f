"""The Workflow around the templates: its name, arguments, settings of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.compiler import artifact_root, names
from tiphys.compiler.literals import choices
from tiphys.compiler.lower import WORKSPACE_VOLUME, Lowering
from tiphys.compiler.recursion import settled
from tiphys.compiler.transport import among, encode, typed, whole_numbers
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import ParameterInput
from tiphys.ir.platform_kubernetes import PipelineConfig
from tiphys.manifest.strategic_merge import strategic_merge
from tiphys.messages.component import PIPELINE_ANNOTATION

Json = Any

_TITLE = "workflows.argoproj.io/title"
_DESCRIPTION = "workflows.argoproj.io/description"
_SPEC = "v1alpha1.WorkflowSpec"


def workflow(lowering: Lowering, entrypoint: str, arguments: Mapping[str, Json]) -> dict[str, Json]:
    """The manifest."""
    info = lowering.ir.spec.pipeline_info
    annotations = {PIPELINE_ANNOTATION: info.name, _TITLE: info.display_name, _DESCRIPTION: info.description}
    metadata: dict[str, Json] = {
        "generateName": names.run_prefix(info.name),
        "annotations": {key: value for key, value in annotations.items() if value},
    }
    templates = settled(lowering, lowering.templates.listed())
    spec: dict[str, Json] = {"entrypoint": entrypoint}
    parameters = _arguments(lowering, arguments)
    if parameters:
        spec["arguments"] = {"parameters": parameters}
    spec |= _run(lowering.ir.kubernetes.pipeline_config)
    entry = [each for each in templates if each["name"] == entrypoint]
    spec["templates"] = entry + [each for each in templates if each["name"] != entrypoint]
    said = lowering.ir.argo.config.workflow
    if said:
        spec = strategic_merge(spec, whole_numbers(said), _SPEC)
    for parameter in spec.get("arguments", {}).get("parameters", []):
        if "enum" in parameter and "value" in parameter:
            parameter["value"] = among(parameter["value"], parameter["enum"])
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": metadata, "spec": spec}


def _arguments(lowering: Lowering, arguments: Mapping[str, Json]) -> list[dict[str, Json]]:
    definitions = lowering.ir.spec.root.input_definitions
    unknown = [name for name in arguments if name not in definitions.parameters]
    if unknown:
        raise CompileError(
            f"the pipeline has no parameter `{unknown[0]}`",
            remedy="It has: " + (", ".join(f"`{name}`" for name in definitions.parameters) or "none") + ".",
        )
    found = []
    for name, spec in definitions.parameters.items():
        parameter: dict[str, Json] = {"name": name}
        if name in arguments:
            parameter["value"] = _text(arguments[name], spec)
        elif spec.has_default:
            parameter["value"] = _text(spec.default_value, spec)
        elif spec.is_optional:
            parameter["value"] = "null"
        if spec.literals:
            parameter["enum"] = choices(spec)
        if spec.description:
            parameter["description"] = spec.description
        found.append(parameter)
    for name, artifact in definitions.artifacts.items():
        parameter = {"name": name}
        if artifact.is_optional:
            parameter["value"] = ""
        found.append(parameter)
    if lowering.root.is_parameter and lowering.templates.mention(artifact_root.PARAMETER):
        found.append({"name": artifact_root.PARAMETER, "value": artifact_root.DEFAULT})
    return found


def _text(value: Json, spec: ParameterInput) -> str:
    return encode(typed(value, spec.parameter_type))


def _run(config: PipelineConfig) -> dict[str, Json]:
    """kfp's PipelineConfig as fields of the WorkflowSpec."""
    found: dict[str, Json] = {}
    ttl = {
        key: value
        for key, value in (
            ("secondsAfterCompletion", config.resource_ttl_on_completion),
            ("secondsAfterSuccess", config.resource_ttl_on_success),
            ("secondsAfterFailure", config.resource_ttl_on_failure),
        )
        if value
    }
    if ttl:
        found["ttlStrategy"] = ttl
    if config.active_deadline_seconds:
        found["activeDeadlineSeconds"] = config.active_deadline_seconds
    if config.semaphore_key or config.mutex_name:
        found["synchronization"] = _synchronization(config)
    if config.workspace is not None:
        found["volumeClaimTemplates"] = [_workspace(config)]
    return found


def _synchronization(config: PipelineConfig) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if config.semaphore_key:
        reference = {"name": "semaphore-config", "key": config.semaphore_key}
        found["semaphores"] = [{"configMapKeyRef": reference}]
    if config.mutex_name:
        found["mutexes"] = [{"name": config.mutex_name}]
    return found


def _workspace(config: PipelineConfig) -> dict[str, Json]:
    workspace = config.workspace
    assert workspace is not None  # noqa: S101 # the caller has looked
    if "{{" in workspace.size:
        raise Unsupported(
            "the size of the workspace is a value of the run, and Argo makes the volume before there is one",
            remedy="Give a constant, such as `1Gi`.",
        )
    patch = whole_numbers(dict(workspace.kubernetes.pvc_spec_patch)) if workspace.kubernetes else {}
    claim: dict[str, Json] = {"accessModes": ["ReadWriteOnce"]}
    if workspace.size:
        claim["resources"] = {"requests": {"storage": workspace.size}}
    merged = strategic_merge(claim, patch, "v1.PersistentVolumeClaimSpec")
    return {"metadata": {"name": WORKSPACE_VOLUME}, "spec": merged}
