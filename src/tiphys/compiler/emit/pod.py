"""The template of a component that runs a pod: a Python component or any container.

Inputs arrive as JSON texts. A Python component gets them as KFP's ExecutorInput, made of those texts by
concatenation; a container as the arguments that its placeholders ask for. What is only known when the pod
starts and has no place in the container goes into `podSpecPatch`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tiphys.compiler import names, placeholders
from tiphys.compiler.artifact_root import ArtifactRoot
from tiphys.compiler.emit.command import Inside, Piece, PodNames, Words, arguments, text
from tiphys.compiler.emit.resources import resources
from tiphys.compiler.epilogue import OUTPUT_FILE, OUTPUTS, VALUES, around
from tiphys.compiler.lowered import ARTIFACTS, NONE, Call, Flag, Flags, Form, Handed
from tiphys.compiler.outputs import EXECUTOR_OUTPUT
from tiphys.compiler.placeholders import Placeholder
from tiphys.compiler.python_component import PythonCommand, python_command
from tiphys.compiler.transport import (
    Value,
    encode,
    inner,
    path,
    string_of,
    structure,
    typed,
    variable,
)
from tiphys.errors import Unsupported
from tiphys.ir.model import ArtifactOutput, ArtifactType, Component, Container
from tiphys.messages.component import ANNOTATION, annotation

Json = Any

OUTPUTS_VOLUME = "kfp-outputs"


@dataclass(frozen=True, slots=True)
class Pod:
    """What a pod template is made from."""

    where: str
    name: str
    component: Component
    container: Container
    call: Call
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    root: ArtifactRoot
    sdk_version: str


@dataclass(slots=True)
class Body:
    """A template in the making: Argo's fields, the patch of the pod, and what it hands out."""

    fields: dict[str, Json] = field(default_factory=dict)
    container: dict[str, Json] = field(default_factory=dict)
    container_patch: dict[str, Json] = field(default_factory=dict)
    pod_patch: dict[str, Json] = field(default_factory=dict)
    outputs: dict[str, Handed] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)

    def finish(self) -> dict[str, Json]:
        """The fields of the template, in the order in which people read them."""
        done = dict(self.fields)
        patch = dict(self.pod_patch)
        if self.container_patch:
            patch["containers"] = [{"name": "main", **self.container_patch}]
        if patch:
            done["podSpecPatch"] = structure(patch).field
        done["container"] = self.container
        return done


def pod(given: Pod) -> Body:
    """The template of a component that runs a pod."""
    body = Body()
    container = given.container
    if container.lifecycle is not None and container.lifecycle.pre_cache_check is not None:
        raise Unsupported(
            f"{given.where}: `lifecycle.preCacheCheck` has nothing in Argo that stands for it",
            remedy="Do the check in the component.",
        )
    handed = given.component.output_definitions
    lines = around(parameters=bool(handed.parameters), artifacts=bool(handed.artifacts))
    python = python_command(container.command, container.args, given.sdk_version, lines, given.where)
    if python is not None:
        body.fields["metadata"] = {"annotations": {ANNOTATION: annotation(python.component)}}
    _inputs(given, body)
    _outputs(given, body, python)
    known = _names(given, python)
    _command(given, body, known, python)
    _environment(given, body, known)
    resources(container.resources, body.container, body.container_patch, known)
    return body


def _inputs(given: Pod, body: Body) -> None:
    definitions = given.component.input_definitions
    parameters: list[Json] = []
    for name, spec in definitions.parameters.items():
        if spec.parameter_type == "TASK_CONFIG" or name in dict(given.call.baked):
            continue
        parameter: dict[str, Json] = {"name": given.inputs[name]}
        if spec.has_default:
            parameter["default"] = encode(typed(spec.default_value, spec.parameter_type))
        elif spec.is_optional:
            parameter["default"] = "null"
        parameters.append(parameter)
    for name, artifact in definitions.artifacts.items():
        parameters.append({"name": given.inputs[name], **({"default": "[]"} if artifact.is_optional else {})})
    parameters += [{"name": given.inputs[name]} for name, _ in given.call.extra]
    artifacts = []
    for name, artifact in definitions.artifacts.items():
        flags = given.call.flags_of(name)
        if Flag.OCI in flags:
            _image_volume(given, body, name)
        elif not flags & {Flag.ALIAS, Flag.ABSENT}:
            artifacts.append(_input_artifact(given, name, is_list=artifact.is_artifact_list))
    inputs: dict[str, Json] = {}
    if parameters:
        inputs["parameters"] = parameters
    if artifacts:
        inputs["artifacts"] = artifacts
    if inputs:
        body.fields["inputs"] = inputs


def _uri(given: Pod, name: str, *, is_list: bool) -> str:
    """The expression of an artifact's URI, or of the folder that all artifacts of a list lie in."""
    uri = f"first(fromJSON({path('inputs', 'parameters', given.inputs[name])}))?.uri ?? ''"
    if is_list:
        return f"join(split({uri}, '/')[:{given.root.folder_depth()}], '/')"
    return uri


def _input_artifact(given: Pod, name: str, *, is_list: bool) -> dict[str, Json]:
    """Argo fetches the artifact to where KFP looks for it; both places are made from its URI."""
    flags = given.call.flags_of(name)
    uri = _uri(given, name, is_list=is_list)
    absent = f"/tmp/kfp/absent/{given.inputs[name]}"  # noqa: S108 # a path in the pod
    local = given.root.local("u", gcs=Flag.GCS in flags)
    found: dict[str, Json] = {
        "name": given.inputs[name],
        "optional": True,
        "path": "{{=let u = " + uri + "; u == '' ? '" + absent + "' : " + local + "}}",
        "archive": {"none": {}},
    }
    if Flag.HTTP in flags:
        return {**found, "http": {"url": "{{=" + uri + "}}"}}
    key = "{{=join(split(" + uri + ", '/')[3:], '/')}}"
    if Flag.GCS in flags:
        return {**found, "gcs": {"bucket": "{{=get(split(" + uri + ", '/'), 2) ?? ''}}", "key": key}}
    return {**found, "s3": {"key": key}}


def _image_volume(given: Pod, body: Body, name: str) -> None:
    """A model in an image is a volume of Kubernetes; KFP looks for it at `/oci/<image with _ for />`."""
    volume = names.volume(f"image-{given.inputs[name]}")
    image = f"sprig.trimPrefix('oci://', {_uri(given, name, is_list=False)})"
    reference = {"reference": "{{=" + image + "}}"}
    body.fields.setdefault("volumes", []).append({"name": volume, "image": reference})
    body.container.setdefault("volumeMounts", []).append(
        {"name": volume, "mountPath": "/oci/{{=replace(" + image + ", '/', '_')}}", "readOnly": True}
    )


def _outputs(given: Pod, body: Body, python: PythonCommand | None) -> None:
    definitions = given.component.output_definitions
    reports = python is None and _mentions_report(given.container)
    parameters: list[Json] = []
    artifacts: list[Json] = []
    for name, spec in definitions.parameters.items():
        plain = given.outputs[name]
        where = f"{VALUES}/{name}" if python else f"{OUTPUTS}/{name}"
        value_from: dict[str, Json] = {"path": where}
        if reports:
            value_from["default"] = ""
        parameters.append({"name": plain, "valueFrom": value_from})
        form = Form.JSON if python else Form.REPORTED if reports else Form.RAW
        body.outputs[name] = Handed(plain, spec.parameter_type, form)
    mounts: list[Json] = []
    if definitions.parameters and python is None:
        mounts.append({"name": OUTPUTS_VOLUME, "mountPath": OUTPUTS, "subPath": "values"})
    for name, artifact in definitions.artifacts.items():
        if artifact.is_artifact_list:
            raise Unsupported(
                f"{given.where}: output `{name}` is a list of artifacts, which no component can hand out",
                remedy="Hand out one artifact that is a folder, or collect the outputs of a loop.",
            )
        uri, local, key = given.root.place(given.name, given.outputs[name])
        plain = given.outputs[name]
        artifacts.append(
            {"name": plain, "optional": True, "path": local, "archive": {"none": {}}, "s3": {"key": key}}
        )
        where = f"{VALUES}/{name}"
        value_from = {"path": where}
        if python is None:
            value_from["default"] = structure([_runtime_artifact(name, artifact, uri)]).field
            mounts.append(
                {"name": OUTPUTS_VOLUME, "mountPath": given.root.pod_folder(local), "subPath": name}
            )
        parameters.append({"name": plain, "valueFrom": value_from})
        form = Form.JSON if python else Form.FORESEEN
        body.outputs[name] = Handed(plain, ARTIFACTS, form)
        body.artifacts[name] = plain
    if reports and parameters:
        parameters.append({"name": EXECUTOR_OUTPUT, "valueFrom": {"path": OUTPUT_FILE, "default": "{}"}})
    outputs: dict[str, Json] = {}
    if parameters:
        outputs["parameters"] = parameters
    if artifacts:
        outputs["artifacts"] = artifacts
    if outputs:
        body.fields["outputs"] = outputs
    if mounts:
        body.fields.setdefault("volumes", []).append({"name": OUTPUTS_VOLUME, "emptyDir": {}})
        body.container.setdefault("volumeMounts", []).extend(mounts)


def _mentions_report(container: Container) -> bool:
    """True if the container can know where KFP's executor_output.json is to be written."""
    texts = "".join([*container.command, *container.args])
    return "{{$}}" in texts or "outputs.output_file" in texts or "outputs.output_metadata_uri" in texts


def _type(type: ArtifactType) -> dict[str, Json]:
    found = {
        "schemaTitle": type.schema_title,
        "schemaUri": type.schema_uri,
        "instanceSchema": type.instance_schema,
        "schemaVersion": type.schema_version,
    }
    return {key: value for key, value in found.items() if value}


def runtime_artifact(name: str, type: ArtifactType, uri: Value | str, metadata: Mapping[str, Json]) -> Json:
    """KFP's RuntimeArtifact."""
    return {"name": name, "type": _type(type), "uri": uri, "metadata": dict(metadata)}


def _runtime_artifact(name: str, artifact: ArtifactOutput, uri: str) -> Json:
    return runtime_artifact(name, artifact.artifact_type, string_of(uri), artifact.metadata)


def _names(given: Pod, python: PythonCommand | None) -> PodNames:
    definitions = given.component.input_definitions
    parameters: dict[str, tuple[str, str, Flags]] = {}
    for name, spec in definitions.parameters.items():
        flags = given.call.flags_of(name)
        if spec.has_default:
            flags = flags - {Flag.ABSENT}
        parameters[name] = (given.inputs[name], spec.parameter_type, flags)
    for name, type in given.call.extra:
        parameters[name] = (given.inputs[name], type, given.call.flags_of(name))
    for name in definitions.artifacts:
        parameters.setdefault(name, (given.inputs[name], ARTIFACTS, given.call.flags_of(name)))
    return PodNames(
        given.where, parameters, _executor_input(given), lambda part: _place(part, given, python is not None)
    )


def _executor_input(given: Pod) -> Value:
    definitions, handed = given.component.input_definitions, given.component.output_definitions
    baked = dict(given.call.baked)
    inputs: dict[str, Json] = {}
    values: dict[str, Json] = {
        name: baked.get(name) or variable("inputs", "parameters", given.inputs[name])
        for name in definitions.parameters
        if name in baked
        or Flag.ABSENT not in given.call.flags_of(name)
        or definitions.parameters[name].has_default
    }
    if values:
        inputs["parameterValues"] = values
    if definitions.artifacts:
        inputs["artifacts"] = {
            name: {"artifacts": variable("inputs", "parameters", given.inputs[name])}
            for name in definitions.artifacts
        }
    outputs: dict[str, Json] = {}
    if handed.parameters:
        outputs["parameters"] = {
            name: {"outputFile": f"{OUTPUTS}/{name}", "parameterType": spec.parameter_type}
            for name, spec in handed.parameters.items()
        }
    if handed.artifacts:
        outputs["artifacts"] = {}
        for name, artifact in handed.artifacts.items():
            uri, local, _ = given.root.place(given.name, given.outputs[name])
            outputs["artifacts"][name] = {
                "artifacts": [_runtime_artifact(name, artifact, uri)],
                "path": string_of(local),
            }
    outputs["outputFile"] = OUTPUT_FILE
    return structure({"inputs": inputs, "outputs": outputs})


def _place(part: Placeholder, given: Pod, is_python: bool) -> Piece | None:
    """Placeholders of outputs and of artifacts."""
    steps = part.steps
    if steps == ("outputs", "output_file") or steps == ("outputs", "output_metadata_uri"):
        return OUTPUT_FILE
    if len(steps) == 4 and steps[:2] == ("outputs", "parameters") and steps[3] == "output_file":
        return f"{OUTPUTS}/{steps[2]}"
    if len(steps) >= 3 and steps[1] == "artifacts":
        if steps[0] == "outputs" and steps[2] in given.component.output_definitions.artifacts:
            return _output_artifact(steps, given)
        if steps[0] == "inputs" and steps[2] in given.component.input_definitions.artifacts:
            return _input_artifact_part(steps, given)
    if steps == ("pipeline_task_uuid",):
        return Words("{{pod.name}}")
    if len(steps) == 1 and steps[0] in _OF_THE_RUN:
        return Words(_OF_THE_RUN[steps[0]])
    return Words(given.root.in_text) if steps == ("pipeline_root",) else None


_OF_THE_RUN = {
    "pipeline_job_name": "{{workflow.name}}",
    "pipeline_job_resource_name": "{{workflow.name}}",
    "pipeline_job_uuid": "{{workflow.uid}}",
    "pipeline_job_create_time_utc": "{{workflow.creationTimestamp.RFC3339}}",
    "pipeline_job_schedule_time_utc": "{{workflow.creationTimestamp.RFC3339}}",
    "workspace_path": "/kfp-workspace",
}


def _output_artifact(steps: tuple[str, ...], given: Pod) -> Piece | None:
    name = steps[2]
    artifact = given.component.output_definitions.artifacts[name]
    uri, local, _ = given.root.place(given.name, given.outputs[name])
    if steps[3:] == ("uri",):
        return Words(uri)
    if steps[3:] == ("path",):
        return Words(local)
    if steps[3:] == ("name",):
        return name
    if steps[3:] == ("metadata",):
        return encode(dict(artifact.metadata))
    if len(steps) == 5 and steps[3] == "metadata":
        value = artifact.metadata.get(steps[4])
        return value if isinstance(value, str) else encode(value)
    return None


def _input_artifact_part(steps: tuple[str, ...], given: Pod) -> Piece | None:
    name = steps[2]
    whole = path("inputs", "parameters", given.inputs[name])
    one = f"first(fromJSON({whole}))"
    if len(steps) == 3:
        return Inside(inner(whole, "LIST"))
    if steps[3:] == ("uri",):
        return Inside(_in_quotes(f"{one}?.uri ?? ''"))
    if steps[3:] == ("path",):
        is_gcs = Flag.GCS in given.call.flags_of(name)
        local = given.root.local("u", gcs=is_gcs)
        return Inside(_in_quotes(f"(let u = {one}?.uri ?? ''; u == '' ? '' : {local})"))
    if steps[3:] == ("name",):
        return Inside(_in_quotes(f"{one}?.name ?? ''"))
    if steps[3:] == ("metadata",):
        return Inside(_in_quotes(f"toJson({one}?.metadata)"))
    if len(steps) == 5 and steps[3] == "metadata":
        member = f"get({one}?.metadata, '{steps[4]}')"
        return Inside(_in_quotes(f"(let m = {member}; type(m) == 'string' ? m : toJson(m))"))
    return None


def _in_quotes(expression: str) -> str:
    """What stands between the quotes of the string that an expression yields."""
    return inner(f"toJson({expression})", "STRING")


def _command(given: Pod, body: Body, known: PodNames, python: PythonCommand | None) -> None:
    container = given.container
    plain, image = text(container.image, known)
    if plain is not None:
        body.container["image"] = plain
    elif len(parts := placeholders.parts(container.image)) == 1 and isinstance(parts[0], Placeholder):
        name = known.parameters[parts[0].parameter][0]
        body.container["image"] = "{{=fromJSON(" + path("inputs", "parameters", name) + ")}}"
    else:
        body.container["image"] = "{{=fromJSON(" + image.expression + ")}}"
    if python is not None:
        body.container["command"] = list(python.command)
    else:
        _put(body, "command", container.command, known)
    _put(body, "args", container.args, known)


def _put(body: Body, name: str, texts: list[str], known: PodNames) -> None:
    if not texts:
        return
    found = arguments(texts, known)
    if found.plain is not None:
        body.container[name] = found.plain
    else:
        body.container_patch[name] = found.patch


def _environment(given: Pod, body: Body, known: PodNames) -> None:
    plain: list[Json] = []
    patch: list[Json] = []
    for variable_ in given.container.env:
        value, quoted = text(variable_.value, known)
        if value is None:
            patch.append({"name": variable_.name, "value": quoted})
        else:
            plain.append({"name": variable_.name, "value": value})
    if plain:
        body.container["env"] = plain
    if patch:
        body.container_patch["env"] = patch


def digest(body: Mapping[str, Json]) -> str:
    """A short word for what a template does, for keys of caches."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


__all__ = ["NONE", "Body", "Pod", "digest", "pod", "runtime_artifact"]
