"""`withSequence`: the texts that it stands for, as Argo's controller expands it, within bounds of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tiphys.errors import ExpressionError
from tiphys.expressions import go_strings, items
from tiphys.expressions.go_printf import format_int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A `withSequence`; numbers may be texts, which a tag has filled."""

    start: int | str | None = None
    end: int | str | None = None
    count: int | str | None = None
    format: str = ""


def decode(data: Mapping[str, Any]) -> Sequence:
    """The `withSequence` of a manifest; raises what Go's decoder says of other types."""
    return Sequence(
        _int_or_string(data, "start"),
        _int_or_string(data, "end"),
        _int_or_string(data, "count"),
        _text(data, "format"),
    )


def _int_or_string(data: Mapping[str, Any], name: str) -> int | str | None:
    value = data.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 31) <= value < 1 << 31:
        return value
    raise _wrong(value, name, "int32")


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise _wrong(value, name, "string")


def _wrong(value: Any, name: str, wanted: str) -> ExpressionError:
    if isinstance(value, bool):
        shown = "bool"
    elif isinstance(value, int | float):
        shown = f"number {value}" if wanted == "int32" else "number"
    else:
        shown = "object" if isinstance(value, dict) else "array"
    return ExpressionError(
        "error unmarshaling JSON: while decoding JSON: "
        f"json: cannot unmarshal {shown} into Go struct field Sequence.{name} of type {wanted}"
    )


def expand(sequence: Sequence) -> list[str]:
    """The items' texts; raises `ExpressionError` with the controller's words.

    >>> expand(Sequence(start=3, end="1", format="n%02d"))
    ['n03', 'n02', 'n01']
    """
    start = 0 if sequence.start is None else _number(sequence.start)
    if sequence.end is not None:
        end = _number(sequence.end)
    elif sequence.count is not None:
        count = _number(sequence.count)
        if count == 0:
            return []
        end = start + count - 1
    else:
        raise ExpressionError("neither end nor count was specified in withSequence")
    if abs(end - start) >= items.MAX_ITEMS:
        raise ExpressionError(f"withSequence has {abs(end - start) + 1} items, more than {items.MAX_ITEMS}")
    step = 1 if start <= end else -1
    form = sequence.format or "%d"
    if form == "%d":
        return [str(number) for number in range(start, end + step, step)]
    texts = []
    size = 0
    for number in range(start, end + step, step):
        shown = format_int(form, number)
        size += len(shown)
        if size > go_strings.MAX_TEXT:
            raise ExpressionError(f"withSequence makes more than {go_strings.MAX_TEXT} bytes")
        texts.append(items.text(items.parse(f'"{shown}"')))
    return texts


def _number(value: int | str) -> int:
    if isinstance(value, int):
        return value
    number = go_strings.atoi(value)
    if number is None:
        raise ExpressionError(go_strings.atoi_error(value))
    return number
