"""Finding templates: by name, `templateRef`, `inline`; what Argo stores of them; `templateDefaults`.

Templates handed out are shared and read-only. What comes from WorkflowTemplates is kept in
`Run.stored_templates` at first sight, so that a later change of the WorkflowTemplate does not reach
the run. https://github.com/argoproj/argo-workflows/blob/main/workflow/templateresolution/context.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tiphys.engine.environment import Environment
from tiphys.engine.run import Run
from tiphys.errors import NodeError
from tiphys.manifest.decoding import decode
from tiphys.manifest.fields import TEMPLATE, WORKFLOW_SPEC
from tiphys.manifest.strategic_merge import strategic_merge
from tiphys.messages.outputs import Json

Template = dict[str, Json]
Scope = Literal["local", "namespaced", "cluster"]

_TYPES: Final = {
    "container": "Container",
    "containerSet": "ContainerSet",
    "steps": "Steps",
    "dag": "DAG",
    "script": "Script",
    "resource": "Resource",
    "data": "Data",
    "suspend": "Suspend",
    "http": "HTTP",
    "plugin": "Plugin",
}
_KEPT: Final = 1000
_POD_TYPES: Final = frozenset({"container", "containerSet", "script", "resource", "data"})


def template_type(template: Mapping[str, Json]) -> str:
    """The field that says what a template is (`container`, `dag` …), or "" when none is there."""
    for name in _TYPES:
        if template.get(name) is not None:
            return name
    return ""


def is_pod_type(template: Mapping[str, Json]) -> bool:
    """True when the template runs as a pod of its own."""
    return template_type(template) in _POD_TYPES


@dataclass(frozen=True, slots=True, eq=False)
class TemplateBase:
    """Where templates are looked up by name: the workflow, or a (Cluster)WorkflowTemplate."""

    scope: Scope
    name: str
    templates: Mapping[str, Template]
    pod_metadata: Mapping[str, Json]

    @property
    def template_scope(self) -> str:
        """What nodes keep as `templateScope`."""
        return f"{self.scope}/{self.name}"

    def find(self, name: str) -> Template | None:
        """The template of that name with the base's `podMetadata`, or None."""
        template = self.templates.get(name)
        return None if template is None else _with_pod_metadata(template, self.pod_metadata)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A template, and the base in which the names that it uses are looked up."""

    base: TemplateBase
    template: Template


class Templates:
    """The templates a run can see. Needs `run.stored_spec` (see `engine.specification`)."""

    def __init__(self, run: Run, environment: Environment) -> None:
        self._run = run
        self._environment = environment
        self._local: TemplateBase | None = None
        self._bases: dict[str, TemplateBase] = {}
        self._resolved: dict[tuple[str, str], Resolved] = {}
        self._with_defaults: dict[int, tuple[Template, Template]] = {}

    def base(self, template_scope: str = "") -> TemplateBase:
        """The base that a node's `templateScope` names; "" is the workflow itself.

        Raises `NodeError` when the WorkflowTemplate is gone.
        """
        scope, slash, name = template_scope.partition("/")
        if not slash and scope:
            scope, name = "namespaced", scope  # so wrote versions before 2.8
        if scope in ("", "local"):
            return self._local_base()
        return self._remote_base(name, cluster=scope == "cluster")

    def resolve(self, base: TemplateBase, reference: Mapping[str, Json]) -> Resolved:
        """What `template`, `templateRef` or `inline` of a step, task or hook means, seen from `base`.

        Raises `NodeError` with Argo's text when there is none.
        """
        stored_as = _stored_name(base, reference)
        if stored_as is None and not reference.get("inline"):
            key = (base.template_scope, str(reference.get("template", "")))
            if (known := self._resolved.get(key)) is not None:
                return known
        template = self._run.stored_templates.get(stored_as) if stored_as else None
        if template is None:
            template = self._find(base, reference)
            if stored_as:
                self._run.stored_templates[stored_as] = template
            self._store_inline(base, reference, template)
        resolved = Resolved(self._base_below(base, reference), template)
        if not template_type(template):
            raise NodeError(f"template '{template.get('name', '')}' type is unknown")
        if stored_as is None and not reference.get("inline"):
            self._resolved[base.template_scope, str(reference.get("template", ""))] = resolved
        return resolved

    def with_defaults(self, template: Template) -> Template:
        """`template` over what `spec.templateDefaults` says for its type."""
        defaults = self._run.stored_spec.get("templateDefaults")
        if not defaults:
            return template
        known = self._with_defaults.get(id(template))
        if known is not None and known[0] is template:
            return known[1]
        merged = merge_defaults(defaults, template)
        if len(self._with_defaults) >= _KEPT:
            self._with_defaults.clear()
        self._with_defaults[id(template)] = (template, merged)
        return merged

    def _find(self, base: TemplateBase, reference: Mapping[str, Json]) -> Template:
        if reference.get("inline") is not None:
            inline: Template = reference["inline"]
            return inline
        if (ref := reference.get("templateRef")) is not None:
            return self._find_remote(ref)
        if name := str(reference.get("template", "")):
            found = base.find(name)
            if found is None:
                raise NodeError(f"template {name} not found")
            return found
        raise NodeError("failed to get a template")

    def _find_remote(self, ref: Mapping[str, Json]) -> Template:
        name, template = str(ref.get("name", "")), str(ref.get("template", ""))
        if self._manifest(name, cluster=bool(ref.get("clusterScope"))) is None:
            raise NodeError(f"workflow template {name} not found")
        found = self._remote_base(name, cluster=bool(ref.get("clusterScope"))).find(template)
        if found is None:
            raise NodeError(f"template {template} not found in workflow template {name}")
        return found

    def _base_below(self, base: TemplateBase, reference: Mapping[str, Json]) -> TemplateBase:
        ref = reference.get("templateRef")
        if ref is None:
            return base
        return self._remote_base(str(ref.get("name", "")), cluster=bool(ref.get("clusterScope")))

    def _store_inline(self, base: TemplateBase, reference: Mapping[str, Json], template: Template) -> None:
        scope: Scope = base.scope
        name = base.name
        if (ref := reference.get("templateRef")) is not None:
            scope = "cluster" if ref.get("clusterScope") else "namespaced"
            name = str(ref.get("name", ""))
        if scope == "local":
            return
        for child in _children(template):
            if child.get("inline") is not None and child.get("templateRef") is None:
                key = f"{scope}/{name}/inline/{child.get('name', '')}"
                self._run.stored_templates.setdefault(key, child["inline"])

    def _manifest(self, name: str, *, cluster: bool) -> dict[str, Json] | None:
        environment = self._environment
        kind = environment.cluster_workflow_templates if cluster else environment.workflow_templates
        return kind.get(name)

    def _remote_base(self, name: str, *, cluster: bool) -> TemplateBase:
        scope: Scope = "cluster" if cluster else "namespaced"
        if (known := self._bases.get(f"{scope}/{name}")) is not None:
            return known
        manifest = self._manifest(name, cluster=cluster)
        if manifest is None:
            kind = "clusterworkflowtemplate" if cluster else "workflowtemplate"
            raise NodeError(f'{kind}.argoproj.io "{name}" not found')
        return self._remember(scope, name, decode(manifest.get("spec") or {}, WORKFLOW_SPEC))

    def _local_base(self) -> TemplateBase:
        if self._local is None:
            run = self._run
            # the workflow that Argo builds of a workflowTemplateRef has a spec but no name
            by_reference = bool((run.manifest.get("spec") or {}).get("workflowTemplateRef"))
            self._local = self._remember("local", "" if by_reference else run.name, run.stored_spec)
        return self._local

    def _remember(self, scope: Scope, name: str, spec: Mapping[str, Json]) -> TemplateBase:
        templates: dict[str, Template] = {}
        for template in spec.get("templates") or []:
            templates.setdefault(str(template.get("name", "")), template)
        base = TemplateBase(scope, name, templates, spec.get("podMetadata") or {})
        self._bases[base.template_scope] = base
        return base


def merge_defaults(defaults: Mapping[str, Json], template: Template) -> Template:
    """`template` laid over `templateDefaults`, whose other template types do not count."""
    own = template_type(template)
    applicable = {
        name: value
        for name, value in defaults.items()
        if name not in _TYPES or name == own or name == "steps"
    }
    merged = strategic_merge(applicable, template, TEMPLATE)
    if own in _EXCLUSIVE:
        for other in _EXCLUSIVE - {own}:
            merged.pop(other, None)
    return merged


_EXCLUSIVE: Final = frozenset({"steps", "dag", "container", "script", "resource", "data", "suspend"})
"""The types that Argo's Template.SetType knows of."""


def _stored_name(base: TemplateBase, reference: Mapping[str, Json]) -> str | None:
    # https://github.com/argoproj/argo-workflows/blob/main/pkg/apis/workflow/v1alpha1/workflow_types.go
    # (resolveTemplateReference): what the workflow itself holds is not stored
    if (ref := reference.get("templateRef")) is not None:
        scope = "cluster" if ref.get("clusterScope") else "namespaced"
        return f"{scope}/{ref.get('name', '')}/{ref.get('template', '')}"
    if base.scope == "local":
        return None
    if reference.get("inline") is not None:
        return f"{base.template_scope}/inline/{reference.get('name', '')}"
    return f"{base.template_scope}/{reference.get('template', '')}"


def _children(template: Template) -> Iterator[Mapping[str, Json]]:
    for group in template.get("steps") or []:
        yield from group
    yield from (template.get("dag") or {}).get("tasks") or []


def _with_pod_metadata(template: Template, pod_metadata: Mapping[str, Json]) -> Template:
    if not pod_metadata.get("labels") and not pod_metadata.get("annotations"):
        return template
    metadata = dict(template.get("metadata") or {})
    for part in ("labels", "annotations"):
        if pod_metadata.get(part):
            metadata[part] = {**pod_metadata[part], **(metadata.get(part) or {})}
    return {**template, "metadata": metadata}
