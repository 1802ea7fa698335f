"""What comes out: outputs of DAGs and steps, lists of what the items of a loop gave, global outputs.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go
(getTemplateOutputsFromScope, processAggregateNodeOutputs, addOutputsToGlobalScope)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tiphys.engine.operation import Operation
from tiphys.engine.parameters import any_string, printed
from tiphys.engine.run import Node
from tiphys.engine.scope import Scope
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import go_json, items
from tiphys.expressions.go_format import json_string, to_json
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import GoPanic
from tiphys.messages.outputs import Json, Outputs
from tiphys.messages.phases import NodePhase


def template_outputs(template: Mapping[str, Json], scope: Scope) -> Outputs | None:
    """The outputs that a DAG or Steps template declares; raises `NodeError`."""
    declared = template.get("outputs") or {}
    parameters, artifacts = declared.get("parameters") or [], declared.get("artifacts") or []
    if not parameters and not artifacts and declared.get("result") is None:
        return None
    return Outputs(
        parameters=[_parameter(each, scope) for each in parameters],
        artifacts=[found for each in artifacts if (found := _artifact(each, scope)) is not None],
    )


def _parameter(declared: Mapping[str, Json], scope: Scope) -> dict[str, Json]:
    source = declared.get("valueFrom")
    if source is None:
        raise NodeError("output parameters must have a valueFrom specified")
    default = source.get("default")
    value: Any
    try:
        value, skipped = scope.parameter(source)
        if skipped and default is not None:
            value = any_string(default)
    except (NodeError, ExpressionError) as failure:
        if default is None:
            raise NodeError(failure.message) from failure
        value = any_string(default)
    if value is None:
        raise NodeError(
            f"output parameter {quote(str(declared.get('name', '')))}: "
            f"{quote(str(source.get('parameter') or ''))} is an absent optional "
            "(skipped/omitted node output with no default)"
        )
    made = {key: each for key, each in declared.items() if key != "valueFrom"}
    made["value"] = printed(value)
    return made


def _artifact(declared: Mapping[str, Json], scope: Scope) -> dict[str, Json] | None:
    try:
        found = scope.artifact(declared)
    except (NodeError, ExpressionError) as failure:
        if "Unable to resolve" in failure.message and declared.get("optional"):
            return None
        raise NodeError(f"unable to resolve outputs from scope: {failure.message}") from failure
    return None if found is None else {**found, "name": declared.get("name")}


# --- loops


class Aggregate:
    """What the succeeded items of a loop gave, as the variables of the loop's step or task.

    Values are the parts of the dotted name behind `tasks.<name>.` Raises `NodeError` when a result is no JSON.
    """

    __slots__ = ("values",)

    def __init__(self, nodes: Iterable[Node]) -> None:
        maps: list[str] = []
        lists: dict[str, list[str]] = {}
        results: list[str] = []
        for node in nodes:
            if node.outputs is None or node.phase is not NodePhase.SUCCEEDED:
                continue
            if node.outputs.parameters:
                texts = {each["name"]: any_string(each.get("value")) for each in node.outputs.parameters}
                for name, text in texts.items():
                    lists.setdefault(name, []).append(text)
                maps.append(to_json(texts))
            if node.outputs.result is not None:
                results.append(_raw(node.outputs.result))
        self.values = {
            "outputs.result": "[" + ",".join(results) + "]",
            "outputs.parameters": "[" + ",".join(maps) + "]",
        }
        for name, texts_of_name in lists.items():
            self.values[f"outputs.parameters.{name}"] = _json_list(texts_of_name)

    def fill(self, scope: Scope, name: str) -> None:
        """Put the values into a scope."""
        for key, value in self.values.items():
            scope.values[f"{scope.prefix}.{name}.{key}"] = value


def _raw(result: str) -> str:
    try:
        return items.parse(result).raw
    except ExpressionError as error:
        raise NodeError(error.message) from error


def _json_list(texts: list[str]) -> str:
    # aggregatedJSONValueList: nested only if every value is itself a list or an object
    values = []
    for text in texts:
        try:
            value = go_json.loads(text)
        except GoPanic:
            break
        if not isinstance(value, list | dict):
            break
        values.append(value)
    else:
        return to_json(values)
    return "[" + ",".join(json_string(text) for text in texts) + "]"


# --- global outputs


def export(op: Operation, outputs: Outputs | None) -> None:
    """Make outputs with a `globalName` outputs of the workflow."""
    if outputs is None:
        return
    for parameter in outputs.parameters:
        if parameter.get("globalName"):
            export_parameter(op, parameter)
    for artifact in outputs.artifacts:
        if artifact.get("globalName"):
            _export_artifact(op, artifact)


def _global_outputs(op: Operation) -> Outputs:
    if op.run.outputs is None:
        op.run.outputs = Outputs()
    return op.run.outputs


def export_parameter(op: Operation, parameter: Mapping[str, Json]) -> None:
    """Make one output parameter an output of the workflow (addParamToGlobalScope)."""
    name = str(parameter["globalName"])
    value = parameter.get("value")
    if value is not None:
        op.variables.set(f"workflow.outputs.parameters.{name}", any_string(value))
    elif parameter.get("default") is not None or parameter.get("valueFrom") is not None:
        # a parameter without a value counts as one that has it, until the next round
        op.variables.set_for_now(f"workflow.outputs.parameters.{name}", any_string(parameter.get("default")))
    outputs = _global_outputs(op)
    known = next((each for each in outputs.parameters if each["name"] == name), None)
    if known is None:
        made: dict[str, Json] = {"name": name}
        if value is not None:
            made["value"] = any_string(value)
        outputs.parameters.append(made)
    elif value is not None:
        known["value"] = any_string(value)


def _export_artifact(op: Operation, artifact: Mapping[str, Json]) -> None:
    name = str(artifact["globalName"])
    made = {key: value for key, value in artifact.items() if key not in ("globalName", "path")}
    made["name"] = name
    artifacts = _global_outputs(op).artifacts
    for index, known in enumerate(artifacts):
        if known["name"] == name:
            artifacts[index] = made
            return
    artifacts.append(made)
