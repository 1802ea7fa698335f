"""Inputs and outputs of templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tiphys.validation.artifacts import check_location, check_path
from tiphys.validation.context import Context, check_tags
from tiphys.validation.invalid import Invalid
from tiphys.validation.names import check_value_names, is_parameter, value_name_problem
from tiphys.validation.scope import Scope
from tiphys.validation.templates import is_leaf, template_type

Json = Any
Template = Mapping[str, Json]

_SOURCES: Final = ("path", "jqFilter", "jsonPath", "parameter", "expression")


def check_inputs(template: Template) -> Scope:
    """Validate the inputs of a template and return the names that they make known."""
    name, inputs = template.get("name") or "", template.get("inputs") or {}
    _check_names(f"templates.{name}.inputs.parameters", inputs.get("parameters"))
    _check_names(f"templates.{name}.inputs.artifacts", inputs.get("artifacts"))
    scope = Scope()
    for parameter in inputs.get("parameters") or []:
        scope.add(f"inputs.parameters.{parameter['name']}", "inputs.parameters")
    for artifact in inputs.get("artifacts") or []:
        reference = f"inputs.artifacts.{artifact['name']}"
        where = f"templates.{name}.{reference}"
        scope.add(reference)
        if is_leaf(template):
            try:
                check_path(artifact)
            except Invalid as error:
                raise error.under(f"error in {where}: ") from None
            scope.add(f"{reference}.path")
        elif artifact.get("path"):
            raise Invalid(f"{where}.path only valid in container/script templates")
        if artifact.get("from"):
            raise Invalid(f"{where}.from not valid in inputs")
        check_location(where, artifact)
    return scope


def check_outputs(context: Context, template: Template, scope: Scope) -> None:
    """Validate the outputs of a template."""
    name, outputs = template.get("name") or "", template.get("outputs") or {}
    _check_names(f"templates.{name}.outputs.parameters ", outputs.get("parameters"))
    _check_names(f"templates.{name}.outputs.artifacts ", outputs.get("artifacts"))
    try:
        check_tags(context, scope, outputs)
    except Invalid as error:
        raise error.under(f"templates.{name}.outputs ") from None
    for artifact in outputs.get("artifacts") or []:
        where = f"templates.{name}.outputs.artifacts.{artifact['name']}"
        if is_leaf(template):
            try:
                check_path(artifact)
            except Invalid as error:
                raise error.under(f"error in {where}: ") from None
        elif artifact.get("path"):
            raise Invalid(f"{where}.path only valid in container/script templates")
        _check_global_name(where, artifact.get("globalName") or "")
    for parameter in outputs.get("parameters") or []:
        where = f"templates.{name}.outputs.parameters.{parameter['name']}"
        _check_source(where, parameter)
        _check_source_of_type(where, parameter.get("valueFrom"), template_type(template))
        _check_global_name(where, parameter.get("globalName") or "")


def _check_names(where: str, items: list[Json] | None) -> None:
    try:
        check_value_names((item or {}).get("name") or "" for item in items or [])
    except Invalid as error:
        raise error.under(where) from None


def _check_global_name(where: str, name: str) -> None:
    if name and not is_parameter(name) and (problem := value_name_problem(name)):
        raise Invalid(f"{where}.globalName: {problem}")


def _check_source(where: str, parameter: Mapping[str, Json]) -> None:
    value, source = parameter.get("value"), parameter.get("valueFrom")
    if source is not None and value is not None:
        raise Invalid(f"{where} has both valueFrom and value specified, choose one")
    if value is not None:
        return
    if source is None:
        raise Invalid(f"{where} does not have valueFrom or value specified")
    count = sum(bool(source.get(each)) for each in _SOURCES) + (source.get("supplied") is not None)
    if count == 0:
        choices = "path, jqFilter, jsonPath, parameter, raw, expression"
        raise Invalid(f"valueFrom type unspecified. choose one of: {choices}")
    if count > 1:
        choices = "path, jqFilter, jsonPath, parameter, raw"
        raise Invalid(f"multiple valueFrom types specified. choose one of: {choices}")


def _check_source_of_type(where: str, source: Mapping[str, Json] | None, type: str) -> None:
    if source is None:
        return
    if type in ("Container", "ContainerSet", "Script") and not source.get("path"):
        raise Invalid(f"{where}.path must be specified for {type} templates")
    if type == "Resource" and not source.get("jqFilter") and not source.get("jsonPath"):
        raise Invalid(f"{where} .jqFilter or jsonPath must be specified for {type} templates")
    if type in ("DAG", "Steps") and not source.get("parameter") and not source.get("expression"):
        raise Invalid(f"{where}.parameter or expression must be specified for {type} templates")
