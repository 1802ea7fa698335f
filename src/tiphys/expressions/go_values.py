"""Go's values in Python, as far as Argo's expressions can meet them.

`nil`, `bool`, `int`, `float64`, `string`, `[]any` and `map[string]any` are None, bool, int, float, str, list
and dict. Every other Go type that an expression can yield has a small class here, since Argo's answers depend
on it: `sprig.add(1, 2)` is an int64, `"abc"[0]` a uint8, `split("a b", " ")` a []string.
Strings are bytes in Go: bytes that are not UTF-8 are kept as surrogate escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

INT64_MAX = (1 << 63) - 1
INT64_MIN = -(1 << 63)


@dataclass(frozen=True, eq=False)
class GoType:
    """A Go type: `name` is what `%T` prints, `kind` what reflect calls it. Types are compared by identity."""

    name: str
    kind: str
    elem: GoType | None = None
    key: GoType | None = None
    inputs: tuple[GoType, ...] = ()
    output: GoType | None = None
    outputs: int = 1
    variadic: bool = False
    fields: dict[str, GoType] = field(default_factory=dict)
    methods: tuple[str, ...] = ()

    @property
    def is_integer(self) -> bool:
        return self.name in _INTEGERS

    @property
    def is_number(self) -> bool:
        return self.name in _INTEGERS or self.name in ("float64", "float32")

    def __repr__(self) -> str:
        return f"<go {self.name}>"


_INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in ("", "8", "16", "32", "64")) | {"uintptr"}

ANY = GoType("interface {}", "interface")
NIL = GoType("<nil>", "invalid")
BOOL = GoType("bool", "bool")
INT = GoType("int", "int")
INT64 = GoType("int64", "int64")
INT32 = GoType("int32", "int32")
UINT64 = GoType("uint64", "uint64")
UINT8 = GoType("uint8", "uint8")
FLOAT64 = GoType("float64", "float64")
STRING = GoType("string", "string")
LIST = GoType("[]interface {}", "slice", elem=ANY)
STRINGS = GoType("[]string", "slice", elem=STRING)
INTS = GoType("[]int", "slice", elem=INT)
FLOATS = GoType("[]float64", "slice", elem=FLOAT64)
BYTES = GoType("[]uint8", "slice", elem=UINT8)
LISTS = GoType("[][]interface {}", "slice", elem=LIST)
PAIR = GoType("[2]interface {}", "array", elem=ANY)
PAIRS = GoType("[][2]interface {}", "slice", elem=PAIR)
MAP = GoType("map[string]interface {}", "map", elem=ANY, key=STRING)
STRING_MAP = GoType("map[string]string", "map", elem=STRING, key=STRING)
ANY_MAP = GoType("map[interface {}]interface {}", "map", elem=ANY, key=ANY)
GROUP_MAP = GoType("map[interface {}][]interface {}", "map", elem=LIST, key=ANY)
INT_SET = GoType("map[int]struct {}", "map", elem=GoType("struct {}", "struct"), key=INT)
STRING_SET = GoType("map[string]struct {}", "map", elem=GoType("struct {}", "struct"), key=STRING)
TIME = GoType("time.Time", "struct")
DURATION = GoType("time.Duration", "int64")
LOCATION = GoType("*time.Location", "ptr", elem=GoType("time.Location", "struct"))
ERROR = GoType("error", "interface")


def func_type(
    *inputs: GoType,
    output: GoType | None = ANY,
    variadic: bool = False,
    fails: bool = False,
    name: str = "",
) -> GoType:
    """The type of a function; of a variadic one the last input is the slice, as in Go."""
    shown = [f"...{t.elem.name}" if variadic and t.elem and t is inputs[-1] else t.name for t in inputs]
    result = "" if output is None else f" ({output.name}, error)" if fails else f" {output.name}"
    return GoType(
        name or f"func({', '.join(shown)}){result}",
        "func",
        inputs=inputs,
        output=output,
        outputs=2 if fails else 1,
        variadic=variadic,
    )


class Int64(int):
    """An int64 (Go's `int`, equally wide, is a plain Python int)."""

    go_type: ClassVar[GoType] = INT64
    __slots__ = ()


class Int32(int):
    """An int32, also Go's rune."""

    go_type: ClassVar[GoType] = INT32
    __slots__ = ()


class Uint64(int):
    """A uint64, such as a part of a version."""

    go_type: ClassVar[GoType] = UINT64
    __slots__ = ()


class Uint8(int):
    """A byte, such as `"abc"[0]`."""

    go_type: ClassVar[GoType] = UINT8
    __slots__ = ()


class Duration(int):
    """A time.Duration in nanoseconds."""

    go_type: ClassVar[GoType] = DURATION
    __slots__ = ()


class Strings(list[str]):
    """A []string."""

    go_type: ClassVar[GoType] = STRINGS
    __slots__ = ()


class NilList(list[Any]):
    """A []any that is nil: empty, `null` in JSON."""

    go_type: ClassVar[GoType] = LIST
    __slots__ = ()


class NilStrings(Strings):
    """A []string that is nil."""

    __slots__ = ()


class Lists(list[Any]):
    """A [][]any, what `sprig.chunk` gives."""

    go_type: ClassVar[GoType] = LISTS
    __slots__ = ()


class Ints(list[int]):
    """A []int, such as `1..3`."""

    go_type: ClassVar[GoType] = INTS
    __slots__ = ()


class Pair(list[Any]):
    """A [2]any."""

    go_type: ClassVar[GoType] = PAIR
    __slots__ = ()


class Pairs(list[Any]):
    """A [][2]any, what `toPairs` gives."""

    go_type: ClassVar[GoType] = PAIRS
    __slots__ = ()


class NilMap(dict[str, Any]):
    """A map[string]any that is nil."""

    go_type: ClassVar[GoType] = MAP
    __slots__ = ()


class Pattern(str):
    """A compiled regular expression, known by its source."""

    go_type: ClassVar[GoType] = GoType("*regexp.Regexp", "ptr")
    __slots__ = ()


class StringMap(dict[str, str]):
    """A map[string]string."""

    go_type: ClassVar[GoType] = STRING_MAP
    __slots__ = ()


class StringSet(dict[str, None]):
    """A map[string]struct{}, what the optimizer makes of `["a", "b"]` behind `in`."""

    go_type: ClassVar[GoType] = STRING_SET
    __slots__ = ()


class AnyMap:
    """A map[any]any. Its keys keep their Go type: 1, 1.0 and true are three keys."""

    go_type: ClassVar[GoType] = ANY_MAP
    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: dict[tuple[type, Any], Any] = {}

    def set(self, key: Any, value: Any) -> None:
        self._items[(type(key), key)] = value

    def get(self, key: Any, default: Any = None) -> Any:
        return self._items.get((type(key), key), default)

    def __contains__(self, key: Any) -> bool:
        return (type(key), key) in self._items

    def items(self) -> Iterator[tuple[Any, Any]]:
        return ((key, value) for (_, key), value in self._items.items())

    def __len__(self) -> int:
        return len(self._items)


class GroupMap(AnyMap):
    """A map[any][]any, what `groupBy` gives."""

    go_type: ClassVar[GoType] = GROUP_MAP
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Func:
    """A Go function as a value: `call` takes the arguments, behind an `Ambient` if needed.

    `slow` are the steps that it costs for each character of its texts.
    """

    call: Callable[..., Any]
    go_type: GoType
    needs_ambient: bool = False
    slow: int = 0


@dataclass(frozen=True, slots=True)
class Struct:
    """A Go struct (or a pointer to one) with its exported fields and bound methods."""

    go_type: GoType
    fields: dict[str, Any]
    methods: dict[str, Func] = field(default_factory=dict)


class GoPanic(Exception):
    """A Go panic or error while an expression runs; the evaluator adds the place."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.location: tuple[int, int] | None = None

    def at(self, location: tuple[int, int]) -> GoPanic:
        """The same panic, placed where it was not yet."""
        if self.location is None:
            self.location = location
        return self


_TYPES: dict[type, GoType] = {
    type(None): NIL,
    bool: BOOL,
    int: INT,
    float: FLOAT64,
    str: STRING,
    bytes: BYTES,
    list: LIST,
    dict: MAP,
}


def type_of(value: Any) -> GoType:
    """The Go type of a value.

    >>> type_of([1]).name, type_of(Strings(["a"])).name, type_of(None).name
    ('[]interface {}', '[]string', '<nil>')
    """
    known = _TYPES.get(type(value))
    if known is not None:
        return known
    return value.go_type  # type: ignore[no-any-return]


_NILS = (NilList, NilStrings, NilMap)


def is_nil(value: Any) -> bool:
    """Whether Go would call the value nil: nil itself, a nil slice or a nil map."""
    return value is None or type(value) in _NILS


def kind_of(value: Any) -> str:
    """What reflect calls the kind of a value: `map`, `slice`, `string`, `int`, …"""
    return type_of(value).kind


def wrap_int(value: int) -> int:
    """An int as 64 bits keep it."""
    if INT64_MIN <= value <= INT64_MAX:
        return value
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


def float_to_int(value: float) -> int:
    """Go's int(f) on amd64: what does not fit (and NaN) becomes the smallest int."""
    if -9.223372036854775808e18 <= value < 9.223372036854775808e18:
        return int(value)
    return INT64_MIN


def to_bytes(text: str) -> bytes:
    """A Go string's bytes."""
    return text.encode("utf-8", "surrogateescape")


def from_bytes(data: bytes) -> str:
    """A Go string of these bytes, be they UTF-8 or not."""
    return data.decode("utf-8", "surrogateescape")


_BROKEN = re.compile("[\ud800-\udfff]")


def valid_utf8(text: str) -> str:
    """The text with U+FFFD for each byte that is no UTF-8, as it leaves Go."""
    return text if text.isascii() else _BROKEN.sub("\ufffd", text)


def assertion_panic(value: Any, wanted: str) -> GoPanic:
    """What `value.(wanted)` says when the type differs."""
    name = "nil" if value is None else type_of(value).name
    return GoPanic(f"interface conversion: interface {{}} is {name}, not {wanted}")
