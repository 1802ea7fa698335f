"""What a DAG hands out: outputs of its tasks, or of the branch that ran.

The item of a loop hands lists and artifacts out behind a `=`, so that Argo passes them on as text when it
gathers them. Artifacts are handed out as Argo's own references too: for those who look at the run.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiphys.compiler import names
from tiphys.compiler.graph import Graph
from tiphys.compiler.lowered import ARTIFACTS, ELSEWHERE, NONE, PLACES, Flag, Form, Handed, Source
from tiphys.compiler.outputs import missing_value, output_or_nil
from tiphys.compiler.transport import computed, literal, optional_path
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import ArtifactSelector, DagOutputParameter

Json = Any


@dataclass(slots=True)
class HandedOut:
    """`outputs` and `artifacts` by the component's names, `fields` for the template."""

    outputs: dict[str, Handed] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Json] = field(default_factory=dict)


def handed_out(graph: Graph) -> HandedOut:
    """All outputs of the DAG, once its tasks are lowered."""
    definitions = graph.component.output_definitions
    argo = names.parameters([*definitions.parameters, *definitions.artifacts])
    found = HandedOut()
    parameters: list[Json] = []
    artifacts: list[Json] = []
    unsure = graph.unsure() if graph.dag.outputs.parameters or graph.dag.outputs.artifacts else set()
    for key, output in graph.dag.outputs.parameters.items():
        source = _parameter(graph, output, unsure, f"{graph.path}: output `{key}`")
        found.outputs[key] = _declare(graph, argo.get(key, key), source, parameters)
    for key, artifact in graph.dag.outputs.artifacts.items():
        name = argo.get(key, key)
        selectors = artifact.artifact_selectors
        source = _artifact(graph, selectors, unsure, f"{graph.path}: output `{key}`")
        found.outputs[key] = _declare(graph, name, source, parameters)
        reference = _reference(graph, selectors)
        if reference:
            artifacts.append({"name": name, "optional": True, **reference})
            found.artifacts[key] = name
    if parameters:
        found.fields["parameters"] = parameters
    if artifacts:
        found.fields["artifacts"] = artifacts
    return found


def _declare(graph: Graph, name: str, source: Source, parameters: list[Json]) -> Handed:
    gaps = Flag.NULL in source.flags
    text, expression = source.value.field, source.value.expression
    mark = graph.call.is_item and (source.type in ("LIST", "STRUCT", "", ARTIFACTS) or gaps)
    if mark and gaps:
        expression = f"let o = ({expression}); o == 'null' ? '=' : '=' + o"
    elif mark:
        simple = text.startswith("{{") and not text.startswith("{{=")
        expression = f"'=' + {expression}" if simple else f"'=' + ({expression})"
    is_tag = text.startswith("{{tasks.") and text.count("{{") == 1 and text.endswith("}}")
    value_from = {"parameter": text} if is_tag and not mark else {"expression": expression}
    parameters.append({"name": name, "valueFrom": value_from})
    return Handed(name, source.type, Form.MARKED if mark else Form.JSON, gaps, source.flags & PLACES)


def _parameter(graph: Graph, output: DagOutputParameter, unsure: Collection[str], where: str) -> Source:
    if output.value_from_parameter is not None:
        one = output.value_from_parameter
        tolerant = one.producer_subtask in unsure
        return graph.scope.output(one.producer_subtask, one.output_parameter_key, where, tolerant=tolerant)
    if output.value_from_oneof is None:
        raise CompileError(f"{where} comes from nowhere")
    selectors = output.value_from_oneof.parameter_selectors
    return _first_of(graph, [(each.producer_subtask, each.output_parameter_key) for each in selectors], where)


def _artifact(graph: Graph, selectors: Sequence[ArtifactSelector], unsure: Collection[str], where: str) -> Source:
    if not selectors:
        raise CompileError(f"{where} comes from nowhere")
    if len(selectors) == 1:
        [one] = selectors
        tolerant = one.producer_subtask in unsure
        return graph.scope.output(one.producer_subtask, one.output_artifact_key, where, tolerant=tolerant)
    return _first_of(graph, [(each.producer_subtask, each.output_artifact_key) for each in selectors], where)


def _first_of(graph: Graph, outputs: Sequence[tuple[str, str]], where: str) -> Source:
    """The output of the branch that ran."""
    expressions, places = [], []
    for number, (task, key) in enumerate(outputs):
        imported = graph.scope.importers.get(task, {}).get(key)
        if imported is not None or task in graph.scope.loops:
            raise Unsupported(
                f"{where}: a choice between outputs of which one is an importer's or a loop's",
                remedy="Let a component hand it out.",
            )
        source = graph.scope.output(task, key, where, tolerant=True)
        handed = graph.scope.tasks[task].outputs[key]
        expressions.append(output_or_nil(task, handed, number))
        places.append(handed.places)
    nothing = literal(missing_value(source.type))
    if len({each & ELSEWHERE for each in places}) > 1:
        raise Unsupported(
            f"{where}: a choice between artifacts of which Argo fetches one in another way than the other",
            remedy="Let a component read the one that lies elsewhere and hand it out.",
        )
    flags = frozenset({Flag.MIXED}).union(*places) if source.type == ARTIFACTS else NONE
    return Source(computed(" ?? ".join([*expressions, nothing])), source.type, flags)


def _reference(graph: Graph, selectors: Sequence[ArtifactSelector]) -> dict[str, Json]:
    """Argo's own reference to the artifact, which need not be there: metrics, say, are metadata alone.

    Argo forgives that in an optional output if the message speaks of `Unable to resolve`. Of an expression
    that yields no artifact it quotes the expression, so the words stand there.
    https://github.com/argoproj/argo-workflows/blob/v4.1.2/workflow/controller/operator.go
    """
    found = []
    for each in selectors:
        template = graph.scope.tasks.get(each.producer_subtask)
        name = template.artifacts.get(each.output_artifact_key) if template is not None else None
        if name is None or each.producer_subtask in graph.scope.loops:
            return {}
        found.append((each.producer_subtask, name))
    if len(found) == 1:
        [(task, name)] = found
        return {"from": "{{tasks." + f"{task}.outputs.artifacts.{name}" + "}}"}
    artifacts = [optional_path("tasks", task, "outputs", "artifacts", name) for task, name in found]
    return {"fromExpression": " ?? ".join([*artifacts, "'Unable to resolve'"])}
