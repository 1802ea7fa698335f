"""Finding templates as Argo's controller does while it validates.

Templates of (Cluster)WorkflowTemplates are stored at first sight, those of the workflow are not.
https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/templateresolution/context.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tiphys.expressions.go_quote import quote
from tiphys.validation.invalid import Invalid, Origin

Json = Any
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
_POD_TYPES: Final = frozenset({"Container", "ContainerSet", "Script", "Resource", "Data"})
_LEAF_TYPES: Final = _POD_TYPES | {"HTTP", "Plugin"}


class NotFound(Invalid):
    """A template that does not exist (Argo's CodeNotFound)."""


def template_type(template: Mapping[str, Json]) -> str:
    """Argo's name of what a template is; "" when nothing says so."""
    return next((type for name, type in _TYPES.items() if template.get(name) is not None), "")


def types_given(template: Mapping[str, Json]) -> list[str]:
    """Every field by which a template says what it is."""
    return [name for name in _TYPES if template.get(name) is not None]


def is_pod_type(template: Mapping[str, Json]) -> bool:
    """True if the template runs as a pod of its own."""
    return template_type(template) in _POD_TYPES


def is_leaf(template: Mapping[str, Json]) -> bool:
    """True if the template does something itself (Argo does not count suspend)."""
    return template_type(template) in _LEAF_TYPES


def has_output(template: Mapping[str, Json]) -> bool:
    """True if the template can have a result and an exit code."""
    if any(template.get(name) is not None for name in ("container", "script", "data", "http", "plugin")):
        return True
    containers = (template.get("containerSet") or {}).get("containers") or []
    return any(container.get("name") == "main" for container in containers)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """Where template names are looked up: the workflow, or a (Cluster)WorkflowTemplate."""

    scope: Scope
    name: str
    spec: Mapping[str, Json]
    positions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for position, template in enumerate(self.spec.get("templates") or []):
            self.positions.setdefault((template or {}).get("name") or "", position)

    @property
    def template_scope(self) -> str:
        """Argo's name of this base."""
        return f"{self.scope}/{self.name}"

    def find(self, name: str) -> Template | None:
        """The template of that name, with the base's `podMetadata`."""
        position = self.positions.get(name)
        if position is None:
            return None
        return self.completed(self.spec["templates"][position] or {})

    def completed(self, template: Template) -> Template:
        """The template with the base's `podMetadata`."""
        return _with_pod_metadata(template, self.spec.get("podMetadata") or {})

    def origin(self, template: str, *path: str | int) -> Origin | None:
        """The place of a part of a template."""
        position = self.positions.get(template)
        if position is None:
            return None
        return Origin(self.scope, self.name, ("spec", "templates", position, *path))


@dataclass(frozen=True, slots=True)
class Getters:
    """The (Cluster)WorkflowTemplates that exist, by name, as objects read by `manifest.decoding`."""

    workflow_templates: Mapping[str, Json]
    cluster_workflow_templates: Mapping[str, Json]

    def base(self, name: str, *, cluster: bool) -> Base | None:
        """The base of that name; None if there is none."""
        objects = self.cluster_workflow_templates if cluster else self.workflow_templates
        found = objects.get(name)
        if found is None:
            return None
        return Base("cluster" if cluster else "namespaced", name, found.get("spec") or {})

    def required(self, name: str, *, cluster: bool) -> Base:
        """The base of that name, or Kubernetes' answer when there is none."""
        found = self.base(name, cluster=cluster)
        if found is None:
            kind = "clusterworkflowtemplates" if cluster else "workflowtemplates"
            raise Invalid(f"{kind}.argoproj.io {quote(name)} not found")
        return found


class Templates:
    """Resolves what steps, tasks and hooks refer to."""

    def __init__(self, getters: Getters) -> None:
        self.getters = getters
        self._bases: dict[tuple[str, bool], Base | None] = {}
        self._stored: dict[str, Template] = {}
        self._plain: dict[tuple[str, str], tuple[Base, Template]] = {}

    def resolve(self, base: Base, holder: Mapping[str, Json]) -> tuple[Base, Template]:
        """The template that `inline`, `templateRef` or `template` means, and the base to go on with."""
        is_plain = "inline" not in holder and "templateRef" not in holder
        known = self._plain.get((base.template_scope, holder.get("template") or "")) if is_plain else None
        if known is not None:
            return known
        key = _stored_key(base, holder)
        template = self._stored.get(key) if key else None
        if template is None:
            template = self._find(base, holder)
            if key:
                self._stored[key] = template
            self._store_inline(base, holder, template)
        below = self._base_below(base, holder)
        if not template_type(template):
            raise Invalid(f"template '{template.get('name') or ''}' type is unknown")
        if is_plain:
            self._plain[base.template_scope, holder.get("template") or ""] = below, template
        return below, template

    def _find(self, base: Base, holder: Mapping[str, Json]) -> Template:
        inline: Template | None = holder.get("inline")
        if inline is not None:
            return inline
        if (reference := holder.get("templateRef")) is not None:
            name, wanted = reference.get("name") or "", reference.get("template") or ""
            found = self._base_of(reference).find(wanted)
            if found is None:
                raise NotFound(f"template {wanted} not found in workflow template {name}")
            return found
        if wanted := holder.get("template") or "":
            local = self.find(base, wanted)
            if local is None:
                raise NotFound(f"template {wanted} not found")
            return local
        raise Invalid("failed to get a template")

    def find(self, base: Base, name: str) -> Template | None:
        """The template of that name; in a workflow also one that was stored under any reference."""
        found = base.find(name)
        if found is None and base.scope == "local":
            stored = (each for each in self._stored.values() if each.get("name") == name)
            found = next((base.completed(each) for each in stored), None)
        return found

    def _base_below(self, base: Base, holder: Mapping[str, Json]) -> Base:
        reference = holder.get("templateRef")
        if reference is None:
            return base
        try:
            return self._base_of(reference)
        except NotFound:  # there is an inline template, but nothing to look up its names in
            name, cluster = reference.get("name") or "", bool(reference.get("clusterScope"))
            return self.getters.required(name, cluster=cluster)

    def _base_of(self, reference: Mapping[str, Json]) -> Base:
        name, cluster = reference.get("name") or "", bool(reference.get("clusterScope"))
        if (name, cluster) not in self._bases:
            self._bases[name, cluster] = self.getters.base(name, cluster=cluster)
        found = self._bases[name, cluster]
        if found is None:
            raise NotFound(f"workflow template {name} not found")
        return found

    def _store_inline(self, base: Base, holder: Mapping[str, Json], template: Template) -> None:
        scope, name = base.scope, base.name
        if (reference := holder.get("templateRef")) is not None:
            scope = "cluster" if reference.get("clusterScope") else "namespaced"
            name = reference.get("name") or ""
        at = Base(scope, name, {})
        for child in children_of(template):
            if child.get("inline") is not None and (key := _stored_key(at, child)):
                self._stored.setdefault(key, child["inline"])


def children_of(template: Mapping[str, Json]) -> Iterator[dict[str, Json]]:
    """The steps or tasks of a template."""
    for group in template.get("steps") or []:
        yield from (step or {} for step in group or [])
    yield from (task or {} for task in (template.get("dag") or {}).get("tasks") or [])


def _stored_key(base: Base, holder: Mapping[str, Json]) -> str:
    """The name under which Argo stores a template; "" for those of the workflow itself."""
    if (reference := holder.get("templateRef")) is not None:
        scope = "cluster" if reference.get("clusterScope") else "namespaced"
        return f"{scope}/{reference.get('name') or ''}/{reference.get('template') or ''}"
    if base.scope == "local":
        return ""
    if holder.get("inline") is not None:
        return f"{base.template_scope}/inline/{holder.get('name') or ''}"
    return f"{base.template_scope}/{holder.get('template') or ''}"


def _with_pod_metadata(template: Template, pod_metadata: Mapping[str, Json]) -> Template:
    if not pod_metadata.get("labels") and not pod_metadata.get("annotations"):
        return template
    metadata = dict(template.get("metadata") or {})
    for part in ("labels", "annotations"):
        if pod_metadata.get(part):
            metadata[part] = {**pod_metadata[part], **(metadata.get(part) or {})}
    return {**template, "metadata": metadata}
