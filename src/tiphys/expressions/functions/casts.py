"""sprig's way to make a text, a number or a list of anything (spf13/cast and `strval`)."""

from __future__ import annotations

import re
from typing import Any

from tiphys.expressions import go_strings
from tiphys.expressions import go_values as go
from tiphys.expressions.go_format import sprint
from tiphys.expressions.go_values import AnyMap, GoPanic, Strings, float_to_int, kind_of, to_bytes

_DECIMAL = re.compile(r"([-+]?[0-9]*)(\.[0-9]*)?")
_INTEGER = re.compile(
    r"([-+]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)"
)


def strval(value: Any) -> str:
    """The text of a value; bytes as they are, anything else as `%v`."""
    if type(value) is str:
        return value
    return go.from_bytes(value) if isinstance(value, bytes) else sprint(value)


def to_int64(value: Any) -> int:
    """cast.ToInt64: 0 where it cannot be done."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float_to_int(value)
    if type(value) is str:
        return _parse_int(value)
    return 0


def _parse_int(text: str) -> int:
    """strconv.ParseInt(text, 0, 0) of the part before the point: 0x, 0b, 0o and a leading 0 name the base."""
    if "." in text:
        decimal = _DECIMAL.fullmatch(text)
        if decimal is not None:
            text = decimal[1] + "0" if decimal[1] in ("", "-", "+") else decimal[1]
    match = _INTEGER.fullmatch(text)
    if match is None or len(text) > 100:
        return 0
    digits = match[2].replace("_", "").lower()
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        digits = "0o" + digits
    value = int(digits, 0) * (-1 if match[1] == "-" else 1)
    return value if go.INT64_MIN <= value <= go.INT64_MAX else 0


def to_float64(value: Any) -> float:
    """cast.ToFloat64: 0 where it cannot be done."""
    if isinstance(value, int | float):
        return float(value)
    if type(value) is str:
        number = go_strings.parse_float(value)
        return 0.0 if number is None else number
    return 0.0


def is_list(value: Any) -> bool:
    return isinstance(value, list | bytes)


def items_of(value: Any, complaint: str) -> list[Any]:
    """The elements of a list; the complaint names the kind of anything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, bytes):
        return [go.Uint8(byte) for byte in value]
    if value is None:
        raise GoPanic("runtime error: invalid memory address or nil pointer dereference")
    raise GoPanic(f"{complaint} {kind_of(value)}")


def strings_of(value: Any) -> Strings:
    """sprig's strslice: the texts of a list, nil left out; one text of anything else."""
    if isinstance(value, Strings):
        return value
    if is_list(value):
        return Strings(strval(item) for item in items_of(value, "") if item is not None)
    return Strings() if value is None else Strings([strval(value)])


def is_empty(value: Any) -> bool:
    """sprig's empty: nil, zero, false, and what has no elements."""
    if value is None:
        return True
    if isinstance(value, str | list | dict | bytes | AnyMap):
        return len(value) == 0
    if isinstance(value, bool | int | float):
        return not value
    return False


def byte_slice(text: str, start: int, stop: int) -> str:
    """Go's text[start:stop]; raises its panic where the bounds do not fit."""
    data = to_bytes(text)
    size = len(data)
    if not 0 <= stop <= size:
        bound = f"slice bounds out of range [:{stop}]"
        raise GoPanic(f"runtime error: {bound}" + (f" with length {size}" if stop > size else ""))
    if not 0 <= start <= stop:
        shown = f"[{start}:{stop}]" if start > stop else f"[{start}:]"
        raise GoPanic(f"runtime error: slice bounds out of range {shown}")
    return go.from_bytes(data[start:stop])
