"""What the tasks of one DAG can be given: its inputs, outputs of other tasks, constants, the item of a loop.

A `Scope` belongs to one DAG in one use. It answers with `Source`s, and notes which inputs were asked for,
since a template takes only what it has use for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tiphys.compiler import placeholders
from tiphys.compiler.lowered import ARTIFACTS, NONE, Flag, Flags, Source, Template, scheme_flags
from tiphys.compiler.outputs import final_status, list_of, output_of
from tiphys.compiler.placeholders import Placeholder
from tiphys.compiler.transport import (
    Value,
    computed,
    constant,
    encode,
    inner,
    literal,
    meets_brace,
    safe,
    string_of,
    structure,
    text_of,
    typed,
)
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import ArtifactArgument, ParameterArgument, RuntimeValue

Json = Any

WORKSPACE = "/kfp-workspace"
"""Where the workspace of a run is mounted, as KFP has it."""

_OF_THE_RUN = {
    "pipeline_job_name": "{{workflow.name}}",
    "pipeline_job_resource_name": "{{workflow.name}}",
    "pipeline_job_uuid": "{{workflow.uid}}",
    "pipeline_job_create_time_utc": "{{workflow.creationTimestamp.RFC3339}}",
    "pipeline_job_schedule_time_utc": "{{workflow.creationTimestamp.RFC3339}}",
    "workspace_path": WORKSPACE,
}
OF_THE_POD = "pipeline_task_uuid"
"""The placeholder that only the pod itself can fill."""


@dataclass(slots=True)
class Scope:
    """The names of one DAG: `inputs` as sources, `tasks` with their templates as they become known."""

    name: str
    inputs: Mapping[str, Source]
    artifact_root: str
    tasks: dict[str, Template] = field(default_factory=dict)
    loops: set[str] = field(default_factory=set)
    importers: dict[str, dict[str, Source]] = field(default_factory=dict)
    skippable: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    def input(self, name: str, where: str) -> Source:
        """An input of the DAG."""
        found = self.inputs.get(name)
        if found is None:
            raise CompileError(
                f"{where}: the DAG `{self.name}` has no input `{name}`",
                remedy="The SDK compiled a value that no enclosing group provides: "
                "pass the item or parameter to the component by itself, not inside a longer text.",
            )
        self.used.add(name)
        return found

    def parameter(
        self,
        argument: ParameterArgument,
        task: str,
        arguments: Mapping[str, ParameterArgument],
        *,
        tolerant: bool,
        otherwise: str = "",
    ) -> Source:
        """What a task gives to a parameter; `otherwise` stands in for an output that is missing."""
        where = f"{self.name}/{task}"
        if argument.component_input_parameter:
            source = self.input(argument.component_input_parameter, where)
        elif argument.task_output_parameter is not None:
            output = argument.task_output_parameter
            source = self.output(
                output.producer_task,
                output.output_parameter_key,
                where,
                tolerant=tolerant,
                otherwise=otherwise,
            )
        elif argument.task_final_status is not None:
            source = Source(final_status(argument.task_final_status.producer_task), "STRUCT")
        elif argument.runtime_value is not None:
            source = self._constant(argument.runtime_value, task, arguments)
        else:
            raise CompileError(f"{where}: an input is given nothing")
        if argument.parameter_expression_selector:
            source = _selected(source, argument.parameter_expression_selector, where)
        return source

    def artifact(self, argument: ArtifactArgument, task: str, *, tolerant: bool) -> Source:
        """What a task gives to an artifact input: a list of artifacts as JSON."""
        where = f"{self.name}/{task}"
        if argument.component_input_artifact:
            return self.input(argument.component_input_artifact, where)
        if argument.task_output_artifact is not None:
            output = argument.task_output_artifact
            return self.output(output.producer_task, output.output_artifact_key, where, tolerant=tolerant)
        raise CompileError(f"{where}: an artifact input is given nothing")

    def output(self, producer: str, key: str, where: str, *, tolerant: bool, otherwise: str = "") -> Source:
        """An output of another task of this DAG."""
        imported = self.importers.get(producer)
        if imported is not None and key in imported:
            return imported[key]
        template = self.tasks.get(producer)
        if template is None:
            raise CompileError(f"{where}: there is no task `{producer}` in `{self.name}`")
        handed = template.outputs.get(key)
        if handed is None:
            raise CompileError(f"{where}: task `{producer}` has no output `{key}`")
        if producer in self.loops:
            type = handed.type if handed.type == ARTIFACTS else "LIST"
            return Source(list_of(producer, handed), type, handed.places)
        missing = tolerant or producer in self.skippable
        value = output_of(producer, handed, maybe_missing=missing, otherwise=otherwise)
        flags: Flags = frozenset({Flag.NULL}) if missing and not otherwise else NONE
        return Source(value, handed.type, flags | handed.places)

    def expression(self, name: str, task: str, arguments: Mapping[str, ParameterArgument]) -> str:
        """The expression of what a task gives to one of its parameters, for conditions."""
        if name not in arguments:
            raise CompileError(f"{self.name}/{task}: the condition speaks of `{name}`, which the task is not given")
        return self.parameter(arguments[name], task, arguments, tolerant=False).value.expression

    def _constant(self, given: RuntimeValue, task: str, arguments: Mapping[str, ParameterArgument]) -> Source:
        value = given.constant
        if value is msgspec.UNSET:
            value = next(iter(given.constant_value.values()), None)
        if given.runtime_parameter:
            raise Unsupported(
                f"{self.name}/{task}: `runtimeParameter` is of an old form of the IR",
                remedy="Compile the pipeline again with kfp 2.",
            )
        return self.constant(value, task, arguments)

    def constant(self, value: Json, task: str, arguments: Mapping[str, ParameterArgument]) -> Source:
        """A constant with whatever placeholders in it."""
        flags = scheme_flags(value) | (frozenset({Flag.WORKSPACE}) if _in_workspace(value) else NONE)
        if not placeholders.has_placeholders(value):
            return Source(constant(typed(value, "")), _type_of(value), flags, (typed(value, ""),))
        filled = _fill(value, lambda part: self._placeholder(part, task, arguments))
        if isinstance(filled, Source):
            return Source(filled.value, filled.type, filled.flags | flags)
        whole = filled if isinstance(filled, Value) else structure(filled)
        return Source(whole, _type_of(value), flags)

    def _placeholder(self, part: Placeholder, task: str, arguments: Mapping[str, ParameterArgument]) -> Source | str:
        """What a placeholder stands for: a value, or words with Argo's tags."""
        where = f"{self.name}/{task}"
        if part.parameter:
            if part.parameter not in arguments:
                raise CompileError(f"{where}: `{part.text}` names an input that the task is not given")
            return self.parameter(arguments[part.parameter], task, arguments, tolerant=False)
        if len(part.steps) == 1:
            name = part.steps[0]
            if name in _OF_THE_RUN:
                return _OF_THE_RUN[name]
            if name == "pipeline_task_name":
                return task
            if name == "pipeline_root":
                return self.artifact_root
            if name == OF_THE_POD:
                return "{{pod.name}}"
        raise Unsupported(f"{where}: nothing in Argo stands for `{part.text}`")


def of_the_pod(value: Json) -> bool:
    """True if a constant can be filled only in the pod."""
    if isinstance(value, str):
        return "{{$" in value and any(
            isinstance(part, Placeholder) and part.steps == (OF_THE_POD,) for part in placeholders.parts(value)
        )
    if isinstance(value, list):
        return any(of_the_pod(item) for item in value)
    return isinstance(value, dict) and any(of_the_pod(item) for item in value.values())


def _in_workspace(value: Json) -> bool:
    if isinstance(value, str):
        return "{{$.workspace_path}}" in value or WORKSPACE in value
    if isinstance(value, list):
        return any(_in_workspace(item) for item in value)
    return isinstance(value, dict) and any(_in_workspace(item) for item in value.values())


def _type_of(value: Json) -> str:
    if isinstance(value, str):
        return "STRING"
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, list):
        return "LIST"
    return "STRUCT" if isinstance(value, dict) else "NUMBER_DOUBLE" if value is not None else ""


def _fill(value: Json, find: Callable[[Placeholder], Source | str]) -> Any:
    """The value with placeholders filled in: data with `Value`s, or a `Source` for a placeholder alone."""
    if isinstance(value, str):
        return _fill_text(value, find)
    if isinstance(value, list):
        return [_bare(_fill(item, find)) for item in value]
    if isinstance(value, dict):
        return {key: _bare(_fill(item, find)) for key, item in value.items()}
    return typed(value, "")


def _bare(filled: Any) -> Any:
    return filled.value if isinstance(filled, Source) else filled


def _fill_text(text: str, find: Callable[[Placeholder], Source | str]) -> Any:
    found = [part if isinstance(part, str) else find(part) for part in placeholders.parts(text)]
    is_placeholder = [isinstance(part, Placeholder) for part in placeholders.parts(text)]
    if not any(is_placeholder):
        return text
    if len(found) == 1 and isinstance(found[0], Source):
        return found[0]
    texts = [
        part if isinstance(part, Source) or known else encode(part)[1:-1]
        for part, known in zip(found, is_placeholder, strict=True)
    ]
    words = [part for part in texts if isinstance(part, str)]
    if len(words) == len(texts) and not meets_brace(words):
        return string_of("".join(words))
    pieces = [literal('"')]
    for part, known in zip(texts, is_placeholder, strict=True):
        if isinstance(part, Source):
            pieces.append(f"({inner(part.value.expression, '' if part.flags else part.type)})")
        else:
            pieces.append(text_of(part).expression if known else literal(part))
    return computed(safe(" + ".join([*pieces, literal('"')])))


def _selected(source: Source, selector: str, where: str) -> Source:
    """A member of a value: the form `parseJson(string_value)["a"]["b"]` that the SDK writes."""
    head, _, rest = selector.partition("[")
    steps = placeholders.parts("{{$" + "[" + rest + "}}") if rest else []
    if head.strip() != "parseJson(string_value)" or len(steps) != 1 or isinstance(steps[0], str):
        raise Unsupported(f"{where}: the selector `{selector}` cannot be said in Argo")
    members = "".join(f"[{literal(step)}]" for step in steps[0].steps)
    read = "(let s = fromJSON(" + source.value.expression + "); type(s) == 'string' ? fromJSON(s) : s)"
    return Source(computed(safe(f"toJson({read}{members})")), "STRING", frozenset({Flag.LOOSE}))
