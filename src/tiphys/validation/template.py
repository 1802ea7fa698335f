"""Any template: its type, its inputs with the arguments it is called with, then what it consists of.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/validate/validate.go (`validateTemplate`)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tiphys.manifest.encoding import to_text
from tiphys.validation.arguments import AnyArguments, Arguments, supplied_inputs, with_arguments
from tiphys.validation.artifacts import check_location
from tiphys.validation.dag import check_dag
from tiphys.validation.invalid import Invalid
from tiphys.validation.leaf import check_leaf
from tiphys.validation.metrics import check_metric
from tiphys.validation.outputs import check_inputs, check_outputs
from tiphys.validation.placeholders import PREFIX, Placeholders
from tiphys.validation.pod import check_pod_resources
from tiphys.validation.scope import Scope
from tiphys.validation.steps import check_steps
from tiphys.validation.tags import simple_tags
from tiphys.validation.templates import (
    Base,
    Getters,
    NotFound,
    Template,
    Templates,
    is_leaf,
    is_pod_type,
    template_type,
    types_given,
)

Json = Any

_RETRY_POLICIES: Final = frozenset({"", "Always", "OnError", "OnFailure", "OnTransientError"})
_OF_RETRIES: Final = (
    "retries",
    "lastRetry.exitCode",
    "lastRetry.status",
    "lastRetry.duration",
    "lastRetry.message",
)
_TYPES_TO_CHOOSE: Final = (
    "container, containerSet, steps, script, resource, dag, suspend, template, template ref"
)
_NEEDS_ARGUMENTS: Final = ("timeout", "pendingTimeout", "resourceClaims")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+\Z", re.ASCII)


class Validator:
    """The validation of one workflow: each template is looked into once, its calls every time."""

    def __init__(
        self,
        getters: Getters,
        values: dict[str, str],
        placeholders: Placeholders,
        *,
        is_isolated: bool,
        found: list[Invalid] | None = None,
    ) -> None:
        self.values = values
        self.placeholders = placeholders
        self.any_arguments = AnyArguments(placeholders)
        self.is_isolated = is_isolated
        self._templates = Templates(getters)
        self._done: set[tuple[str, str]] = set()
        self._found = found

    def refuse(self, error: Invalid) -> None:
        """Raise the error, or note it and go on if all errors are wanted."""
        if self._found is None:
            raise error from None
        self._found.append(error)

    def check_holder(
        self, holder: Mapping[str, Json], base: Base, arguments: Arguments
    ) -> Mapping[str, Json] | None:
        """Validate the template that a step, task or hook refers to, and return it if it is known."""
        reference, name = holder.get("templateRef"), holder.get("template") or ""
        if reference is not None:
            _check_reference(reference, name)
            if _has_tags(reference):
                return None  # known at run time
        elif name and self._templates.find(base, name) is None:
            raise Invalid(f"template name '{name}' undefined")
        try:
            below, template = self._templates.resolve(base, holder)
        except NotFound as error:
            if reference is None:
                raise
            if PREFIX in reference["template"]:
                return None
            raise Invalid(
                f"template reference {reference['name']}.{reference['template']} not found"
            ) from error
        policy = (template.get("retryStrategy") or {}).get("retryPolicy") or ""
        if policy not in _RETRY_POLICIES:
            raise Invalid(f"{policy} is not a valid RetryPolicy")
        try:
            self._check_template(template, below, arguments, is_inline=holder.get("inline") is not None)
        except Invalid as error:
            raise error.within(template) from None
        return template

    def _check_template(
        self, template: Template, base: Base, arguments: Arguments, *, is_inline: bool
    ) -> None:
        key = (base.template_scope, template.get("name") or "")
        if key in self._done and not is_inline and not any(template.get(name) for name in _NEEDS_ARGUMENTS):
            self._check_call(template, arguments)
            return
        name = template.get("name") or ""
        try:
            scope = _checked_before_arguments(name, template)
        except Invalid as error:
            raise error.at(base.origin(name)) from None
        own = self._own_values(template)
        scope.add(*own)
        _add_output_paths(template, scope)
        filled = self._filled(name, template, arguments, own)
        _check_what_depends_on_values(name, template, filled)
        if key in self._done:
            return
        self._done.add(key)
        try:
            self._check_parts(base, name, filled, scope)
        except Invalid as error:
            raise error.at(base.origin(name)) from None

    def _check_call(self, template: Template, arguments: Arguments) -> None:
        """What is left to see of a template that was looked into before."""
        try:
            supplied_inputs(template.get("inputs") or {}, arguments)
        except Invalid as error:
            raise error.under(f"templates.{template.get('name') or ''} ") from None

    def _own_values(self, template: Template) -> dict[str, str]:
        names = ["pod.name"] if is_pod_type(template) else []
        if template.get("retryStrategy") is not None:
            names += _OF_RETRIES
        return {name: self.placeholders.next() for name in names}

    def _filled(
        self, name: str, template: Template, arguments: Arguments, own: Mapping[str, str]
    ) -> dict[str, Json]:
        try:
            return with_arguments(template, arguments, {**self.values, **own})
        except Invalid as error:
            raise error.under(f"templates.{name} ") from None

    def _check_parts(self, base: Base, name: str, template: dict[str, Json], scope: Scope) -> None:
        scope.add(*self.values)
        match template_type(template):
            case "Steps":
                _refuse_deadline(template)
                check_steps(self, base, template, scope)
            case "DAG":
                _refuse_deadline(template)
                check_dag(self, base, template, scope)
            case _:
                check_leaf(self, base, template, scope)
        check_outputs(self, template, scope)
        if (location := template.get("archiveLocation")) is not None:
            check_location(f"templates.{template.get('name') or ''}.archiveLocation", location)
        for metric in (template.get("metrics") or {}).get("prometheus") or []:
            check_metric(name, metric or {})


def _check_reference(reference: Mapping[str, Json], name: str) -> None:
    if name:
        raise Invalid("template name cannot be specified with templateRef")
    if not reference.get("name"):
        raise Invalid("resource name is required")
    if not reference.get("template"):
        raise Invalid("template name is required")


def _has_tags(reference: Mapping[str, Json]) -> bool:
    try:
        return any(True for _ in simple_tags(to_text(reference)))
    except Invalid:
        return True


def _check_type(template: Template) -> None:
    given = types_given(template)
    if len(given) == 1:
        return
    problem = "multiple template types specified" if given else "template type unspecified"
    raise Invalid(f"templates.{template.get('name') or ''} {problem}. choose one of: {_TYPES_TO_CHOOSE}")


def _checked_before_arguments(name: str, template: Template) -> Scope:
    _check_type(template)
    _check_pod_resources_of(name, template)
    scope = check_inputs(template)
    for container in template.get("initContainers") or []:
        if not (container or {}).get("name"):
            raise Invalid("initContainers must all have container name")
    return scope


def _check_pod_resources_of(name: str, template: Template) -> None:
    resources = template.get("podResources")
    if resources is None:
        return
    type = template_type(template)
    if type in ("HTTP", "Plugin"):
        raise Invalid(f"templates.{name}.podResources is not supported for {type} templates")
    check_pod_resources(f"templates.{name}.podResources", resources)


def _add_output_paths(template: Template, scope: Scope) -> None:
    if not is_leaf(template):
        return
    outputs = template.get("outputs") or {}
    for artifact in outputs.get("artifacts") or []:
        if artifact.get("path"):
            scope.add(f"outputs.artifacts.{artifact.get('name') or ''}.path")
    for parameter in outputs.get("parameters") or []:
        if (parameter.get("valueFrom") or {}).get("path"):
            scope.add(f"outputs.parameters.{parameter.get('name') or ''}.path")


def _check_what_depends_on_values(name: str, template: Template, filled: Template) -> None:
    type = template_type(filled) or "Unknown"
    if template.get("resourceClaims") and not is_pod_type(filled):
        problem = f"is not supported for {type} templates, which do not create a pod"
        raise Invalid(f"templates.{name}.resourceClaims {problem}")
    if timeout := filled.get("timeout"):
        if not is_leaf(filled):
            raise Invalid(f"{type} template doesn't support timeout field")
        if _INTEGER.match(timeout):
            raise Invalid(f"{filled.get('name') or ''} has invalid duration format in timeout")
    if filled.get("pendingTimeout") and not is_leaf(filled):
        raise Invalid(f"{type} template doesn't support pendingTimeout field")


def _refuse_deadline(template: Template) -> None:
    if template.get("activeDeadlineSeconds") is not None:
        name = template.get("name") or ""
        raise Invalid(f"templates.{name}.activeDeadlineSeconds is only valid for leaf templates")
