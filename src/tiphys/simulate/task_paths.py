"""The tasks of a workflow, found without running it: every path of task names and its template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tiphys.engine.environment import Environment
from tiphys.engine.run import Run
from tiphys.engine.specification import prepare
from tiphys.engine.templates import Resolved, TemplateBase, Templates, template_type
from tiphys.errors import TiphysError

MAX_PATHS: Final = 20_000
"""Templates may call each other without end; after so many paths nobody reads on."""


@dataclass(frozen=True, slots=True)
class TaskPath:
    """One task: its path of names, the template it calls and that template's kind.

    `loops` says that the task itself has items.
    """

    path: str
    template: str
    kind: str
    loops: bool = False

    @property
    def is_leaf(self) -> bool:
        """True for what runs by itself and holds no other tasks."""
        return self.kind not in ("dag", "steps", "")


def task_paths(run: Run, environment: Environment) -> list[TaskPath]:
    """All tasks below the entrypoint and the exit handler, in the order of the manifest.

    What cannot be resolved is left out: running the workflow tells what is wrong with it. `run` is used
    up by this; give one of its own.
    """
    run.stored_spec = run.stored_spec or prepare(run, environment)
    templates = Templates(run, environment)
    found: list[TaskPath] = []
    for task in _walk(templates, run.stored_spec, run.name):
        found.append(task)
        if len(found) >= MAX_PATHS:
            break
    return found


def _walk(templates: Templates, spec: Mapping[str, Any], run_name: str) -> Iterator[TaskPath]:
    base = templates.base()
    entrypoint = str(spec.get("entrypoint", ""))
    entry = _resolve(templates, base, {"template": entrypoint})
    if entry is not None:
        whole = TaskPath(run_name, entrypoint, template_type(entry.template))
        if whole.is_leaf:
            yield whole
        yield from _below(templates, entry, "", ())
    yield from _hooks(templates, base, "", {"onExit": spec.get("onExit"), "hooks": spec.get("hooks")}, ())


def _below(templates: Templates, resolved: Resolved, path: str, above: tuple[int, ...]) -> Iterator[TaskPath]:
    template = resolved.template
    if id(template) in above:
        return
    inner = (*above, id(template))
    for call in _calls(template):
        yield from _call(templates, resolved.base, path, call, inner)


def _call(
    templates: Templates, base: TemplateBase, path: str, call: Mapping[str, Any], above: tuple[int, ...]
) -> Iterator[TaskPath]:
    own = f"{path}/{call['name']}" if path else str(call["name"])
    resolved = _resolve(templates, base, call)
    if resolved is None:
        return
    loops = any(call.get(word) is not None for word in ("withItems", "withParam", "withSequence"))
    name = call.get("template") or (call.get("templateRef") or {}).get("template") or ""
    yield TaskPath(own, str(name), template_type(resolved.template), loops)
    yield from _below(templates, resolved, own, above)
    yield from _hooks(templates, base, own + ".", call, above)


def _hooks(
    templates: Templates, base: TemplateBase, prefix: str, call: Mapping[str, Any], above: tuple[int, ...]
) -> Iterator[TaskPath]:
    hooks = dict(call.get("hooks") or {})
    exit_hook = hooks.pop("exit", None) or ({"template": call["onExit"]} if call.get("onExit") else None)
    if exit_hook:
        yield from _call(templates, base, "", {**exit_hook, "name": f"{prefix}onExit"}, above)
    for name, hook in hooks.items():
        yield from _call(templates, base, "", {**hook, "name": f"{prefix}hooks.{name}"}, above)


def _calls(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (template.get("dag") or {}).get("tasks") or []
    for group in template.get("steps") or []:
        yield from group.get("steps") or [] if isinstance(group, Mapping) else group


def _resolve(templates: Templates, base: TemplateBase, call: Mapping[str, Any]) -> Resolved | None:
    try:
        return templates.resolve(base, call)
    except TiphysError:
        return None
