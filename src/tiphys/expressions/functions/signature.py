"""How sprig's functions are declared: a Go signature and a Python callable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.go_values import Func, GoType, func_type

Table = dict[str, Func]

S = go.STRING
I = go.INT  # noqa: E741 - Go's int
F = go.FLOAT64
B = go.BOOL
A = go.ANY
M = go.MAP
L = go.LIST
LONG = go.INT64


def function(
    call: Callable[..., Any],
    *inputs: GoType,
    output: GoType = A,
    variadic: bool = False,
    fails: bool = False,
    ambient: bool = False,
    slow: int = 0,
) -> Func:
    """A Go function; of a variadic one the last input is the element's type."""
    if variadic:
        element = inputs[-1]
        inputs = (*inputs[:-1], _SLICES.get(element) or GoType(f"[]{element.name}", "slice", elem=element))
    return Func(call, func_type(*inputs, output=output, variadic=variadic, fails=fails), ambient, slow)


_SLICES: dict[GoType, GoType] = {
    go.ANY: go.LIST,
    go.STRING: go.STRINGS,
    go.INT: go.INTS,
    go.FLOAT64: go.FLOATS,
}
