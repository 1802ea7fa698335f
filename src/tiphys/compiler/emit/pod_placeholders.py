"""What KFP's placeholders stand for in one pod: its inputs, its outputs, the run."""

from __future__ import annotations

from typing import Any

from tiphys.compiler.emit.body import Pod
from tiphys.compiler.emit.command import Inside, Piece, PodNames, Words
from tiphys.compiler.emit.runtime_artifact import output_artifact
from tiphys.compiler.epilogue import OUTPUT_FILE, OUTPUTS
from tiphys.compiler.lowered import ARTIFACTS, Flag, Flags
from tiphys.compiler.placeholders import Placeholder
from tiphys.compiler.transport import Value, encode, inner, path, string_of, structure, variable

Json = Any


def pod_names(given: Pod) -> PodNames:
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
    return PodNames(given.where, parameters, _executor_input(given), lambda part: _place(part, given))


def _executor_input(given: Pod) -> Value:
    definitions, handed = given.component.input_definitions, given.component.output_definitions
    baked = dict(given.call.baked)
    inputs: dict[str, Json] = {}
    values: dict[str, Json] = {
        name: baked.get(name) or variable("inputs", "parameters", given.inputs[name])
        for name in definitions.parameters
        if name in baked or Flag.ABSENT not in given.call.flags_of(name) or definitions.parameters[name].has_default
    }
    if values:
        inputs["parameterValues"] = values
    if definitions.artifacts:
        inputs["artifacts"] = {
            name: {"artifacts": variable("inputs", "parameters", given.inputs[name])} for name in definitions.artifacts
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
                "artifacts": [output_artifact(name, artifact, uri)],
                "path": string_of(local),
            }
    outputs["outputFile"] = OUTPUT_FILE
    return structure({"inputs": inputs, "outputs": outputs})


def _place(part: Placeholder, given: Pod) -> Piece | None:
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
