"""From a template to what is executed: arguments and defaults become inputs, variables are filled in.

https://github.com/argoproj/argo-workflows/blob/main/workflow/common/util.go (ProcessArgs, SubstituteParams)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.engine import artifact_places
from tiphys.engine.environment import Environment
from tiphys.engine.parameters import NotFound, any_string, config_map_value, parameters_json
from tiphys.engine.scope import ABSENT_ARGUMENT
from tiphys.engine.substitution import Plans, fill, plan_of
from tiphys.errors import NodeError
from tiphys.expressions import tags
from tiphys.expressions.ambient import NOTHING
from tiphys.messages.outputs import Json

Template = dict[str, Json]


class Inputs:
    """Makes inputs of arguments. One for a run: it keeps the plans of its templates.

    `ambient` is what expressions may ask of the world at present.
    """

    def __init__(self, environment: Environment, namespace: str) -> None:
        self._environment = environment
        self._namespace = namespace
        self._plans = Plans()
        self.ambient = NOTHING

    def process(
        self,
        template: Template,
        arguments: Mapping[str, Json] | None,
        workflow: Mapping[str, str],
        local: Mapping[str, str],
    ) -> Template:
        """The template with its inputs set and every known variable filled in (ProcessArgs).

        Raises `NodeError` when an input is missing, `ExpressionError` when a text cannot be filled in.
        """
        declared = template.get("inputs") or {}
        inputs: dict[str, Json] = {}
        if declared.get("parameters"):
            given = _by_name(arguments, "parameters")
            inputs["parameters"] = [
                self._parameter(each, given.get(each.get("name")), workflow)
                for each in declared["parameters"]
            ]
        if declared.get("artifacts"):
            given = _by_name(arguments, "artifacts")
            inputs["artifacts"] = [
                _artifact(each, given.get(each.get("name"))) for each in declared["artifacts"]
            ]
        return self._fill(template, inputs, {**workflow, **local})

    def substitute(
        self, template: Template, workflow: Mapping[str, str], local: Mapping[str, str]
    ) -> Template:
        """A template that has its inputs, with more variables filled in (SubstituteParams)."""
        return self._fill(template, template.get("inputs") or {}, {**workflow, **local})

    def _fill(self, template: Template, inputs: dict[str, Json], scope: dict[str, Any]) -> Template:
        # First globals and locals, then inputs: what they brought in is scanned once more
        plan = self._plans.of(template)
        if inputs:
            inputs = fill(inputs, plan_of(inputs), scope, ambient=self.ambient)
        if plan is None:
            return {**template, "inputs": inputs} if inputs else template
        wider = dict(scope)
        for parameter in inputs.get("parameters") or ():
            if parameter.get("value") is not None:
                wider[f"inputs.parameters.{parameter['name']}"] = any_string(parameter["value"])
            elif parameter.get("valueFrom") is None:
                raise NodeError(f"inputs.parameters.{parameter['name']} had no value")
        wider["inputs.parameters"] = (
            parameters_json(inputs["parameters"]) if inputs.get("parameters") else "null"
        )
        for artifact in inputs.get("artifacts") or ():
            if artifact.get("path"):
                wider[f"inputs.artifacts.{artifact['name']}.path"] = artifact["path"]
        self._add_output_paths(template, scope, wider)
        rest = {key: below for key, below in plan.items() if key != "inputs"}
        filled: Template = fill(template, rest, scope, wider, ambient=self.ambient)
        if inputs:
            filled = dict(filled) if filled is template else filled
            filled["inputs"] = fill(inputs, plan_of(inputs), wider, ambient=self.ambient)
        return filled

    def _add_output_paths(self, template: Template, scope: dict[str, Any], wider: dict[str, Any]) -> None:
        outputs = template.get("outputs") or {}
        for artifact in outputs.get("artifacts") or ():
            if artifact.get("path"):
                wider[f"outputs.artifacts.{artifact['name']}.path"] = _text(artifact["path"], scope)
        for parameter in outputs.get("parameters") or ():
            path = (parameter.get("valueFrom") or {}).get("path")
            if path:
                wider[f"outputs.parameters.{parameter['name']}.path"] = _text(path, scope)

    def _parameter(
        self, declared: Mapping[str, Json], given: Mapping[str, Json] | None, workflow: Mapping[str, str]
    ) -> dict[str, Json]:
        parameter = {name: value for name, value in declared.items() if value is not None}
        if parameter.get("value") is None and parameter.get("default") is not None:
            parameter["value"] = parameter["default"]
        if given is not None and given.get("value") == ABSENT_ARGUMENT:
            if parameter.get("value") is None and parameter.get("valueFrom") is None:
                raise NodeError(
                    f"inputs.parameters.{parameter.get('name')}: argument references an absent optional "
                    "(skipped/omitted node output with no default)"
                )
        elif given is not None:
            _overwrite(parameter, given)
        if "default" in parameter:
            parameter["default"] = any_string(parameter["default"])
        if parameter.get("value") is not None:
            parameter["value"] = any_string(parameter["value"])
        return self._supplied(parameter, workflow)

    def _supplied(self, parameter: dict[str, Json], workflow: Mapping[str, str]) -> dict[str, Json]:
        source = parameter.get("valueFrom") or {}
        reference = source.get("configMapKeyRef")
        if reference is None:
            if parameter.get("value") is None:
                raise NodeError(f"inputs.parameters.{parameter.get('name')} was not supplied")
            return parameter
        name = tags.replace(str(reference.get("name", "")), workflow, allow_unresolved=False)
        key = tags.replace(str(reference.get("key", "")), workflow, allow_unresolved=False)
        try:
            parameter["value"] = config_map_value(self._environment, self._namespace, name, key)
        except NodeError as error:
            if source.get("default") is None or not isinstance(error, NotFound):
                raise NodeError(
                    f"unable to retrieve inputs.parameters.{parameter.get('name')} from ConfigMap: {error.message}"
                ) from error
            parameter["value"] = any_string(source["default"])
        return parameter


def _by_name(arguments: Mapping[str, Json] | None, kind: str) -> dict[Json, Mapping[str, Json]]:
    found: dict[Json, Mapping[str, Json]] = {}
    for each in (arguments or {}).get(kind) or ():
        found.setdefault(each.get("name"), each)
    return found


def _overwrite(parameter: dict[str, Json], given: Mapping[str, Json]) -> None:
    if given.get("value") is not None:
        parameter["value"] = given["value"]
        parameter.pop("valueFrom", None)
        return
    parameter.pop("value", None)
    if given.get("valueFrom") is not None:
        parameter["valueFrom"] = given["valueFrom"]
    else:
        parameter.pop("valueFrom", None)


def _artifact(declared: Mapping[str, Json], given: Mapping[str, Json] | None) -> Mapping[str, Json]:
    name = declared.get("name")
    if not declared.get("optional") and not artifact_places.has_location_or_key(declared):
        if given is None:
            raise NodeError(f"inputs.artifacts.{name} was not supplied")
        # from and fromExpression are never both set, so this asks for a place in any case
        if not artifact_places.has_location_or_key(given):
            raise NodeError(f"inputs.artifacts.{name} missing location information")
    if given is None:
        return declared
    made = {key: value for key, value in given.items() if key not in ("path", "mode", "recurseMode")}
    for key in ("path", "mode", "recurseMode"):
        if declared.get(key) is not None:
            made[key] = declared[key]
    return made


def _text(text: Json, scope: Mapping[str, Any]) -> str:
    return tags.replace(str(text), scope, allow_unresolved=True)
