"""Lifecycle hooks: what they cannot see, and which of two runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest, strings_in
from tiphys.errors import Problem

STATUS: Final = rule("hook-status-tag")
TWICE: Final = rule("exit-handler-twice")

_STATUS: Final = re.compile(r"\{\{\s*(?:tasks|steps)\.[-a-zA-Z0-9]+\.status\s*\}\}")


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Look at the hooks of the workflow and of every step and task."""
    hooks = manifest.spec.get("hooks") or {}
    if manifest.spec.get("onExit") and "exit" in hooks:
        message = "`hooks.exit` does not run, since there is an `onExit`"
        yield manifest.problem(TWICE, (*manifest.spec_path, "hooks", "exit"), message)
    for call in manifest.calls():
        for name, hook in (call.data.get("hooks") or {}).items():
            if name == "exit":
                continue
            path = (*call.path, "hooks", name, "arguments")
            for where, text in strings_in((hook or {}).get("arguments") or {}, path):
                if found := _STATUS.search(text):
                    yield manifest.problem(STATUS, where, f"`{found[0]}` stays as it is in this hook")
