"""What expr-lang's builtins do with numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from tiphys.expressions.expr import operators
from tiphys.expressions.go_numbers import is_number
from tiphys.expressions.go_values import Duration, GoPanic, type_of


def absolute(value: Any) -> Any:
    if is_number(value):
        return operators.negate(value) if value < 0 else value
    raise GoPanic(f"invalid argument for abs (type {type_of(value).name})")


def rounding(name: str, rounding: Callable[[float], float]) -> Callable[[Any], float]:
    def call(value: Any) -> float:
        if not is_number(value):
            raise GoPanic(f"invalid argument for {name} (type {type_of(value).name})")
        number = float(value)
        if not isinstance(value, float) or math.isinf(number) or math.isnan(number):
            return number
        return math.copysign(rounding(number), number)

    return call


def round_half_away(value: float) -> float:
    """math.Round."""
    whole = math.floor(abs(value))
    return math.copysign(whole + (abs(value) - whole >= 0.5), value)


def extreme(name: str, beats: Callable[[Any, Any], bool]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        best: Any = None
        for arg in args:
            if isinstance(arg, list | bytes):
                candidate = _extreme_of(arg)
            elif is_number(arg) or isinstance(arg, Duration):
                candidate = arg
            elif len(args) == 1:
                return arg
            else:
                raise GoPanic(f"invalid argument for {name} (type {type_of(arg).name})")
            if candidate is not None and (best is None or beats(best, candidate)):
                best = candidate
        return best

    def _extreme_of(values: list[Any] | bytes) -> Any:
        best: Any = None
        for value in operators.elements(values):
            if isinstance(value, list | bytes):
                value = _extreme_of(value)
                if value is None:
                    continue
            elif not is_number(value):
                raise GoPanic(f"invalid argument for {name} (type {type_of(value).name})")
            if best is None or beats(best, value):
                best = value
        return best

    return call


def _numbers(name: str, args: Iterable[Any]) -> list[float]:
    found: list[float] = []
    for arg in args:
        if isinstance(arg, list | bytes):
            found.extend(_numbers(name, operators.elements(arg)))
        elif is_number(arg) or isinstance(arg, Duration):
            found.append(float(arg))
        else:
            raise GoPanic(f"invalid argument for {name} (type {type_of(arg).name})")
    return found


def mean(*args: Any) -> float:
    values = _numbers("mean", args)
    total = 0.0
    for value in values:
        total += value
    return total / len(values) if values else 0.0


def median(*args: Any) -> float:
    values = sorted(_numbers("median", args))
    middle = len(values) // 2
    if not values:
        return 0.0
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def bits(value: Any, name: str) -> int:
    if isinstance(value, int) and type(value) is not bool and type(value) is not Duration:
        return int(value)
    raise GoPanic(f"cannot use {type_of(value).name} as argument (type int) to call {name}")


def shift(operation: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def call(x: int, y: int) -> int:
        if y < 0:
            raise GoPanic(f"invalid operation: negative shift count {y} (type int)")
        return operation(x, min(y, 64))

    return call
