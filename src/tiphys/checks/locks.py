"""Locks that a run waits for while it holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest, Template
from tiphys.errors import Problem

Json = Any

HELD_TWICE: Final = rule("lock-held-twice")
DEFAULT: Final = rule("lock-default")


def check(manifest: Manifest, known: Known) -> Iterator[Problem]:
    """Follow every mutex from the one who takes it to all that runs meanwhile."""
    defaults = manifest.spec.get("templateDefaults") or {}
    if _mutexes(defaults):
        path = (*manifest.spec_path, "templateDefaults", "synchronization")
        yield manifest.problem(DEFAULT, path, "every template would want the same mutex")
    held = _mutexes(manifest.spec)
    for template in manifest.templates():
        own = _mutexes(template.data)
        path = (*template.path, "synchronization")
        for name in sorted(own & held):
            message = f"the mutex `{name}` is held by the workflow already"
            yield manifest.problem(HELD_TWICE, path, message)
        for below in _all_below(template, known, {template.path}):
            for name in sorted(own & _mutexes(below.data)):
                message = f"`{below.name}` waits for the mutex `{name}`, which is held as long as it has not run"
                yield manifest.problem(HELD_TWICE, path, message)


def _mutexes(holder: Mapping[str, Json]) -> set[str]:
    mutexes = (holder.get("synchronization") or {}).get("mutexes") or []
    return {f"{each.get('namespace') or ''}/{each.get('name') or ''}".lstrip("/") for each in mutexes if each}


def _all_below(template: Template, known: Known, seen: set[Json]) -> Iterator[Template]:
    for call in template.calls():
        called = known.called(call.data, template.manifest)
        key = called and (called.manifest.name, called.path or call.path)
        if called is not None and key not in seen:
            seen.add(key)
            yield called
            yield from _all_below(called, known, seen)
