"""The outputs of a pod: files that the component wrote, handed out as parameters and artifacts."""

from __future__ import annotations

from typing import Any

from tiphys.compiler.emit.body import Body, Pod
from tiphys.compiler.emit.runtime_artifact import output_artifact
from tiphys.compiler.epilogue import OUTPUT_FILE, OUTPUTS, VALUES
from tiphys.compiler.lowered import ARTIFACTS, Form, Handed
from tiphys.compiler.outputs import EXECUTOR_OUTPUT
from tiphys.compiler.transport import structure
from tiphys.errors import Unsupported
from tiphys.ir.model import Container

Json = Any

OUTPUTS_VOLUME = "kfp-outputs"


def outputs(given: Pod, body: Body, *, python: bool) -> None:
    definitions = given.component.output_definitions
    reports = not python and _mentions_report(given.container)
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
    if definitions.parameters and not python:
        mounts.append({"name": OUTPUTS_VOLUME, "mountPath": OUTPUTS, "subPath": "values"})
    for name, artifact in definitions.artifacts.items():
        if artifact.is_artifact_list:
            raise Unsupported(
                f"{given.where}: output `{name}` is a list of artifacts, which no component can hand out",
                remedy="Hand out one artifact that is a folder, or collect the outputs of a loop.",
            )
        uri, local, key = given.root.place(given.name, given.outputs[name])
        plain = given.outputs[name]
        artifacts.append({"name": plain, "optional": True, "path": local, "archive": {"none": {}}, "s3": {"key": key}})
        where = f"{VALUES}/{name}"
        value_from = {"path": where}
        if not python:
            value_from["default"] = structure([output_artifact(name, artifact, uri)]).field
            mounts.append({"name": OUTPUTS_VOLUME, "mountPath": given.root.pod_folder(local), "subPath": name})
        parameters.append({"name": plain, "valueFrom": value_from})
        form = Form.JSON if python else Form.FORESEEN
        body.outputs[name] = Handed(plain, ARTIFACTS, form)
        body.artifacts[name] = plain
    if reports and parameters:
        parameters.append({"name": EXECUTOR_OUTPUT, "valueFrom": {"path": OUTPUT_FILE, "default": "{}"}})
    fields: dict[str, Json] = {}
    if parameters:
        fields["parameters"] = parameters
    if artifacts:
        fields["artifacts"] = artifacts
    if fields:
        body.fields["outputs"] = fields
    if mounts:
        body.fields.setdefault("volumes", []).append({"name": OUTPUTS_VOLUME, "emptyDir": {}})
        body.container.setdefault("volumeMounts", []).extend(mounts)


def _mentions_report(container: Container) -> bool:
    """True if the container can know where KFP's executor_output.json is to be written."""
    texts = "".join([*container.command, *container.args])
    return "{{$}}" in texts or "outputs.output_file" in texts or "outputs.output_metadata_uri" in texts
