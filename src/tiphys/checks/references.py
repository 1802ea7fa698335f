"""Templates that hooks name: Argo looks for them only when the hook is due."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from tiphys.checks.refusals import UNKNOWN_TEMPLATE
from tiphys.checks.subject import Known, Manifest, Path
from tiphys.errors import Problem

Json = Any


def check(manifest: Manifest, known: Known) -> Iterator[Problem]:
    """Find hooks, and `onExit` of steps and tasks, whose template does not exist."""
    for path, holder in _hooks(manifest):
        name, reference = holder.get("template") or "", holder.get("templateRef")
        if reference is not None:
            name = f"{reference.get('name')}.{reference.get('template')}"
        if not name or "{{" in name or known.called(holder, manifest) is not None:
            continue
        near = difflib.get_close_matches(name, [template.name for template in manifest.templates()], n=1)
        yield manifest.problem(
            UNKNOWN_TEMPLATE,
            path,
            f"the hook's template `{name}` does not exist; Argo notices when the hook is due",
            f"did you mean `{near[0]}`?" if near else "",
        )


def _hooks(manifest: Manifest) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    for name, hook in (manifest.spec.get("hooks") or {}).items():
        yield (*manifest.spec_path, "hooks", name), hook or {}
    for call in manifest.calls():
        for name, hook in (call.data.get("hooks") or {}).items():
            yield (*call.path, "hooks", name), hook or {}
        if template := call.data.get("onExit"):
            yield (*call.path, "onExit"), {"template": template}
