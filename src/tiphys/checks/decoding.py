"""Fields that Argo does not know, fields that it knew once, and values of the wrong type."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest
from tiphys.errors import Problem, Severity
from tiphys.manifest.decoding import Misfit, misfits
from tiphys.manifest.fields import fields_of
from tiphys.validation.answers import TYPES

UNKNOWN_FIELD: Final = rule("unknown-field")
WRONG_TYPE: Final = rule("wrong-type")
REMOVED_FIELD: Final = rule("removed-field")
REMOVED: Final = {
    ("v1alpha1.Synchronization", "mutex"): "mutexes",
    ("v1alpha1.Synchronization", "semaphore"): "semaphores",
    ("v1alpha1.CronWorkflowSpec", "schedule"): "schedules",
    ("v1alpha1.WorkflowSpec", "podPriority"): "",
    ("v1alpha1.Template", "priority"): "",
}
"""What took the place of a removed field: a list of what it was, or nothing."""

_WANTED: Final = {
    "string": "a text (in quotes)",
    "bool": "true or false",
    "int": "a whole number",
    "int32": "a whole number",
    "int64": "a whole number",
}


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Find everything in a document that does not fit Argo's types."""
    for misfit in misfits(manifest.document.data, TYPES[manifest.kind]):
        if misfit.kind == "wrong-type":
            wanted = _WANTED.get(misfit.type) or ("a list" if misfit.type.startswith("[]") else "a mapping")
            remedy = f"Argo wants {wanted} here" if misfit.type else ""
            yield manifest.problem(WRONG_TYPE, misfit.path, misfit.message, remedy)
        elif (misfit.type, misfit.path[-1]) in REMOVED:
            yield _removed(manifest, misfit)
        else:
            yield _unknown(manifest, misfit)


def _removed(manifest: Manifest, misfit: Misfit) -> Problem:
    name = misfit.path[-1]
    instead = REMOVED[misfit.type, str(name)]
    remedy = f"write `{instead}: [...]`; `tiphys lint --fix` does it" if instead else "take it away"
    return manifest.problem(REMOVED_FIELD, misfit.path, f"Argo 4 has removed the field `{name}` and ignores it", remedy)


def _unknown(manifest: Manifest, misfit: Misfit) -> Problem:
    name = str(misfit.path[-1])
    fields = fields_of(misfit.type)
    near = [field for field in fields if field.casefold() == name.casefold()]
    near = near or difflib.get_close_matches(name, fields, n=1, cutoff=0.6)
    struct = misfit.type.partition(".")[2]
    message = f"unknown field `{name}` in {struct}"
    severity = Severity.WARNING if misfit.is_ignored else None
    return manifest.problem(UNKNOWN_FIELD, misfit.path, message, f"did you mean `{near[0]}`?" if near else "", severity)
