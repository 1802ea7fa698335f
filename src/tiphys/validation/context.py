"""What the checks of a template share: the values known so far, and the way to other templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from tiphys.manifest.encoding import to_text
from tiphys.validation.arguments import AnyArguments, Arguments
from tiphys.validation.invalid import Invalid
from tiphys.validation.names import is_parameter
from tiphys.validation.placeholders import Placeholders
from tiphys.validation.scope import ANY_ITEM, ANY_OUTPUT_ARTIFACT, ANY_OUTPUT_PARAMETER, Scope
from tiphys.validation.tags import concerns_a_run, simple_tags
from tiphys.validation.templates import Base, has_output, template_type

Json = Any

_ALWAYS_KNOWN: Final = (
    "outputs.",  # a metric speaks of its own template
    "workflow.creationTimestamp",
    "workflow.scheduledTime",
    "workflow.duration",
    "tasks.name",
    "steps.name",
    "node.name",
)
_OF_EVERY_NODE: Final = ("id", "startedAt", "finishedAt", "hostNodeName")


class Context(Protocol):
    """The validation of one workflow, as steps, DAGs and leaves see it."""

    values: dict[str, str]
    """Global values by name; placeholders for what only the run knows."""
    placeholders: Placeholders
    any_arguments: AnyArguments
    is_isolated: bool
    """True for a (Cluster)WorkflowTemplate: more parameters may come from the workflow that uses it."""

    def refuse(self, error: Invalid) -> None:
        """Raise the error, or note it and go on if all errors are wanted."""

    def check_holder(
        self, holder: Mapping[str, Json], base: Base, arguments: Arguments
    ) -> Mapping[str, Json] | None:
        """Validate the template that a step, task or hook refers to, and return it if it is known."""


def check_tags(context: Context, scope: Scope, value: Json) -> None:
    """Refuse simple tags in an object that nothing can resolve."""
    check_tags_in_text(context, scope, to_text(value))


def check_tags_in_text(context: Context, scope: Scope, text: str) -> None:
    """Refuse simple tags in a text that nothing can resolve."""
    if "{{" not in text:
        return
    unknown = [tag for tag in simple_tags(text) if not _is_known(context, scope, tag.strip())]
    if unknown:
        raise Invalid(*(f"failed to resolve {{{{{tag}}}}}" for tag in unknown))


def _is_known(context: Context, scope: Scope, name: str) -> bool:
    if not concerns_a_run(name) or name in scope or name in context.values:
        return True
    return _may_come_later(context, scope, name)


def _may_come_later(context: Context, scope: Scope, name: str) -> bool:
    if name.startswith("item.") and ANY_ITEM in scope:
        return True
    if name.startswith("workflow.outputs.parameters.") and ANY_OUTPUT_PARAMETER in scope:
        return True
    if name.startswith("workflow.outputs.artifacts.") and ANY_OUTPUT_ARTIFACT in scope:
        return True
    return name.startswith(_ALWAYS_KNOWN) or (context.is_isolated and name.startswith("workflow.parameters"))


def add_outputs(
    context: Context,
    scope: Scope,
    kind: str,
    name: str,
    template: Mapping[str, Json] | None,
    *,
    is_loop: bool = False,
) -> None:
    """Make known what a step or task (`kind` is `steps` or `tasks`) gives to those after it."""
    prefix = f"{kind}.{name}"
    scope.add(*(f"{prefix}.{part}" for part in _OF_EVERY_NODE))
    if template is None:
        return
    if template.get("daemon"):
        scope.add(f"{prefix}.ip")
    if has_output(template):
        scope.add(f"{prefix}.outputs.result", f"{prefix}.exitCode")
    outputs = template.get("outputs") or {}
    for part, any_name in (("parameters", ANY_OUTPUT_PARAMETER), ("artifacts", ANY_OUTPUT_ARTIFACT)):
        for output in outputs.get(part) or []:
            scope.add(f"{prefix}.outputs.{part}.{output.get('name') or ''}")
            _add_global(context, scope, f"workflow.outputs.{part}.", output.get("globalName") or "", any_name)
    if is_loop:
        scope.add(f"{prefix}.outputs.parameters")
        if template_type(template) in ("Script", "ContainerSet"):
            scope.add(f"{prefix}.outputs.result", f"{prefix}.exitCode")


def add_outputs_despite(
    context: Context, scope: Scope, kind: str, call: Mapping[str, Json], error: Invalid, *, is_loop: bool
) -> None:
    """Make known what a step or task gives in which an error was noted, or take any name of it."""
    name = call.get("name") or ""
    if error.called is None:
        scope.add_all_under(f"{kind}.{name}.")
    else:
        add_outputs(context, scope, kind, name, error.called, is_loop=is_loop)


def _add_global(context: Context, scope: Scope, prefix: str, name: str, any_name: str) -> None:
    if not name:
        return
    if is_parameter(name):
        scope.add(any_name)
    else:
        scope.add(prefix + name)
        context.values[prefix + name] = context.placeholders.next()
