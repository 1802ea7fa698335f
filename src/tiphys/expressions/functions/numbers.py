"""Numbers: integer arithmetic with overflow, decimal arithmetic, rounding, ranges."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from tiphys.expressions import go_strings
from tiphys.expressions import go_values as go
from tiphys.expressions.functions.casts import to_float64, to_int64
from tiphys.expressions.functions.signature import LONG, A, F, I, S, Table, function
from tiphys.expressions.go_format import format_float, sprint
from tiphys.expressions.go_numbers import float_quotient, truncated_remainder
from tiphys.expressions.go_power import power
from tiphys.expressions.go_values import GoPanic, Int64, Ints, wrap_int

MAX_RANGE: Final = 100_000
_EXACT = Context(prec=2500, Emax=999_999, Emin=-999_999)
_SIXTEEN = Decimal(1).scaleb(-16)


def _long(value: int) -> Int64:
    return Int64(wrap_int(value))


def _add(*values: Any) -> Int64:
    return _long(sum(map(to_int64, values)))


def _multiply(first: Any, *values: Any) -> Int64:
    product = to_int64(first)
    for value in values:
        product = wrap_int(product * to_int64(value))
    return _long(product)


def _divide(a: Any, b: Any) -> Int64:
    left, right = to_int64(a), to_int64(b)
    if right == 0:
        raise GoPanic("runtime error: integer divide by zero")
    quotient = abs(left) // abs(right)
    return _long(quotient if (left < 0) == (right < 0) else -quotient)


def _modulo(a: Any, b: Any) -> Int64:
    left, right = to_int64(a), to_int64(b)
    if right == 0:
        raise GoPanic("runtime error: integer divide by zero")
    return _long(truncated_remainder(left, right))


def _decimal(value: Any) -> Decimal:
    number = to_float64(value)
    if math.isnan(number) or math.isinf(number):
        raise GoPanic(f"Cannot create a Decimal from {format_float(number)}")
    return Decimal(repr(number))


def _decimals(operation: Callable[[Decimal, Decimal], Decimal], start: Any, values: tuple[Any, ...]) -> float:
    result = _decimal(start)
    for value in values:
        result = operation(result, _decimal(value))
    return float(result) if result else 0.0


def _decimal_divide(a: Decimal, b: Decimal) -> Decimal:
    if b == 0:
        raise GoPanic("decimal division by 0")
    return _EXACT.divide(a, b).quantize(_SIXTEEN, ROUND_HALF_UP, _EXACT)


def _greatest(first: Any, *values: Any) -> Int64:
    return Int64(max(to_int64(value) for value in (first, *values)))


def _least(first: Any, *values: Any) -> Int64:
    return Int64(min(to_int64(value) for value in (first, *values)))


def _greatest_float(first: Any, *values: Any) -> float:
    """math.Max: an infinity outweighs NaN, and 0 is above -0."""
    numbers = [to_float64(value) for value in (first, *values)]
    if math.inf in numbers:
        return math.inf
    return math.nan if any(map(math.isnan, numbers)) else max(numbers, key=_with_sign)


def _least_float(first: Any, *values: Any) -> float:
    return -_greatest_float(*(-to_float64(value) for value in (first, *values)))


def _with_sign(number: float) -> tuple[float, float]:
    return number, math.copysign(1.0, number)


def _whole(rounding: Callable[[float], float], value: Any) -> float:
    number = to_float64(value)
    return number if math.isnan(number) or math.isinf(number) else math.copysign(rounding(number), number)


def _round(value: Any, places: int, *options: float) -> float:
    limit = options[0] if options else 0.5
    scale = power(10.0, float(places))
    digit = scale * to_float64(value)
    if math.isnan(digit) or math.isinf(digit):
        return float_quotient(digit, scale)
    fraction = math.modf(digit)[0]
    whole = math.ceil(digit) if fraction >= limit else math.floor(digit)
    return float_quotient(math.copysign(whole, digit), scale)


def _octal(value: Any) -> Int64:
    """What unix octal notation means in decimal; 0 where it is none."""
    text = sprint(value)
    digits = text.lstrip("+-")
    if not digits or digits.strip("01234567") or len(text) - len(digits) > 1 or not digits.isascii():
        return Int64(0)
    number = int(text, 8)
    return Int64(number if go.INT64_MIN <= number <= go.INT64_MAX else 0)


def _until_step(start: int, stop: int, step: int) -> Ints:
    if (stop < start and step >= 0) or (stop >= start and step <= 0):
        return Ints()
    if len(range(start, stop, step)) > MAX_RANGE:
        raise GoPanic("memory budget exceeded")
    return Ints(range(start, stop, step))


def _until(count: int) -> Ints:
    return _until_step(0, count, -1 if count < 0 else 1)


def _seq(*params: int) -> str:
    if len(params) == 1:
        start, end, step = 1, params[0], 1 if params[0] >= 1 else -1
        increment = step
    elif len(params) == 2:
        start, end = params
        step = increment = 1 if end >= start else -1
    elif len(params) == 3:
        start, step, end = params
        increment = 1 if end >= start else -1
        if end < start and step > 0:
            return ""
    else:
        return ""
    return " ".join(map(str, _until_step(start, end + increment, step)))


FUNCTIONS: Table = {
    "atoi": function(lambda text: go_strings.atoi_or_bound(text), S, output=I),
    "int64": function(lambda value: Int64(to_int64(value)), A, output=LONG),
    "int": function(to_int64, A, output=I),
    "float64": function(to_float64, A, output=F),
    "toDecimal": function(_octal, A, output=LONG),
    "seq": function(_seq, I, output=S, variadic=True),
    "until": function(_until, I, output=go.INTS),
    "untilStep": function(_until_step, I, I, I, output=go.INTS),
    "add1": function(lambda value: _long(to_int64(value) + 1), A, output=LONG),
    "add": function(_add, A, output=LONG, variadic=True),
    "sub": function(lambda a, b: _long(to_int64(a) - to_int64(b)), A, A, output=LONG),
    "div": function(_divide, A, A, output=LONG),
    "mod": function(_modulo, A, A, output=LONG),
    "mul": function(_multiply, A, A, output=LONG, variadic=True),
    "add1f": function(lambda value: _decimals(_EXACT.add, value, (1,)), A, output=F),
    "addf": function(lambda *values: _decimals(_EXACT.add, 0.0, values), A, output=F, variadic=True),
    "subf": function(lambda a, *values: _decimals(_EXACT.subtract, a, values), A, A, output=F, variadic=True),
    "divf": function(lambda a, *values: _decimals(_decimal_divide, a, values), A, A, output=F, variadic=True),
    "mulf": function(lambda a, *values: _decimals(_EXACT.multiply, a, values), A, A, output=F, variadic=True),
    "biggest": function(_greatest, A, A, output=LONG, variadic=True),
    "max": function(_greatest, A, A, output=LONG, variadic=True),
    "min": function(_least, A, A, output=LONG, variadic=True),
    "maxf": function(_greatest_float, A, A, output=F, variadic=True),
    "minf": function(_least_float, A, A, output=F, variadic=True),
    "ceil": function(lambda value: _whole(math.ceil, value), A, output=F),
    "floor": function(lambda value: _whole(math.floor, value), A, output=F),
    "round": function(_round, A, I, F, output=F, variadic=True),
}
