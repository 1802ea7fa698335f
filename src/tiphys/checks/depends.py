"""`depends` that cannot be read, or that can never be true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiphys.checks.outcomes import Dag
from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest
from tiphys.errors import Problem

UNREADABLE: Final = rule("depends-does-not-parse")
NEVER: Final = rule("depends-never-true")


def check(manifest: Manifest, known: Known) -> Iterator[Problem]:
    """Look at the `depends` of every task."""
    for template in manifest.templates():
        dag = Dag(template, known)
        for call in template.calls():
            text = call.data.get("depends") or ""
            if not text or "{{" in text:
                continue
            if problem := dag.syntax_problem(call.name):
                yield manifest.problem(UNREADABLE, (*call.path, "depends"), f"`{text}`: {problem}")
                continue
            possible = dag.possible_at_once(call.name)
            if possible and not any(possible.values()):
                message = f"`{text}` can never be true: the task is always omitted"
                yield manifest.problem(NEVER, (*call.path, "depends"), message)
