"""Workflows, WorkflowTemplates and ClusterWorkflowTemplates as wholes.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/validate/validate.go (`Workflow`)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from tiphys.expressions.go_quote import quote
from tiphys.validation.arguments import Arguments, GivenArguments, check_arguments, named
from tiphys.validation.hooks import check_hooks
from tiphys.validation.invalid import Invalid, Origin
from tiphys.validation.names import check_field_names, is_parameter
from tiphys.validation.placeholders import Placeholders
from tiphys.validation.pod import check_pod_resources
from tiphys.validation.scope import ANY_OUTPUT_ARTIFACT
from tiphys.validation.selectors import check_label_selector
from tiphys.validation.template import Validator
from tiphys.validation.templates import Base, Getters

Json = Any
Mode = Literal["controller", "submit", "lint"]
Found = list[Invalid]

LONGEST_NAME: Final = 63
_POD_GC: Final = frozenset(
    {"", "OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess"}
)
_IDENTITY: Final = ("name", "namespace", "mainEntrypoint", "serviceAccountName", "uid")


def check_workflow(
    workflow: Mapping[str, Json], getters: Getters, mode: Mode, found: Found | None = None
) -> None:
    """Validate a Workflow that `manifest.decoding` has read.

    Raises the first `Invalid`, as Argo does; with `found` all are gathered there, as far as can be.
    """
    _WorkflowCheck(workflow, getters, mode, found, is_isolated=False, needs_entrypoint=True).run()


def check_template_object(
    template: Mapping[str, Json], getters: Getters, mode: Mode, found: Found | None = None
) -> None:
    """Validate a WorkflowTemplate or ClusterWorkflowTemplate, as `check_workflow` does."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    kept = {name: metadata[name] for name in ("labels", "annotations") if name in metadata}
    workflow = {"metadata": kept, "spec": spec}
    has_entrypoint = bool(spec.get("entrypoint"))
    _WorkflowCheck(workflow, getters, mode, found, is_isolated=True, needs_entrypoint=has_entrypoint).run()


def check_name_length(name: str, what: str, longest: int) -> None:
    """Refuse names that leave no room for what Kubernetes or Argo append."""
    length = len(name.encode())
    if length > longest:
        raise Invalid(
            f"{what} name {quote(name)} must not be more than {longest} characters long (currently {length})"
        )


class _WorkflowCheck:
    def __init__(
        self,
        workflow: Mapping[str, Json],
        getters: Getters,
        mode: Mode,
        found: Found | None,
        *,
        is_isolated: bool,
        needs_entrypoint: bool,
    ) -> None:
        self._metadata = workflow.get("metadata") or {}
        self._spec = workflow.get("spec") or {}
        self._getters = getters
        self._allows_empty = mode == "lint" or (is_isolated and mode != "submit")
        self._is_isolated = is_isolated
        self._needs_entrypoint = needs_entrypoint
        self._base = Base("local", self._metadata.get("name") or "", self._spec)
        placeholders = Placeholders()
        values = {f"workflow.{name}": placeholders.next() for name in _IDENTITY}
        self._validator = Validator(getters, values, placeholders, is_isolated=is_isolated, found=found)

    def run(self) -> None:
        """Validate in Argo's order."""
        spec = self._spec
        self._at(lambda: check_name_length(self._base.name, "workflow", LONGEST_NAME), "metadata", "name")
        referred = self._referred_spec()
        self._at(self._check_template_names, "spec", "templates")
        self._at(lambda: check_executor_plugins(spec.get("executorPlugins") or []), "spec", "executorPlugins")
        arguments = self._merged_arguments(referred)
        self._at(
            lambda: check_arguments("spec.arguments.", arguments, allow_empty=self._allows_empty),
            "spec",
            "arguments",
        )
        self._add_values(arguments, referred)
        self._check_entrypoint(arguments, referred)
        self._check_exit_handler(referred)
        self._at(lambda: check_hooks(spec.get("hooks") or {}, "hooks"), "spec", "hooks")
        self._at(self._check_pod_gc, "spec", "podGC")
        pod_resources = spec.get("podResources")
        self._at(lambda: check_pod_resources("spec.podResources", pod_resources), "spec", "podResources")
        for name in self._names_of_templates(referred):
            try:
                self._check_by_name(name, self._validator.any_arguments)
            except Invalid as error:
                self._validator.refuse(error.under(f"templates.{name} "))

    def _at(self, check: Callable[[], None], *path: str) -> None:
        try:
            check()
        except Invalid as error:
            self._validator.refuse(error.at(Origin("local", self._base.name, path)))

    def _referred_spec(self) -> Mapping[str, Json] | None:
        reference = self._spec.get("workflowTemplateRef")
        if reference is None:
            return None
        if self._spec.get("templates"):
            raise Invalid(
                "Templates is invalid field in spec if workflow referred WorkflowTemplate reference",
                origin=Origin("local", self._base.name, ("spec", "templates")),
            )
        origin = Origin("local", self._base.name, ("spec", "workflowTemplateRef"))
        try:
            found = self._getters.required(
                reference.get("name") or "", cluster=bool(reference.get("clusterScope"))
            )
        except Invalid as error:
            raise error.at(origin) from None
        return found.spec

    def _check_template_names(self) -> None:
        try:
            check_field_names(
                (template or {}).get("name") or "" for template in self._spec.get("templates") or []
            )
        except Invalid as error:
            raise error.under("spec.templates") from None

    def _merged_arguments(self, referred: Mapping[str, Json] | None) -> dict[str, Json]:
        own = self._spec.get("arguments") or {}
        theirs = (referred or {}).get("arguments") or {}
        if referred is None:
            return dict(own)
        return {
            kind: list(named([*(own.get(kind) or []), *(theirs.get(kind) or [])]).values())
            for kind in ("parameters", "artifacts")
        }

    def _add_values(self, arguments: Mapping[str, Json], referred: Mapping[str, Json] | None) -> None:
        values, unknown = self._validator.values, self._validator.placeholders
        parameters = arguments.get("parameters") or []
        if parameters:
            values["workflow.parameters"] = unknown.next()
            values["workflow.parameters.json"] = unknown.next()
        for parameter in parameters:
            value = parameter.get("value")
            values[f"workflow.parameters.{parameter.get('name') or ''}"] = (
                unknown.next() if value is None else value
            )
        own, theirs = self._spec.get("workflowMetadata") or {}, (referred or {}).get("workflowMetadata") or {}
        for kind, sources in (("annotations", ["annotations"]), ("labels", ["labels", "labelsFrom"])):
            for names in (
                self._metadata.get(kind),
                *(each.get(s) for each in (own, theirs) for s in sources),
            ):
                for name in names or {}:
                    values[f"workflow.{kind}.{name}"] = unknown.next()
            values[f"workflow.{kind}"] = unknown.next()
            values[f"workflow.{kind}.json"] = unknown.next()
        if (priority := self._spec.get("priority")) is not None:
            values["workflow.priority"] = str(priority)
        values["workflow.status"] = unknown.next()

    def _check_entrypoint(self, arguments: Mapping[str, Json], referred: Mapping[str, Json] | None) -> None:
        if not self._needs_entrypoint:
            return
        entrypoint = self._spec.get("entrypoint") or (referred or {}).get("entrypoint") or ""
        if not entrypoint:
            origin = Origin("local", self._base.name, ("spec",))
            self._validator.refuse(Invalid("spec.entrypoint is required", origin=origin))
            return
        given = self._validator.any_arguments if self._is_isolated else GivenArguments(arguments)
        self._at(lambda: self._check_by_name(entrypoint, given), "spec", "entrypoint")

    def _check_exit_handler(self, referred: Mapping[str, Json] | None) -> None:
        handler = self._spec.get("onExit") or (referred or {}).get("onExit") or ""
        if not handler:
            return
        self._validator.values["workflow.failures"] = self._validator.placeholders.next()
        templates = [*(self._spec.get("templates") or []), *((referred or {}).get("templates") or [])]
        if any(is_parameter(name) for name in _global_artifacts(templates)):
            self._validator.values[ANY_OUTPUT_ARTIFACT] = "true"
        given = GivenArguments(self._spec.get("arguments") or {})
        self._at(lambda: self._check_by_name(handler, given), "spec", "onExit")

    def _check_pod_gc(self) -> None:
        pod_gc = self._spec.get("podGC") or {}
        strategy = pod_gc.get("strategy") or ""
        if strategy not in _POD_GC:
            raise Invalid(f"podGC.strategy unknown strategy '{strategy}'")
        try:
            check_label_selector(pod_gc.get("labelSelector") or {})
        except Invalid as error:
            raise error.under("podGC.labelSelector invalid: ") from None

    def _names_of_templates(self, referred: Mapping[str, Json] | None) -> Iterator[str]:
        templates = (self._spec if referred is None else referred).get("templates") or []
        return ((template or {}).get("name") or "" for template in templates)

    def _check_by_name(self, name: str, arguments: Arguments) -> None:
        reference = self._spec.get("workflowTemplateRef")
        holder: dict[str, Json] = {"template": name}
        if reference is not None:
            holder = {"templateRef": {**reference, "template": name}}
        self._validator.check_holder(holder, self._base, arguments)


def _global_artifacts(templates: Iterable[Json]) -> Iterator[str]:
    for template in templates:
        for artifact in ((template or {}).get("outputs") or {}).get("artifacts") or []:
            yield artifact.get("globalName") or ""


def check_executor_plugins(plugins: Iterable[Json]) -> None:
    """Refuse executor plugins whose sidecar lacks what Argo demands."""
    for plugin in plugins:
        if not (plugin.get("metadata") or {}).get("name"):
            raise Invalid("spec.executorPlugins: executor plugin metadata name is mandatory")
        container = ((plugin.get("spec") or {}).get("sidecar") or {}).get("container") or {}
        resources = container.get("resources") or {}
        needed = (
            ("at least one port is mandatory", bool(container.get("ports"))),
            ("resources requests are mandatory", resources.get("requests") is not None),
            ("resources limits are mandatory", resources.get("limits") is not None),
            ("security context is mandatory", container.get("securityContext") is not None),
        )
        for problem, is_there in needed:
            if not is_there:
                raise Invalid(f"spec.executorPlugins: {problem}")
