"""References to what tasks hand out, as values that a consumer in the same DAG can be given.

Three things bear on how a reference is written: the form of the output, whether the task is a loop (then
it is the list of what the items that succeeded gave), and whether the output may be missing.
"""

from __future__ import annotations

from tiphys.compiler.lowered import ARTIFACTS, Form, Handed
from tiphys.compiler.transport import (
    NULL,
    Value,
    computed,
    encode,
    is_plain,
    literal,
    optional_path,
    path,
    quoted,
    safe,
    variable,
)

_RUN = "{{workflow.name}}"
EXECUTOR_OUTPUT = "executor-output"
"""The output parameter in which a container hands out all of KFP's executor_output.json."""


def missing_value(type: str) -> str:
    """The transport text of a value that is not there."""
    return "[]" if type == ARTIFACTS else NULL


def output_of(task: str, handed: Handed, *, maybe_missing: bool, otherwise: str = "") -> Value:
    """An output of a single task; `otherwise` is the transport text of what stands in for a missing one."""
    otherwise = literal(otherwise or missing_value(handed.type))
    names = ("tasks", task, "outputs", "parameters", handed.name)
    if handed.form is Form.FORESEEN and maybe_missing:
        return computed(f"({_if_succeeded(task, names)}) ?? {otherwise}")
    if handed.form in (Form.JSON, Form.FORESEEN):
        if not maybe_missing:
            return variable(*names)
        return computed(f"{optional_path(*names)} ?? {otherwise}")
    read = optional_path(*names) if maybe_missing else path(*names)
    if handed.form is Form.REPORTED:
        report = ("tasks", task, "outputs", "parameters", EXECUTOR_OUTPUT)
        whole = optional_path(*report) if maybe_missing else path(*report)
        return computed(_reported(whole, read, handed, otherwise))
    if not maybe_missing:
        return computed(_raw(read, handed.type))
    return computed(f"let v = {read}; v == nil ? {otherwise} : {_raw('v', handed.type)}")


def output_or_nil(task: str, handed: Handed, number: int) -> str:
    """The expression of an output that may be missing, nil then; `number` keeps its variables apart."""
    names = ("tasks", task, "outputs", "parameters", handed.name)
    if handed.form is Form.FORESEEN:
        return f"({_if_succeeded(task, names)})"
    if handed.form is Form.JSON:
        return optional_path(*names)
    value = output_of(task, handed, maybe_missing=True)
    nothing = literal(missing_value(handed.type))
    return f"(let o{number} = ({value.expression}); o{number} == {nothing} ? nil : o{number})"


def _if_succeeded(task: str, names: tuple[str, ...]) -> str:
    return f"{path('tasks', task, 'status')} == 'Succeeded' ? {optional_path(*names)} : nil"


def _raw(expression: str, type: str) -> str:
    """The transport text of what a program wrote into the file of an output parameter."""
    if type == "STRING":
        return quoted(expression)
    if type == "BOOLEAN":
        return f"lower(trim({expression}))"
    if type in ("LIST", "STRUCT"):
        return safe(expression)
    return f"trim({expression})"


def _reported(whole: str, file: str, handed: Handed, otherwise: str) -> str:
    """From executor_output.json if it speaks of the output, else from the output's own file."""
    part = "artifacts" if handed.type == ARTIFACTS else "parameterValues"
    found = f"get(get(fromJSON({whole} ?? '{{}}'), '{part}') ?? {{}}, {literal(handed.name)})"
    if handed.type == ARTIFACTS:
        told, own = safe("toJson(r.artifacts)"), "f"
    else:
        told, own = safe("toJson(r)"), _raw("f", handed.type)
    return f"let r = {found}; let f = {file}; r != nil ? {told} : ((f ?? '') == '' ? {otherwise} : {own})"


def list_of(task: str, handed: Handed) -> Value:
    """What the items of a loop gave, in their order; items that failed or gave nothing are left out."""
    parameters = optional_path("tasks", task, "outputs", "parameters")
    member = f"p.{handed.name}" if is_plain(handed.name) else f"p[{literal(handed.name)}]"
    texts = f"fromJSON({member})"
    if handed.type == ARTIFACTS:
        texts = f"filter(map({texts}, sprig.trimSuffix(']', sprig.trimPrefix('=[', #))), # != '')"
    elif handed.form is Form.MARKED:
        texts = f"map({texts}, sprig.trimPrefix('=', #))"
        if handed.gaps:
            texts = f"filter({texts}, # != '')"
    return computed(
        f"let p = {parameters}; type(p) == 'map' && {member} != nil ? '[' + join({texts}, ',') + ']' : '[]'"
    )


def final_status(task: str) -> Value:
    """KFP's PipelineTaskFinalStatus of a task."""
    state = f"{path('tasks', task)}.status == 'Succeeded' ? 'SUCCEEDED' : 'FAILED'"
    head = '{"state":"'
    tail = f'","pipelineJobResourceName":"{_RUN}","pipelineTaskName":{encode(task)}}}'
    before, _, after = tail.partition(_RUN)
    spelt = [literal(head), f"({state})", literal(before), "workflow.name", literal(after)]
    return Value(head + "{{=" + state + "}}" + tail, " + ".join(spelt))
