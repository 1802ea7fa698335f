"""What expr-lang's operators make of the types of their operands; None is a mismatch."""

from __future__ import annotations

from collections.abc import Callable

from tiphys.expressions import go_values as go
from tiphys.expressions.expr.natures import (
    BOOL,
    FLOAT,
    INTEGER,
    STRING,
    UNKNOWN,
    Nature,
    bool_check,
    duration_check,
    integer_check,
    number_check,
    of_type,
    string_check,
    time_check,
)

_TIME = of_type(go.TIME)
_DURATION = of_type(go.DURATION)


def coalesce(left: Nature, right: Nature) -> Nature:
    if left.is_nil:
        return right
    if right.is_nil or right.assignable_to(left):
        return left
    return UNKNOWN


def _numeric(result: Nature | None, *checks: Callable[[Nature], bool]) -> Callable[[Nature, Nature], Nature | None]:
    """A rule: two numbers give `result`; what may be numbers gives it too."""

    def rule(left: Nature, right: Nature) -> Nature | None:
        if left.is_number and right.is_number:
            return result or left.promote(right)
        return (result or UNKNOWN) if left.maybe_compatible(right, *checks) else None

    return rule


def _add(left: Nature, right: Nature) -> Nature | None:
    if left.is_number and right.is_number:
        return left.promote(right)
    if left.is_string and right.is_string:
        return STRING
    if (left.is_time and right.is_duration) or (left.is_duration and right.is_time):
        return _TIME
    if left.is_duration and right.is_duration:
        return _DURATION
    fits = left.maybe_compatible(right, number_check, string_check, time_check, duration_check)
    return UNKNOWN if fits else None


def _subtract(left: Nature, right: Nature) -> Nature | None:
    if left.is_number and right.is_number:
        return left.promote(right)
    if (left.is_time and right.is_time) or (left.is_duration and right.is_duration):
        return _DURATION
    if left.is_time and right.is_duration:
        return _TIME
    return UNKNOWN if left.maybe_compatible(right, number_check, time_check, duration_check) else None


def _multiply(left: Nature, right: Nature) -> Nature | None:
    if left.is_number and right.is_number:
        return left.promote(right)
    if (left.is_number or left.is_duration) and (right.is_number or right.is_duration):
        return _DURATION
    return UNKNOWN if left.maybe_compatible(right, number_check, duration_check) else None


def _modulo(left: Nature, right: Nature) -> Nature | None:
    both = left.is_integer and right.is_integer
    return INTEGER if both or left.maybe_compatible(right, integer_check) else None


def _range(left: Nature, right: Nature) -> Nature | None:
    both = left.is_integer and right.is_integer
    return INTEGER.array_of() if both or left.maybe_compatible(right, integer_check) else None


def _equal(left: Nature, right: Nature) -> Nature | None:
    return BOOL if left.comparable_to(right) else None


def _logical(left: Nature, right: Nature) -> Nature | None:
    both = left.is_bool and right.is_bool
    return BOOL if both or left.maybe_compatible(right, bool_check) else None


def _ordered(left: Nature, right: Nature) -> Nature | None:
    checks = (number_check, string_check, time_check, duration_check)
    fits = any(check(left) and check(right) for check in checks)
    return BOOL if fits or left.maybe_compatible(right, *checks) else None


def _textual(left: Nature, right: Nature) -> Nature | None:
    both = left.is_string and right.is_string
    return BOOL if both or left.maybe_compatible(right, string_check) else None


def _matches(left: Nature, right: Nature) -> Nature | None:
    if left.type is go.BYTES and right.is_string:
        return BOOL
    return _textual(left, right)


_DIVIDE = _numeric(FLOAT, number_check)
OPERATORS: dict[str, Callable[[Nature, Nature], Nature | None]] = {
    **dict.fromkeys(("==", "!="), _equal),
    **dict.fromkeys(("or", "||", "and", "&&"), _logical),
    **dict.fromkeys(("<", ">", "<=", ">="), _ordered),
    **dict.fromkeys(("contains", "startsWith", "endsWith"), _textual),
    **dict.fromkeys(("/", "**", "^"), _DIVIDE),
    "matches": _matches,
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "%": _modulo,
    "..": _range,
}
