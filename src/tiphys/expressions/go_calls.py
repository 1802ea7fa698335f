"""Calling a Go function by reflection: counts and types of arguments are checked as package reflect does."""

from __future__ import annotations

from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.ambient import Ambient
from tiphys.expressions.go_time import ZERO_TIME_SECONDS, Time
from tiphys.expressions.go_values import Func, GoPanic, GoType, type_of


def call_function(function: Func, arguments: list[Any], ambient: Ambient) -> Any:
    """The function's value, or `GoPanic`."""
    signature = function.go_type
    inputs = signature.inputs
    fixed = len(inputs) - 1 if signature.variadic else len(inputs)
    size = len(arguments)
    if signature.variadic and size < fixed:
        raise GoPanic(f"invalid number of arguments: expected at least {fixed}, got {size}")
    if not signature.variadic and size != fixed:
        raise GoPanic(f"invalid number of arguments: expected {fixed}, got {size}")
    values = []
    for position, value in enumerate(arguments):
        wanted = inputs[position] if position < fixed else inputs[-1].elem or go.ANY
        if value is None:
            values.append(zero_value(wanted))
            continue
        if wanted is not go.ANY and type_of(value) is not wanted and not _implements(value, wanted):
            raise _wrong_type(type_of(value), wanted, variadic=position >= fixed)
        values.append(value)
    if function.needs_ambient:
        return function.call(ambient, *values)
    return function.call(*values)


def _implements(value: Any, wanted: GoType) -> bool:
    return wanted.kind == "interface" and wanted.name in type_of(value).methods


def _wrong_type(given: GoType, wanted: GoType, *, variadic: bool) -> GoPanic:
    if variadic:
        return GoPanic(f"reflect: cannot use {given.name} as type {wanted.name} in Call")
    return GoPanic(f"reflect: Call using {given.name} as type {wanted.name}")


_ZEROS: dict[GoType, Any] = {
    go.BOOL: False,
    go.INT: 0,
    go.INT64: go.Int64(0),
    go.INT32: go.Int32(0),
    go.UINT8: go.Uint8(0),
    go.FLOAT64: 0.0,
    go.STRING: "",
    go.TIME: Time(ZERO_TIME_SECONDS * 1_000_000_000),
    go.DURATION: go.Duration(0),
}


_EMPTY: dict[GoType, type] = {go.STRINGS: go.NilStrings, go.MAP: go.NilMap, go.LIST: go.NilList}


def zero_value(go_type: GoType) -> Any:
    """reflect.Zero: slices and maps are nil ones."""
    if go_type in _ZEROS:
        return _ZEROS[go_type]
    empty = _EMPTY.get(go_type)
    return empty() if empty is not None else None
