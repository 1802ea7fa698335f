"""Go's regular expressions: RE2, in linear time, with Go's words for a bad pattern."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from tiphys.expressions.go_quote import quote  # noqa: F401
from tiphys.expressions.go_values import GoPanic

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20

_REASONS = {
    "missing )": "missing closing )",
    "unexpected )": "unexpected )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid escape sequence": "invalid escape sequence",
    "invalid character class range": "invalid character class range",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
}


@lru_cache(maxsize=256)
def compile(pattern: str) -> Any:  # noqa: A001 - the name in Go's package, too
    """regexp.Compile; raises `GoPanic` with `error parsing regexp: …`."""
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        text = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        reason, _, where = text.partition(": ")
        raise GoPanic(f"error parsing regexp: {_REASONS.get(reason, reason)}: `{where}`") from None


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return compile(pattern).search(text) is not None
