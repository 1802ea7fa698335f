"""What the checker knows of a value's type before it runs: a Go type, nil, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.go_values import GoType


@dataclass(frozen=True, slots=True)
class Nature:
    """`type` None and not `is_nil` is unknown. `ref` is an array's element, or what a predicate gives."""

    type: GoType | None = None
    is_nil: bool = False
    ref: Nature | None = None
    method: bool = False
    function: str = ""

    @property
    def is_unknown(self) -> bool:
        return (self.type is None and not self.is_nil) or self.type is go.ANY

    @property
    def kind(self) -> str:
        return self.type.kind if self.type is not None else "invalid"

    @property
    def is_integer(self) -> bool:
        return self.type is not None and self.type.is_integer

    @property
    def is_float(self) -> bool:
        return self.type is go.FLOAT64

    @property
    def is_number(self) -> bool:
        return self.type is not None and self.type.is_number

    @property
    def is_bool(self) -> bool:
        return self.kind == "bool"

    @property
    def is_string(self) -> bool:
        return self.kind == "string"

    @property
    def is_time(self) -> bool:
        return self.type is go.TIME

    @property
    def is_duration(self) -> bool:
        return self.type is go.DURATION

    @property
    def is_array(self) -> bool:
        return self.kind in ("slice", "array")

    @property
    def is_map(self) -> bool:
        return self.kind == "map"

    @property
    def is_struct(self) -> bool:
        return self.kind == "struct"

    def __str__(self) -> str:
        return self.type.name if self.type is not None else "unknown"

    def deref(self) -> Nature:
        if self.type is not None and self.type.kind == "ptr":
            return of_type(self.type.elem)
        return self

    def key(self) -> Nature:
        return of_type(self.type.key) if self.type is not None and self.kind == "map" else UNKNOWN

    def elem(self) -> Nature:
        if self.type is None:
            return UNKNOWN
        if self.is_array and self.ref is not None:
            return self.ref
        return of_type(self.type.elem) if self.kind in ("ptr", "map", "slice", "array") else UNKNOWN

    def array_of(self) -> Nature:
        """The nature of a []any whose elements have this nature."""
        return Nature(go.LIST, ref=self)

    def assignable_to(self, other: Nature) -> bool:
        if self.is_nil and other.kind in ("ptr", "interface", "func", "map", "slice"):
            return True
        if self.type is None or other.type is None:
            return False
        return self.type is other.type or other.type is go.ANY

    def comparable_to(self, other: Nature) -> bool:
        return (
            self.is_unknown
            or other.is_unknown
            or self.is_nil
            or other.is_nil
            or (self.is_number and other.is_number)
            or (self.is_duration and other.is_duration)
            or (self.is_time and other.is_time)
            or (self.is_array and other.is_array)
            or self.assignable_to(other)
        )

    def maybe_compatible(self, other: Nature, *checks: Callable[[Nature], bool]) -> bool:
        if self.is_unknown:
            return other.is_unknown or any(check(other) for check in checks)
        return other.is_unknown and any(check(self) for check in checks)

    def promote(self, other: Nature) -> Nature:
        return FLOAT if self.is_float or other.is_float else INTEGER

    def as_method(self) -> Nature:
        return replace(self, method=True)


UNKNOWN = Nature()
NIL = Nature(is_nil=True)


def of_type(go_type: GoType | None) -> Nature:
    """The nature of values of a type."""
    if go_type is None:
        return UNKNOWN
    known = _KNOWN.get(go_type)
    if known is None:
        known = _KNOWN[go_type] = Nature(go_type)
    return known


_KNOWN: dict[GoType, Nature] = {}

INTEGER = of_type(go.INT)
FLOAT = of_type(go.FLOAT64)
BOOL = of_type(go.BOOL)
STRING = of_type(go.STRING)
LIST = of_type(go.LIST)
MAP = of_type(go.MAP)


def nature_of(value: Any) -> Nature:
    """The nature of a value of the environment."""
    return NIL if value is None else of_type(go.type_of(value))


def string_check(nature: Nature) -> bool:
    return nature.is_string


def bool_check(nature: Nature) -> bool:
    return nature.is_bool


def integer_check(nature: Nature) -> bool:
    return nature.is_integer


def number_check(nature: Nature) -> bool:
    return nature.is_number


def time_check(nature: Nature) -> bool:
    return nature.is_time


def duration_check(nature: Nature) -> bool:
    return nature.is_duration
