"""`when`: conditions that are errors whatever the values, and texts that need quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest
from tiphys.errors import ExpressionError, Problem
from tiphys.expressions import when

DOES_NOT_PARSE: Final = rule("when-does-not-parse")
NEEDS_QUOTES: Final = rule("when-needs-quotes")

_TAG: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_SAMPLES: Final = ("1", "a", "true", "2020-01-01", "[1]")
_AWKWARD: Final = "my-value"


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Try every `when` with some values in place of its tags."""
    for call in manifest.calls():
        condition = call.data.get("when") or ""
        if not condition:
            continue
        answers = [_error_of(_TAG.sub(sample, condition)) for sample in _SAMPLES]
        path = (*call.path, "when")
        if all(answers):
            yield manifest.problem(DOES_NOT_PARSE, path, answers[1])
        elif "{{" in condition and not answers[1] and _error_of(_TAG.sub(_AWKWARD, condition)):
            message = f"`{condition}` is an error for values such as `{_AWKWARD}`"
            yield manifest.problem(NEEDS_QUOTES, path, message)


def _error_of(condition: str) -> str:
    try:
        when.evaluate(condition)
    except ExpressionError as error:
        return error.message
    return ""
