"""What the checker demands of the arguments of builtins that take more than one kind of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tiphys.expressions import go_values as go
from tiphys.expressions.go_values import GoType

Validate = Callable[[list[GoType]], GoType]


class Mismatch(Exception):
    """The checker's complaint about a builtin's arguments."""


NUMBERS = (
    "float64",
    "float32",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
)
LISTS = ("slice", "array")


def _count(args: list[GoType], wanted: int) -> None:
    if len(args) != wanted:
        raise Mismatch(f"invalid number of arguments (expected {wanted}, got {len(args)})")


def _kind(go_type: GoType) -> str:
    return go_type.elem.kind if go_type.kind == "ptr" and go_type.elem else go_type.kind


def one_of(kinds: Iterable[str], output: GoType | None, complaint: str) -> Validate:
    """A rule: one argument of one of these kinds; the output is the argument's type where None."""
    allowed = (*kinds, "interface")

    def validate(args: list[GoType]) -> GoType:
        _count(args, 1)
        if _kind(args[0]) not in allowed:
            raise Mismatch(complaint.format(args[0].name))
        return output or args[0]

    return validate


def argument(name: str) -> str:
    return f"invalid argument for {name} (type {{}})"


def element_of(which: str) -> Validate:
    def validate(args: list[GoType]) -> GoType:
        _count(args, 1)
        kind = _kind(args[0])
        if kind == "interface":
            return go.ANY
        if kind in LISTS:
            return args[0].elem or go.ANY
        raise Mismatch(f"cannot get {which} element from {args[0].name}")

    return validate


def aggregate(name: str) -> Validate:
    def validate(args: list[GoType]) -> GoType:
        if not args:
            raise Mismatch(f"not enough arguments to call {name}")
        for arg in args:
            kind = _kind(arg)
            if kind in ("interface", *LISTS):
                return go.ANY
            if kind not in NUMBERS:
                raise Mismatch(f"invalid argument for {name} (type {arg.name})")
        return args[0]

    return validate


def take_types(args: list[GoType]) -> GoType:
    _count(args, 2)
    if _kind(args[0]) not in ("interface", *LISTS):
        raise Mismatch(f"cannot take from {args[0].name}")
    if _kind(args[1]) not in ("interface", "int", "int8", "int16", "int32", "int64"):
        raise Mismatch(f"cannot take {args[1].name} elements")
    return args[0]


def concat_types(args: list[GoType]) -> GoType:
    if not args:
        raise Mismatch("invalid number of arguments (expected at least 1, got 0)")
    for arg in args:
        if _kind(arg) not in ("interface", *LISTS):
            raise Mismatch(f"cannot concat {arg.name}")
    return go.LIST


def now_types(args: list[GoType]) -> GoType:
    if not args or (len(args) == 1 and args[0] is go.LOCATION):
        return go.TIME
    raise Mismatch(f"invalid number of arguments (expected 0, got {len(args)})")


def date_types(args: list[GoType]) -> GoType:
    if not args:
        raise Mismatch("invalid number of arguments (expected at least 1, got 0)")
    rest = args[1:] if args[0] is go.LOCATION else args
    if len(rest) > 3:
        raise Mismatch(f"invalid number of arguments (expected at most 3, got {len(rest)})")
    return go.TIME
