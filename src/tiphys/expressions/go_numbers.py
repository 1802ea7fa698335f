"""Numbers as Go computes with them, and equality as package reflect sees it."""

from __future__ import annotations

import math
from typing import Any

from tiphys.expressions import go_strings
from tiphys.expressions import go_values as go
from tiphys.expressions.go_values import AnyMap, Duration, GoPanic, float_to_int, type_of


def is_number(value: Any) -> bool:
    """Whether Go's type switch over number types takes the value (a Duration is not in it)."""
    return isinstance(value, int | float) and type(value) is not bool and type(value) is not Duration


def to_int(value: Any) -> int:
    """expr-lang's `int(x)`, Argo's `asInt`."""
    if type(value) is int:
        return value
    if type(value) is str:
        number = go_strings.atoi(value)
        if number is None:
            raise GoPanic(f"invalid operation: int({value})")
        return number
    if isinstance(value, float):
        return float_to_int(value)
    if isinstance(value, int) and type(value) is not bool:
        return int(value)
    if value is None:
        raise GoPanic("reflect: call of reflect.Value.Type on zero Value")
    raise GoPanic(f"invalid operation: int({type_of(value).name})")


def to_float(value: Any) -> float:
    """expr-lang's `float(x)`, Argo's `asFloat`."""
    if type(value) is str:
        number = go_strings.parse_float(value)
        if number is None:
            raise GoPanic(f"invalid operation: float({value})")
        return number
    if is_number(value):
        return float(value)
    raise GoPanic(f"invalid operation: float({type_of(value).name})")


def float_quotient(a: float, b: float) -> float:
    """IEEE division: by zero gives ±Inf or NaN."""
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a) or math.isnan(b):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def truncated_remainder(a: int, b: int) -> int:
    """Go's `%`: the sign of the dividend."""
    remainder = abs(a) % abs(b)
    return -remainder if a < 0 else remainder


def deep_equal(a: Any, b: Any) -> bool:
    """reflect.DeepEqual: types must be the same all the way down."""
    if type_of(a) is not type_of(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(deep_equal, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and all(key in b and deep_equal(value, b[key]) for key, value in a.items())
    if isinstance(a, AnyMap):
        return len(a) == len(b) and all(key in b and deep_equal(value, b.get(key)) for key, value in a.items())
    if isinstance(a, go.Func):
        return False
    return bool(a == b)
