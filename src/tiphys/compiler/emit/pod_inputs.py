"""The inputs of a pod: parameters, and artifacts that Argo fetches from where their URI says."""

from __future__ import annotations

from typing import Any

from tiphys.compiler import names
from tiphys.compiler.emit.body import Body, Pod
from tiphys.compiler.lowered import ELSEWHERE, Flag
from tiphys.compiler.transport import encode, path, typed
from tiphys.errors import Unsupported

Json = Any


def inputs(given: Pod, body: Body) -> None:
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
    fields: dict[str, Json] = {}
    if parameters:
        fields["parameters"] = parameters
    if artifacts:
        fields["artifacts"] = artifacts
    if fields:
        body.fields["inputs"] = fields


def _uri(given: Pod, name: str, *, is_list: bool) -> str:
    """The expression of an artifact's URI, or of the folder that all artifacts of a list lie in."""
    artifacts = f"fromJSON({path('inputs', 'parameters', given.inputs[name])})"
    uri = f"first({artifacts})?.uri ?? ''"
    if not is_list:
        return uri
    flags = given.call.flags_of(name)
    if flags & (ELSEWHERE | {Flag.FOREIGN}):
        raise Unsupported(
            f"{given.where}: input `{name}` is a list of artifacts that are imported or cached, "
            "and Argo fetches a list as one folder of this run",
            remedy="Read them one by one: give each to a task of its own (a loop over the list), or turn caching off.",
        )
    folder = f"join(split({uri}, '/')[:{given.root.folder_depth()}], '/')"
    if Flag.MIXED not in flags:
        return folder
    run = f"join(split(f, '/')[:{given.root.folder_depth()} - 2], '/')"
    return f"(let f = {folder}; all({artifacts}, .uri startsWith f + '/') ? f : {run})"


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
