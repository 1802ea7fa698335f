"""Steps templates.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/validate/validate.go (`validateSteps`)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.validation.arguments import GivenArguments, check_arguments
from tiphys.validation.context import Context, add_outputs, add_outputs_despite, check_tags
from tiphys.validation.hooks import check_hooks, has_exit_hook
from tiphys.validation.invalid import Invalid
from tiphys.validation.loops import add_items, is_aggregating
from tiphys.validation.names import step_name_problem
from tiphys.validation.scope import Scope
from tiphys.validation.templates import Base

Json = Any


def check_steps(context: Context, base: Base, template: Mapping[str, Json], scope: Scope) -> None:
    """Validate the steps of a template, in order."""
    owner = template.get("name") or ""
    names: set[str] = set()
    for index, group in enumerate(template["steps"]):
        for position, step in enumerate(group or []):
            try:
                _check_name(owner, index, step.get("name") or "", names)
                _check_step(context, base, owner, index, step, scope)
            except Invalid as error:
                context.refuse(error.at(base.origin(owner, "steps", index, position)))
                add_outputs_despite(context, scope, "steps", step, error, is_loop=is_aggregating(step))


def _check_name(owner: str, index: int, name: str, names: set[str]) -> None:
    where = f"templates.{owner}.steps[{index}].name"
    if not name:
        raise Invalid(f"{where} is required")
    if name in names:
        raise Invalid(f"{where} '{name}' is not unique")
    if problem := step_name_problem(name):
        raise Invalid(f"{where} '{name}' is invalid: {problem}")
    names.add(name)


def _check_step(
    context: Context, base: Base, owner: str, index: int, step: Mapping[str, Json], scope: Scope
) -> None:
    name = step["name"]
    where = f"templates.{owner}.steps[{index}].{name}"
    scope.add(f"steps.{name}.status")
    try:
        add_items(step, scope)
    except Invalid as error:
        raise error.under(f"{where} ") from None
    check_arguments(f"{where}.arguments.", step.get("arguments") or {}, allow_empty=False)
    try:
        template = context.check_holder(step, base, context.any_arguments)
    except Invalid as error:
        raise error.under(f"{where} ") from None
    if has_exit_hook(step):
        add_outputs(context, scope, "steps", name, template)
    check_hooks(step.get("hooks") or {}, where)
    try:
        check_tags(context, Scope(inline_inputs(step), scope), step)
    except Invalid as error:
        raise error.under(f"templates.{owner}.steps ") from None
    add_outputs(context, scope, "steps", name, template, is_loop=is_aggregating(step))
    try:
        context.check_holder(step, base, GivenArguments(step.get("arguments") or {}))
    except Invalid as error:
        raise error.under(f"{where} ") from None


def inline_inputs(holder: Mapping[str, Json]) -> list[str]:
    """The inputs of an inline template, which its own tags may name."""
    inputs = (holder.get("inline") or {}).get("inputs") or {}
    return [
        f"inputs.parameters.{parameter.get('name') or ''}" for parameter in inputs.get("parameters") or []
    ]
