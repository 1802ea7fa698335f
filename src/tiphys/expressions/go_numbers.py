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


def power(x: float, y: float) -> float:
    """math.Pow, which multiplies by successive squares and so differs from C's in the last digit."""
    if y == 0 or x == 1:
        return 1.0
    if y == 1 or math.isnan(x) or math.isnan(y):
        return x if y == 1 else math.nan
    if x == 0 or math.isinf(x) or math.isinf(y):
        return _limit_power(x, y)
    if abs(y) == 0.5:
        root = math.nan if x < 0 else math.sqrt(x)
        return root if y > 0 else float_quotient(1.0, root)
    fraction, whole = math.modf(abs(y))
    if fraction != 0 and x < 0:
        return math.nan
    if whole >= 1 << 63:
        if x == -1:
            return 1.0
        return 0.0 if (abs(x) < 1) == (y > 0) else math.inf
    return _finite_power(x, int(whole), fraction, inverse=y < 0)


def _limit_power(x: float, y: float) -> float:
    odd = abs(y) < 1 << 53 and y == math.floor(y) and int(y) % 2 == 1
    if x == 0 and not math.isinf(y):
        result = math.inf if y < 0 else 0.0
        return math.copysign(result, x) if odd else result
    if math.isinf(y):
        if x == -1:
            return 1.0
        return 0.0 if (abs(x) < 1) == (y > 0) else math.inf
    result = 0.0 if y < 0 else math.inf
    return math.copysign(result, x) if odd else result


def _finite_power(x: float, whole: int, fraction: float, *, inverse: bool) -> float:
    result, exponent = 1.0, 0
    if fraction > 0.5:
        fraction -= 1
        whole += 1
    if fraction != 0:
        result = math.exp(fraction * math.log(x))
    square, square_exponent = math.frexp(x)
    while whole:
        if abs(square_exponent) > 1 << 12:
            exponent += square_exponent
            break
        if whole & 1:
            result *= square
            exponent += square_exponent
        square *= square
        square_exponent *= 2
        if square < 0.5:
            square += square
            square_exponent -= 1
        whole >>= 1
    if inverse:
        result, exponent = 1 / result, -exponent
    try:
        return math.ldexp(result, exponent)
    except OverflowError:
        return math.copysign(math.inf, result)


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
