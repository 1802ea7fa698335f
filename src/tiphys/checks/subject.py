"""What the checks look at: manifests as Argo reads them, with paths into the documents they came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiphys.checks.rules import Rule
from tiphys.errors import Place, Problem, Severity
from tiphys.manifest.yaml import Document
from tiphys.validation.templates import template_type

Json = Any
Path = tuple[str | int, ...]

_SPEC_PATHS: dict[str, Path] = {"CronWorkflow": ("spec", "workflowSpec")}


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A template, where it stands (`path`), and what it is."""

    path: Path
    data: Mapping[str, Json]
    manifest: Manifest

    @property
    def name(self) -> str:
        """The name of the template; "" for inline ones."""
        return self.data.get("name") or ""

    @property
    def type(self) -> str:
        """Argo's name of its type; "" if it has none."""
        return template_type(self.data)

    def calls(self) -> list[Call]:
        """The steps or tasks of this template."""
        steps = [
            Call((*self.path, "steps", group, index), step or {}, self, "steps", group)
            for group, together in enumerate(self.data.get("steps") or [])
            for index, step in enumerate(together or [])
        ]
        tasks = (self.data.get("dag") or {}).get("tasks") or []
        return steps + [
            Call((*self.path, "dag", "tasks", index), task or {}, self, "tasks", 0) for index, task in enumerate(tasks)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A step or a task: a template called with arguments. `group` is the step group it belongs to."""

    path: Path
    data: Mapping[str, Json]
    owner: Template
    kind: str
    group: int

    @property
    def name(self) -> str:
        """The name of the step or task."""
        return self.data.get("name") or ""

    @property
    def is_loop(self) -> bool:
        """True if the call stands for several."""
        data = self.data
        return bool(data.get("withItems") or data.get("withParam") or data.get("withSequence") is not None)

    def inline(self) -> Template | None:
        """The template that is written into the call, if any."""
        inline = self.data.get("inline")
        return None if inline is None else Template((*self.path, "inline"), inline, self.owner.manifest)


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """One document of a kind that Argo knows; `value` is what Argo reads in it (`{}` if it cannot).

    `spec` is the spec of the workflow in it, `spec_path` where that stands.
    """

    document: Document
    kind: str
    value: Mapping[str, Json]
    spec: Mapping[str, Json]
    spec_path: Path
    _positions: Mapping[str, int]

    @staticmethod
    def of(document: Document, kind: str, value: Mapping[str, Json]) -> Manifest:
        """Take a document apart."""
        path = _SPEC_PATHS.get(kind, ("spec",))
        spec: Json = value
        for part in path:
            spec = (spec or {}).get(part) or {}
        positions: dict[str, int] = {}
        for index, template in enumerate(spec.get("templates") or []):
            positions.setdefault(template.get("name") or "", index)
        return Manifest(document, kind, value, spec, path, positions)

    @property
    def name(self) -> str:
        """The name in its metadata."""
        return (self.value.get("metadata") or {}).get("name") or ""

    def template(self, name: str) -> Template | None:
        """The template of that name."""
        index = self._positions.get(name) if name else None
        if index is None:
            return None
        return Template((*self.spec_path, "templates", index), self.spec["templates"][index], self)

    def templates(self) -> Iterator[Template]:
        """All templates, inline ones too, in the order of the document."""
        for index, data in enumerate(self.spec.get("templates") or []):
            yield from _with_inline(Template((*self.spec_path, "templates", index), data or {}, self))

    def calls(self) -> Iterator[Call]:
        """All steps and tasks."""
        for template in self.templates():
            yield from template.calls()

    def strings(self) -> Iterator[tuple[Path, str]]:
        """Every string of the spec, with its path."""
        yield from strings_in(self.spec, self.spec_path)

    def place(self, path: Sequence[str | int]) -> Place:
        """The place of a part in the file."""
        return self.document.place(path)

    def problem(
        self,
        rule: Rule,
        path: Sequence[str | int],
        message: str,
        remedy: str = "",
        severity: Severity | None = None,
    ) -> Problem:
        """A problem of this manifest; the rule's own advice is the remedy if there is no better one."""
        return Problem(rule.name, message, self.place(path), remedy or rule.instead, severity or rule.severity)


@dataclass(frozen=True, slots=True)
class Known:
    """All manifests that are checked together: templates are found across files."""

    manifests: Sequence[Manifest]
    _found: dict[tuple[str, str], Manifest] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for manifest in self.manifests:
            self._found.setdefault((manifest.kind, manifest.name), manifest)

    def manifest(self, name: str, *, cluster: bool) -> Manifest | None:
        """The WorkflowTemplate or ClusterWorkflowTemplate of that name."""
        kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
        return self._found.get((kind, name)) if name else None

    def called(self, holder: Mapping[str, Json], manifest: Manifest) -> Template | None:
        """The template that a step, task or hook of a manifest means, if it is among those checked."""
        if holder.get("inline") is not None:
            return Template((), holder["inline"], manifest)
        name = holder.get("template") or ""
        if (reference := holder.get("templateRef")) is not None:
            found = self.manifest(reference.get("name") or "", cluster=bool(reference.get("clusterScope")))
            return None if found is None else found.template(reference.get("template") or "")
        base: Manifest | None = manifest
        if (reference := manifest.spec.get("workflowTemplateRef")) is not None:
            base = self.manifest(reference.get("name") or "", cluster=bool(reference.get("clusterScope")))
        return None if base is None else base.template(name)


def strings_in(value: Json, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every string in a JSON value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from strings_in(part, (*path, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from strings_in(part, (*path, index))


def _with_inline(template: Template) -> Iterator[Template]:
    yield template
    for call in template.calls():
        if (inline := call.inline()) is not None:
            yield from _with_inline(inline)
