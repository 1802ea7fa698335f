"""What a DAG is given: as its tasks see it, and as its template declares it.

The pipeline's own parameters are the workflow's: plain text or JSON, as people write them. All other DAGs
get transport texts from the task that runs them.
"""

from __future__ import annotations

from typing import Any

from tiphys.compiler.graph import Graph
from tiphys.compiler.lowered import ARTIFACTS, NONE, Flag, Flags, Source, scheme_flags
from tiphys.compiler.transport import (
    Value,
    computed,
    encode,
    entry,
    literal,
    path,
    safe,
    typed,
    variable,
)
from tiphys.ir.model import ArtifactType

Json = Any


def sources(graph: Graph) -> dict[str, Source]:
    """The inputs of a DAG as its tasks can be given them."""
    found: dict[str, Source] = {}
    definitions = graph.component.input_definitions
    for name, spec in definitions.parameters.items():
        if graph.is_root:
            nullable = spec.is_optional and not spec.has_default
            flags: Flags = frozenset({Flag.NULL}) if nullable else NONE
            flags |= scheme_flags(spec.default_value)
            value = entry(name, spec.parameter_type, nullable=nullable)
        else:
            flags = _seen_inside(graph.call.flags_of(name), has_default=spec.has_default)
            value = variable("inputs", "parameters", graph.inputs[name])
        found[name] = Source(value, spec.parameter_type, flags)
    for name, artifact in definitions.artifacts.items():
        if graph.is_root:
            value = _entry_artifact(name, artifact.artifact_type)
        else:
            value = variable("inputs", "parameters", graph.inputs[name])
        found[name] = Source(value, ARTIFACTS, graph.call.flags_of(name) - {Flag.ALIAS})
    return found


def used(graph: Graph) -> list[str]:
    """The inputs that a task of the DAG has use for; the template takes no others."""
    return [name for name in graph.inputs if name in graph.scope.used]


def declared(graph: Graph) -> list[dict[str, Json]]:
    """The inputs of the template, with the defaults that the component has."""
    if graph.is_root:
        return []
    found = []
    definitions = graph.component.input_definitions
    for name in used(graph):
        parameter: dict[str, Json] = {"name": graph.inputs[name]}
        spec = definitions.parameters.get(name)
        if spec is not None and spec.has_default:
            parameter["default"] = encode(typed(spec.default_value, spec.parameter_type))
        elif spec is not None and spec.is_optional:
            parameter["default"] = "null"
        elif spec is None and definitions.artifacts[name].is_optional:
            parameter["default"] = "[]"
        found.append(parameter)
    return found


def _seen_inside(flags: Flags, *, has_default: bool) -> Flags:
    """The flags of an input once the template's default stands in for what was not given."""
    seen = flags - {Flag.ALIAS}
    if Flag.ABSENT in seen:
        seen = (seen - {Flag.ABSENT}) | (NONE if has_default else {Flag.NULL})
    return seen


def _entry_artifact(name: str, type: ArtifactType) -> Value:
    """An artifact that the run is given by its URI."""
    given = path("workflow", "parameters", name)
    known = {"name": name, "type": {"schemaTitle": type.schema_title or "system.Artifact"}, "metadata": {}}
    head = literal("[" + encode(known)[:-1] + ',"uri":')
    whole = f"v startsWith '[' ? v : {head} + toJson(v) + {literal('}]')}"
    return computed(f"let v = {given}; v == '' || v == 'null' ? '[]' : " + safe(f"({whole})"))
