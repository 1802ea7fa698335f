"""Regular expressions, each function also as `must…`."""

from __future__ import annotations

from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions import regexp
from tiphys.expressions.functions.signature import B, I, S, Table, function
from tiphys.expressions.go_values import GoPanic, GoType


def _lenient_match(pattern: str, text: str) -> bool:
    try:
        return regexp.matches(pattern, text)
    except GoPanic:
        return False


_PATTERNS: dict[str, tuple[Any, tuple[GoType, ...], GoType]] = {
    "FindAll": (regexp.find_all, (S, S, I), go.STRINGS),
    "Find": (regexp.find, (S, S), S),
    "ReplaceAll": (regexp.replace_all, (S, S, S), S),
    "ReplaceAllLiteral": (regexp.replace_all_literal, (S, S, S), S),
    "Split": (regexp.split, (S, S, I), go.STRINGS),
}


def _must_compile(call: Any) -> Any:
    """sprig's functions without `must` panic with the pattern in the message."""

    def run(pattern: str, *arguments: Any) -> Any:
        regexp.must_compile(pattern)
        return call(pattern, *arguments)

    return run


FUNCTIONS: Table = {
    "regexMatch": function(_lenient_match, S, S, output=B),
    "mustRegexMatch": function(regexp.matches, S, S, output=B, fails=True),
    "regexQuoteMeta": function(regexp.quote_meta, S, output=S),
}
for _name, (_call, _inputs, _output) in _PATTERNS.items():
    FUNCTIONS[f"regex{_name}"] = function(_must_compile(_call), *_inputs, output=_output)
    FUNCTIONS[f"mustRegex{_name}"] = function(_call, *_inputs, output=_output, fails=True)
