"""What Argo's own validation refuses, with Argo's message, our place and a remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tiphys.checks.rules import Rule, rule
from tiphys.checks.subject import Known, Manifest, Path, strings_in
from tiphys.errors import ManifestError, Problem
from tiphys.manifest.decoding import read
from tiphys.validation.answers import TYPES, check_all, getters_of
from tiphys.validation.dependencies import Dependencies, names_in
from tiphys.validation.invalid import Invalid, Origin

Json = Any

INVALID_SPEC: Final = rule("invalid-spec")
UNKNOWN_TEMPLATE: Final = rule("unknown-template")
UNKNOWN_TASK: Final = rule("unknown-task")
CYCLE: Final = rule("cycle")
UNRESOLVED_TAG: Final = rule("unresolved-tag")
MISSING_DEPENDENCY: Final = rule("missing-dependency")
MISSING_ARGUMENT: Final = rule("missing-argument")
BAD_NAME: Final = rule("bad-name")
DEPENDS_STYLE: Final = rule("mixed-depends")


@dataclass(frozen=True, slots=True)
class _Kind:
    """Messages of one kind, and how to find the name that may have been meant."""

    rule: Rule
    pattern: re.Pattern[str]
    candidates: Callable[[Manifest, Origin | None], Iterable[str]] = lambda _manifest, _origin: ()


def _template_names(manifest: Manifest, _origin: Origin | None) -> list[str]:
    return [template.name for template in manifest.templates() if template.name]


def _task_names(manifest: Manifest, origin: Origin | None) -> list[str]:
    if origin is None or "templates" not in origin.path:
        return []
    position = origin.path.index("templates") + 1
    templates = manifest.spec.get("templates") or []
    template = templates[int(origin.path[position])] or {}
    return [(task or {}).get("name") or "" for task in (template.get("dag") or {}).get("tasks") or []]


def _tag_names(manifest: Manifest, origin: Origin | None) -> list[str]:
    """Inputs of the template, parameters of the workflow, and tasks: what a misspelt tag may have meant."""
    arguments = manifest.spec.get("arguments") or {}
    names = [f"workflow.parameters.{each.get('name')}" for each in arguments.get("parameters") or []]
    for template in manifest.templates():
        if origin is None or origin.path[: len(template.path)] != template.path:
            continue
        inputs = template.data.get("inputs") or {}
        names += [f"inputs.parameters.{each.get('name')}" for each in inputs.get("parameters") or []]
        names += [f"inputs.artifacts.{each.get('name')}" for each in inputs.get("artifacts") or []]
        names += [f"inputs.artifacts.{each.get('name')}.path" for each in inputs.get("artifacts") or []]
        for call in template.calls():
            names += [f"{call.kind}.{call.name}.outputs.result"]
            called = manifest.template(call.data.get("template") or "")
            outputs = (called.data.get("outputs") or {}) if called else {}
            for kind in ("parameters", "artifacts"):
                prefix = f"{call.kind}.{call.name}.outputs.{kind}."
                names += [f"{prefix}{each.get('name')}" for each in outputs.get(kind) or []]
    return names


_KINDS: Final = (
    _Kind(UNKNOWN_TEMPLATE, re.compile(r"template name '(.*)' undefined$"), _template_names),
    _Kind(UNKNOWN_TEMPLATE, re.compile(r"template reference (.*) not found$")),
    _Kind(UNKNOWN_TEMPLATE, re.compile(r'workflowtemplates\.argoproj\.io "(.*)" not found$')),
    _Kind(UNKNOWN_TASK, re.compile(r"sorting failed: invalid dependency (.*)$"), _task_names),
    _Kind(UNKNOWN_TASK, re.compile(r"targets: target '(.*)' is not defined$"), _task_names),
    _Kind(CYCLE, re.compile(r"sorting failed: graph with cycle$")),
    _Kind(UNRESOLVED_TAG, re.compile(r"failed to resolve \{\{(.*)\}\}$"), _tag_names),
    _Kind(MISSING_DEPENDENCY, re.compile(r"missing dependency '(.*)' for ")),
    _Kind(MISSING_ARGUMENT, re.compile(r"inputs\.(?:parameters|artifacts)\..* was not supplied$")),
    _Kind(BAD_NAME, re.compile(r"name(?::)? '.*' is (?:invalid|not unique)|\.name is required$")),
    _Kind(BAD_NAME, re.compile(r"sorting failed: duplicated nodeName|name cannot begin with a digit")),
    _Kind(DEPENDS_STYLE, re.compile(r"cannot use (?:both 'depends'|'continueOn')")),
)


def check(manifest: Manifest, known: Known) -> Iterator[Problem]:
    """Ask Argo's validation, and find all that it would refuse one after the other."""
    try:
        value = read(manifest.document.data, TYPES[manifest.kind])
    except ManifestError:
        return  # `decoding` has said so
    getters = getters_of(each.document.data for each in known.manifests)
    seen: set[str] = set()
    for refusal in check_all(value, manifest.kind, getters, "lint"):
        for message in refusal.messages:
            if message not in seen:
                seen.add(message)
                yield _problem(manifest, known, refusal, message)


def _problem(manifest: Manifest, known: Known, refusal: Invalid, message: str) -> Problem:
    origin = refusal.origin
    holder = manifest
    if origin is not None and origin.scope != "local":
        holder = known.manifest(origin.name, cluster=origin.scope == "cluster") or manifest
    path = origin.path if origin is not None else manifest.spec_path
    for kind in _KINDS:
        if found := kind.pattern.search(message):
            name = found[1] if found.groups() else ""
            exact, advice = _culprit(kind.rule, name, holder, path)
            return holder.problem(kind.rule, exact, message, _guess(kind, name, holder, origin) or advice)
    return holder.problem(INVALID_SPEC, path, message)


def _culprit(rule: Rule, name: str, manifest: Manifest, path: Path) -> tuple[Path, str]:
    """The very field that is wrong below `path`, and advice that only a look at it gives."""
    part = _part_at(manifest.value, path)
    if rule is UNKNOWN_TEMPLATE and isinstance(part, Mapping):
        field = next((each for each in ("template", "templateRef", "workflowTemplateRef") if each in part), "")
        return ((*path, field) if field else path), ""
    if rule is UNRESOLVED_TAG:
        return next((at for at, text in strings_in(part, path) if f"{{{{{name}}}}}" in text), path), ""
    if rule is MISSING_DEPENDENCY:
        start = f"{{{{tasks.{name}."
        return next((at for at, text in strings_in(part, path) if text.startswith(start)), path), ""
    if rule in (UNKNOWN_TASK, CYCLE) and isinstance(part, Mapping):
        tasks = (part.get("dag") or {}).get("tasks") or []
        cycle = _cycle(tasks) if rule is CYCLE else []
        if cycle:
            where = (*path, "dag", "tasks", [task.get("name") for task in tasks].index(cycle[0]))
            return where, f"{' → '.join([*cycle, cycle[0]])}: take one of these dependencies away"
        for index, task in enumerate(tasks):
            for field in ("depends", "dependencies"):
                if name in names_in(" ".join(text for _, text in strings_in((task or {}).get(field)))):
                    return (*path, "dag", "tasks", index, field), ""
        return (*path, "dag", "target") if (part.get("dag") or {}).get("target") else path, ""
    return path, ""


def _part_at(value: Json, path: Path) -> Json:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _cycle(tasks: Sequence[Mapping[str, Json]]) -> list[str]:
    """The tasks of one cycle, in the order in which they need each other."""
    dependencies = Dependencies(tasks)
    done: set[str] = set()
    for start in (task.get("name") or "" for task in tasks):
        way = [start]
        while way:
            current = way[-1]
            ahead = next((name for name in dependencies.needs(current) if name not in done), None)
            if ahead is None:
                done.add(current)
                way.pop()
            elif ahead in way:
                return way[way.index(ahead) :]
            else:
                way.append(ahead)
    return []


def _guess(kind: _Kind, name: str, manifest: Manifest, origin: Origin | None) -> str:
    candidates = list(kind.candidates(manifest, origin))
    if name.strip() in candidates:
        producer = name.strip().split(".")[1]
        return f"let the task depend on `{producer}`" if name.strip().startswith("tasks.") else ""
    near = difflib.get_close_matches(name.strip(), candidates, n=1)
    return f"did you mean `{near[0]}`?" if near else ""
