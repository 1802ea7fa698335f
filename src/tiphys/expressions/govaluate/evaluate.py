"""A tree of stages to a value: float, string, bool, list or nil, with the library's checks of types."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tiphys.expressions import regexp
from tiphys.expressions.go_format import sprint
from tiphys.expressions.go_numbers import deep_equal, float_quotient
from tiphys.expressions.go_power import power
from tiphys.expressions.go_values import GoPanic, Int64, float_to_int, wrap_int
from tiphys.expressions.govaluate.failure import Failure
from tiphys.expressions.govaluate.planner import (
    ACCESS,
    BITWISE_NOT,
    INVERT,
    LITERAL,
    NEGATE,
    NOOP,
    VALUE,
    Stage,
)

_SHORT_CIRCUIT = Int64(-1)  # what the library puts in place of a branch that it does not evaluate
_COMPLAINTS = {
    "logical": "Value '{}' cannot be used with the logical operator '{}', it is not a bool",
    "modifier": "Value '{}' cannot be used with the modifier '{}', it is not a number",
    "comparator": "Value '{}' cannot be used with the comparator '{}', it is not a number",
    "ternary": "Value '{}' cannot be used with the ternary operator '{}', it is not a bool",
    "prefix": "Value '{}' cannot be used with the prefix '{}'",
}
_SHOWN = {"==": "=", NEGATE: "-", INVERT: "!", BITWISE_NOT: "~"}


def evaluate(stage: Stage) -> Any:
    """The value of a stage; raises `Failure`."""
    spine = [stage]
    while spine[-1].left is not None:
        spine.append(spine[-1].left)
    value: Any = None
    for current in reversed(spine):
        value = _evaluate_with(current, value if current.left is not None else None)
    return value


def _evaluate_with(stage: Stage, left: Any) -> Any:
    """The value of a stage whose left side has this value."""
    symbol = stage.symbol
    if (symbol == "&&" and left is False) or (symbol == "||" and left is True):
        return left
    if symbol == "??" and left is not None:
        return left
    right: Any = None
    if (symbol == "?" and left is False) or (symbol == ":" and left is not None):
        right = _SHORT_CIRCUIT
    elif stage.right is not None:
        right = evaluate(stage.right)
    check = _CHECKS.get(symbol)
    if check is not None:
        wrong = check(left, right)
        if wrong is not None:
            shown = _SHOWN.get(symbol, symbol)
            raise Failure(_COMPLAINTS[stage.level].format(sprint(wrong[0]), shown))
    return _OPERATIONS[symbol](stage, left, right)


_Check = Callable[[Any, Any], tuple[Any] | None]


def _each(left: type | None, right: type | None) -> _Check:
    """A check of both sides, the left first; None is any type."""

    def check(a: Any, b: Any) -> tuple[Any] | None:
        if left is not None and type(a) is not left:
            return (a,)
        if right is not None and type(b) is not right:
            return (b,)
        return None

    return check


def _matchable(a: Any, b: Any) -> tuple[Any] | None:
    if type(a) is not str:
        return (a,)
    return None if isinstance(b, str) else (b,)


def _comparable(a: Any, b: Any) -> tuple[Any] | None:
    return None if type(a) is type(b) and type(a) in (float, str) else (a,)


def _addable(a: Any, b: Any) -> tuple[Any] | None:
    numbers = type(a) is float and type(b) is float
    return None if numbers or type(a) is str or type(b) is str else (a,)


_CHECKS: dict[str, _Check] = {
    **dict.fromkeys((">", "<", ">=", "<="), _comparable),
    **dict.fromkeys(("=~", "!~"), _matchable),
    **dict.fromkeys(("&&", "||"), _each(bool, bool)),
    **dict.fromkeys(("-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>"), _each(float, float)),
    **dict.fromkeys((NEGATE, BITWISE_NOT), _each(None, float)),
    "in": _each(None, list),
    "+": _addable,
    INVERT: _each(None, bool),
    "?": _each(bool, None),
}


def _match(left: str, pattern: str) -> bool:
    try:
        return regexp.matches(pattern, left)
    except GoPanic as panic:
        raise Failure(f"Unable to compile regexp pattern '{pattern}': {panic.message}") from None


def _access(stage: Stage, left: Any, right: Any) -> Any:
    raise Failure(f"No parameter '{stage.payload[0]}' found.")


def _variable(stage: Stage, left: Any, right: Any) -> Any:
    raise Failure(f"No parameter '{stage.payload}' found.")


def _separate(left: Any, right: Any) -> list[Any]:
    if not isinstance(left, list):
        return [left, right]
    left.append(right)  # nothing else holds the list
    return left


def _add(left: Any, right: Any) -> Any:
    if type(left) is str or type(right) is str:
        return sprint(left) + sprint(right)
    return left + right


def _contained(left: Any, right: list[Any]) -> bool:
    if isinstance(left, list) and any(isinstance(value, list) for value in right):
        raise Failure("runtime error: comparing uncomparable type []interface {}")
    return any(type(value) is type(left) and value == left for value in right)


def _modulus(left: float, right: float) -> float:
    if right == 0 or math.isinf(left) or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


def _unsigned(value: float) -> int:
    """Go's uint64(f) on amd64."""
    if value < 2.0**63:
        return float_to_int(value) % (1 << 64)
    return (float_to_int(value - 2.0**63) | -(1 << 63)) % (1 << 64)


def _shift_left(left: float, right: float) -> float:
    places = _unsigned(right)
    return float((_unsigned(left) << places) % (1 << 64)) if places < 64 else 0.0


def _shift_right(left: float, right: float) -> float:
    places = _unsigned(right)
    return float(_unsigned(left) >> places) if places < 64 else 0.0


def _bits(operation: Callable[[int, int], int]) -> Callable[[float, float], float]:
    return lambda a, b: float(wrap_int(operation(float_to_int(a), float_to_int(b))))


_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "==": deep_equal,
    "!=": lambda a, b: not deep_equal(a, b),
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "=~": _match,
    "!~": lambda a, b: not _match(a, b),
    "in": _contained,
    "&&": lambda a, b: a and b,
    "||": lambda a, b: a or b,
    "+": _add,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": float_quotient,
    "%": _modulus,
    "**": power,
    "&": _bits(lambda a, b: a & b),
    "|": _bits(lambda a, b: a | b),
    "^": _bits(lambda a, b: a ^ b),
    "<<": _shift_left,
    ">>": _shift_right,
    "?": lambda a, b: b if a else None,
    ":": lambda a, b: b if a is None else a,
    "??": lambda a, b: b if a is None else a,
    ",": _separate,
    NEGATE: lambda a, b: -b,
    INVERT: lambda a, b: not b,
    BITWISE_NOT: lambda a, b: float(~float_to_int(b)),
    NOOP: lambda a, b: b,
}


def _binary(operation: Callable[[Any, Any], Any]) -> Callable[[Stage, Any, Any], Any]:
    return lambda stage, left, right: operation(left, right)


_OPERATIONS: dict[str, Callable[[Stage, Any, Any], Any]] = {
    **{symbol: _binary(operation) for symbol, operation in _BINARY.items()},
    LITERAL: lambda stage, left, right: stage.payload,
    VALUE: _variable,
    ACCESS: _access,
}
