"""expr-lang's builtin functions: what the checker knows of each, and what it does.

A builtin has overloads (`types`) or a rule (`validate`) for the checker. Errors are Go's. Predicates (`filter`, `map`, …)
are evaluated in `evaluate`; here stands only that they exist.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from tiphys.errors import ExpressionError
from tiphys.expressions import go_json, go_strings
from tiphys.expressions import go_values as go
from tiphys.expressions.duration import parse as parse_duration
from tiphys.expressions.expr import operators
from tiphys.expressions.go_format import sprint, sprint_as_string, to_json_indent
from tiphys.expressions.go_numbers import is_number, to_float, to_int
from tiphys.expressions.go_time import LOCAL, RFC3339, Location, Time, load_location
from tiphys.expressions.go_values import (
    AnyMap,
    Duration,
    GoPanic,
    GoType,
    Pair,
    Pairs,
    Strings,
    assertion_panic,
    func_type,
    type_of,
    wrap_int,
)
from tiphys.expressions.time_layout import parse_time

Validate = Callable[[list[GoType]], GoType]


class Mismatch(Exception):
    """The checker's complaint about a builtin's arguments."""


@dataclass(frozen=True, slots=True)
class Builtin:
    """`call` is None for predicates. `memory` says how many elements a result puts on the account."""

    name: str
    call: Callable[..., Any] | None = None
    types: tuple[GoType, ...] = ()
    validate: Validate | None = None
    memory: Callable[[Any], int] | None = None
    needs_clock: bool = False


_KIND_NUMBERS = ("float64", "float32", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64")
_LISTS = ("slice", "array")


def _count(args: list[GoType], wanted: int) -> None:
    if len(args) != wanted:
        raise Mismatch(f"invalid number of arguments (expected {wanted}, got {len(args)})")


def _kind(go_type: GoType) -> str:
    return go_type.elem.kind if go_type.kind == "ptr" and go_type.elem else go_type.kind


def _one_of(kinds: Iterable[str], output: GoType | None, complaint: str) -> Validate:
    """A rule: one argument of one of these kinds; the output is the argument's type where None."""
    allowed = (*kinds, "interface")

    def validate(args: list[GoType]) -> GoType:
        _count(args, 1)
        if _kind(args[0]) not in allowed:
            raise Mismatch(complaint.format(args[0].name))
        return output or args[0]

    return validate


def _argument(name: str) -> str:
    return f"invalid argument for {name} (type {{}})"


def _element_of(which: str) -> Validate:
    def validate(args: list[GoType]) -> GoType:
        _count(args, 1)
        kind = _kind(args[0])
        if kind == "interface":
            return go.ANY
        if kind in _LISTS:
            return args[0].elem or go.ANY
        raise Mismatch(f"cannot get {which} element from {args[0].name}")

    return validate


def _aggregate(name: str) -> Validate:
    def validate(args: list[GoType]) -> GoType:
        if not args:
            raise Mismatch(f"not enough arguments to call {name}")
        for arg in args:
            kind = _kind(arg)
            if kind in ("interface", *_LISTS):
                return go.ANY
            if kind not in _KIND_NUMBERS:
                raise Mismatch(f"invalid argument for {name} (type {arg.name})")
        return args[0]

    return validate


def _take_types(args: list[GoType]) -> GoType:
    _count(args, 2)
    if _kind(args[0]) not in ("interface", *_LISTS):
        raise Mismatch(f"cannot take from {args[0].name}")
    if _kind(args[1]) not in ("interface", "int", "int8", "int16", "int32", "int64"):
        raise Mismatch(f"cannot take {args[1].name} elements")
    return args[0]


def _concat_types(args: list[GoType]) -> GoType:
    if not args:
        raise Mismatch("invalid number of arguments (expected at least 1, got 0)")
    for arg in args:
        if _kind(arg) not in ("interface", *_LISTS):
            raise Mismatch(f"cannot concat {arg.name}")
    return go.LIST


def _now_types(args: list[GoType]) -> GoType:
    if not args or (len(args) == 1 and args[0] is go.LOCATION):
        return go.TIME
    raise Mismatch(f"invalid number of arguments (expected 0, got {len(args)})")


def _date_types(args: list[GoType]) -> GoType:
    if not args:
        raise Mismatch("invalid number of arguments (expected at least 1, got 0)")
    rest = args[1:] if args[0] is go.LOCATION else args
    if len(rest) > 3:
        raise Mismatch(f"invalid number of arguments (expected at most 3, got {len(rest)})")
    return go.TIME


# -- what they do


def _string(value: Any) -> str:
    if type(value) is not str:
        raise assertion_panic(value, "string")
    return value


def _list_of(value: Any, complaint: str) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, bytes):
        return operators.elements(value)
    raise GoPanic(f"{complaint} {go.kind_of(value)}")


def length(value: Any) -> int:
    """`len`: a string counts characters."""
    if type(value) is str:
        return len(value)
    return operators.size_of(value)


_TYPE_NAMES = {"int64": "int", "int32": "int", "uint8": "uint", "float64": "float", "slice": "array", "ptr": "unknown"}


def type_name(value: Any) -> str:
    if value is None:
        return "nil"
    go_type = type_of(value)
    if "." in go_type.name and go_type.kind not in ("ptr", "func", "slice"):
        return go_type.name
    return _TYPE_NAMES.get(go_type.kind, go_type.kind)


def absolute(value: Any) -> Any:
    if is_number(value):
        return operators.negate(value) if value < 0 else value
    raise GoPanic(f"invalid argument for abs (type {type_of(value).name})")


def _rounding(name: str, rounding: Callable[[float], float]) -> Callable[[Any], float]:
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


def _trim(*args: Any) -> str:
    text = _string(args[0])
    if len(args) == 1:
        return go_strings.trim_space(text)
    cutset = _string(args[1])
    return text.strip(cutset) if cutset else text


def _split(text: Any, separator: Any, limit: Any = -1) -> Strings:
    return go_strings.split(_string(text), _string(separator), operators.to_int(limit))


def _split_after(text: Any, separator: Any, limit: Any = -1) -> Strings:
    return go_strings.split(_string(text), _string(separator), operators.to_int(limit), keep=True)


def _replace(text: Any, old: Any, new: Any, limit: Any = -1) -> str:
    return go_strings.replace(_string(text), _string(old), _string(new), operators.to_int(limit))


def _repeat(text: Any, count: Any) -> str:
    source, times = _string(text), operators.to_int(count)
    if times < 0:
        raise GoPanic(f"invalid argument for repeat (expected positive integer, got {times})")
    if times > 1e6 or len(source) * times >= operators.MEMORY_BUDGET:
        raise GoPanic("memory budget exceeded")
    return source * times


def _join(parts: Any, glue: Any = "") -> str:
    separator = _string(glue)
    if type(parts) in (list, go.NilList) or isinstance(parts, Strings):
        return separator.join([_string(part) for part in parts])
    name = "%!s(<nil>)" if parts is None else type_of(parts).name
    raise GoPanic(f"invalid argument for join (type {name})")


def _extreme(name: str, beats: Callable[[Any, Any], bool]) -> Callable[..., Any]:
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


def _mean(*args: Any) -> float:
    values = _numbers("mean", args)
    total = 0.0
    for value in values:
        total += value
    return total / len(values) if values else 0.0


def _median(*args: Any) -> float:
    values = sorted(_numbers("median", args))
    middle = len(values) // 2
    if not values:
        return 0.0
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _from_json(text: Any) -> Any:
    return go_json.loads(_string(text))


def _from_base64(text: Any) -> str:
    return go.from_bytes(go_strings.decode_base64(_string(text)))


def _to_base64(text: Any) -> str:
    return base64.b64encode(go.to_bytes(_string(text))).decode()


def _duration(text: Any) -> Duration:
    try:
        return Duration(parse_duration(_string(text)))
    except ExpressionError as error:
        raise GoPanic(error.message) from None


_DATE_LAYOUTS = (
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    RFC3339,
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
)


def _date(*args: Any) -> Time:
    zone = args[0] if isinstance(args[0], Location) else None
    rest = args[1:] if zone is not None else args
    if not rest:
        raise GoPanic("runtime error: index out of range [0] with length 0")
    text = _string(rest[0])
    if len(rest) == 2:
        return parse_time(_string(rest[1]), text, zone)
    if len(rest) == 3:
        layout, name = _string(rest[1]), _string(rest[2])
        return parse_time(layout, text, load_location(name))
    for layout in _DATE_LAYOUTS:
        try:
            return parse_time(layout, text, zone)
        except GoPanic:
            continue
    raise GoPanic(f"invalid date {text}")


def _now(now: Time, *args: Any) -> Time:
    return now.in_zone(args[0]) if args and isinstance(args[0], Location) else now.in_zone(LOCAL)


def _first(value: Any) -> Any:
    return _fetch_or_nil(value, 0)


def _last(value: Any) -> Any:
    return _fetch_or_nil(value, -1)


def _fetch_or_nil(value: Any, key: Any) -> Any:
    try:
        return operators.fetch(value, key)
    except GoPanic:
        return None


def get(*args: Any) -> Any:
    """`get(source, key)`: nil where `source[key]` would fail for want of the key."""
    source, key = args[0], args[1]
    if source is None:
        return None
    if isinstance(source, list | str | bytes):
        index = operators.to_int(key)
        size = operators.size_of(source)
        index += size if index < 0 else 0
        return operators.fetch(source, index) if 0 <= index < size else None
    if isinstance(source, dict | AnyMap):
        if isinstance(source, dict) and not isinstance(source, go.StringMap):
            return operators.fetch(source, key)
        return operators.fetch(source, key) if operators.contains_value(key, source) else None
    if isinstance(source, go.Struct) and type(key) is not str:
        raise assertion_panic(key, "string")
    return _fetch_or_nil(source, key)


def _take(values: Any, count: Any) -> Any:
    source = _list_of(values, "cannot take from")
    if not isinstance(count, int) or type(count) is bool or type(count) is go.Uint8:
        raise GoPanic(f"cannot take {go.kind_of(count)} elements")
    if count < 0:
        raise GoPanic("reflect.Value.Slice: slice index out of bounds")
    return operators.slice_of(source, 0, count)


def _items(value: Any, complaint: str, after: str = "") -> list[tuple[Any, Any]]:
    if isinstance(value, dict | AnyMap):
        return list(value.items())
    raise GoPanic(f"{complaint} {go.kind_of(value)}{after}")


def _keys(value: Any) -> list[Any]:
    return [key for key, _ in _items(value, "cannot get keys from")]


def _values(value: Any) -> list[Any]:
    return [item for _, item in _items(value, "cannot get values from")]


def _to_pairs(value: Any) -> Pairs:
    return Pairs(Pair(item) for item in _items(value, "cannot transform", " to pairs"))


def _from_pairs(value: Any) -> AnyMap:
    if not isinstance(value, list):
        shown = "<invalid reflect.Value>" if value is None else sprint_as_string(value)
        raise GoPanic(f"cannot transform {shown} from pairs")
    result = AnyMap()
    for pair in value:
        if not isinstance(pair, list):
            raise GoPanic(f"invalid pair {sprint(pair)}")
        if len(pair) != 2:
            raise GoPanic(f"invalid pair length {sprint(pair)}")
        if isinstance(pair[0], list | dict | AnyMap):
            raise GoPanic(f"hash of unhashable type: {type_of(pair[0]).name}")
        result.set(pair[0], pair[1])
    return result


def _reverse(values: Any) -> list[Any]:
    return list(reversed(_list_of(values, "cannot reverse")))


def _uniq(values: Any) -> list[Any]:
    source = _list_of(values, "cannot uniq")
    if all(type(value) is str for value in source):
        return list(dict.fromkeys(source))
    if len(source) > 2_000:
        raise GoPanic("memory budget exceeded")
    kept: list[Any] = []
    for value in source:
        if not any(operators.equal(value, other) for other in kept):
            kept.append(value)
    return kept


def _concat(*args: Any) -> list[Any]:
    return [item for arg in args for item in _list_of(arg, "cannot concat")] or go.NilList()


def _flatten(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in _list_of(values, "cannot flatten"):
        if isinstance(value, list | bytes):
            found.extend(_flatten(value))
        else:
            found.append(value)
    return found


def _sort(values: Any, order: Any = "asc") -> list[Any]:
    known = type(values) in (list, go.NilList) or isinstance(values, Strings | go.Ints)
    source = list(values) if known else go.NilList()
    if type(order) is not str:
        raise GoPanic(f"sort order argument must be a string (got {type_of(order).name})")
    if order not in ("asc", "desc"):
        raise GoPanic(f"invalid order {order}, expected asc or desc")
    return sort_values(source, source, descending=order == "desc") if source else source


def sort_values(values: list[Any], keys: list[Any], *, descending: bool) -> list[Any]:
    """The values in the order of their keys, compared as `<` does."""

    def compare(a: int, b: int) -> int:
        if operators.less(keys[b], keys[a]) if descending else operators.less(keys[a], keys[b]):
            return -1
        return 1 if (operators.less(keys[a], keys[b]) if descending else operators.less(keys[b], keys[a])) else 0

    if all(type(key) is str for key in keys) or all(type(key) is int for key in keys):
        ranks = sorted(range(len(keys)), key=keys.__getitem__, reverse=descending)
    else:
        ranks = sorted(range(len(keys)), key=cmp_to_key(compare))
    return [values[rank] for rank in ranks]


def _bit(name: str, operation: Callable[[int, int], int]) -> Builtin:
    def call(x: Any, y: Any) -> int:
        return wrap_int(operation(_bits(x, name), _bits(y, name)))

    return Builtin(name, call, (func_type(go.INT, go.INT, output=go.INT),))


def _bits(value: Any, name: str) -> int:
    if isinstance(value, int) and type(value) is not bool and type(value) is not Duration:
        return int(value)
    raise GoPanic(f"cannot use {type_of(value).name} as argument (type int) to call {name}")


def _shift(operation: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def call(x: int, y: int) -> int:
        if y < 0:
            raise GoPanic(f"invalid operation: negative shift count {y} (type int)")
        return operation(x, min(y, 64))

    return call


_LIST_ARGS = func_type(go.LIST, func_type(go.ANY), output=go.ANY)
_S = go.STRING


def _fn(*inputs: GoType, output: GoType = go.ANY, fails: bool = False) -> GoType:
    return func_type(*inputs, output=output, fails=fails)


_ALL = (
    *(
        Builtin(name, types=(_LIST_ARGS,))
        for name in (
            ["all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex", "count", "sum", "groupBy", "sortBy", "reduce"]
        )
    ),
    Builtin(
        "len", length, validate=_one_of(("array", "map", "slice", "string"), go.INT, _argument("len"))
    ),
    Builtin("type", type_name, (_fn(go.ANY, output=_S),)),
    Builtin("abs", absolute, validate=_one_of(_KIND_NUMBERS, None, _argument("abs"))),
    Builtin("ceil", _rounding("ceil", math.ceil), validate=_one_of(_KIND_NUMBERS, go.FLOAT64, _argument("ceil"))),
    Builtin("floor", _rounding("floor", math.floor), validate=_one_of(_KIND_NUMBERS, go.FLOAT64, _argument("floor"))),
    Builtin("round", _rounding("round", round_half_away), validate=_one_of(_KIND_NUMBERS, go.FLOAT64, _argument("round"))),
    Builtin("int", to_int, validate=_one_of((*_KIND_NUMBERS, "string"), go.INT, _argument("int"))),
    Builtin("float", to_float, validate=_one_of((*_KIND_NUMBERS, "string"), go.FLOAT64, _argument("float"))),
    Builtin("string", sprint, (_fn(go.ANY, output=_S),)),
    Builtin("trim", _trim, (_fn(_S, output=_S), _fn(_S, _S, output=_S))),
    Builtin(
        "trimPrefix",
        lambda text, prefix=" ": _string(text).removeprefix(_string(prefix)),
        (_fn(_S, _S, output=_S), _fn(_S, output=_S)),
    ),
    Builtin(
        "trimSuffix",
        lambda text, suffix=" ": _string(text).removesuffix(_string(suffix)),
        (_fn(_S, _S, output=_S), _fn(_S, output=_S)),
    ),
    Builtin("upper", lambda text: go_strings.upper(_string(text)), (_fn(_S, output=_S),)),
    Builtin("lower", lambda text: go_strings.lower(_string(text)), (_fn(_S, output=_S),)),
    Builtin("split", _split, (_fn(_S, _S, output=go.STRINGS), _fn(_S, _S, go.INT, output=go.STRINGS))),
    Builtin("splitAfter", _split_after, (_fn(_S, _S, output=go.STRINGS), _fn(_S, _S, go.INT, output=go.STRINGS))),
    Builtin("replace", _replace, (_fn(_S, _S, _S, go.INT, output=_S), _fn(_S, _S, _S, output=_S))),
    Builtin("repeat", _repeat, (_fn(_S, go.INT, output=_S),), memory=lambda text: len(go.to_bytes(text))),
    Builtin(
        "join",
        _join,
        (
            _fn(go.STRINGS, _S, output=_S),
            _fn(go.LIST, _S, output=_S),
            _fn(go.LIST, output=_S),
            _fn(go.STRINGS, _S, output=_S),
            _fn(go.STRINGS, output=_S),
        ),
    ),
    Builtin("indexOf", lambda text, part: go_strings.index(_string(text), _string(part)), (_fn(_S, _S, output=go.INT),)),
    Builtin(
        "lastIndexOf",
        lambda text, part: go_strings.last_index(_string(text), _string(part)),
        (_fn(_S, _S, output=go.INT),),
    ),
    Builtin("hasPrefix", lambda text, part: _string(text).startswith(_string(part)), (_fn(_S, _S, output=go.BOOL),)),
    Builtin("hasSuffix", lambda text, part: _string(text).endswith(_string(part)), (_fn(_S, _S, output=go.BOOL),)),
    Builtin("max", _extreme("max", operators.less), validate=_aggregate("max")),
    Builtin("min", _extreme("min", operators.more), validate=_aggregate("min")),
    Builtin("mean", _mean, validate=_aggregate("mean")),
    Builtin("median", _median, validate=_aggregate("median")),
    Builtin("toJSON", lambda value: to_json_indent(value), (_fn(go.ANY, output=_S),)),
    Builtin("fromJSON", _from_json, (_fn(_S),)),
    Builtin("toBase64", _to_base64, (_fn(_S, output=_S),)),
    Builtin("fromBase64", _from_base64, (_fn(_S, output=_S),)),
    Builtin("now", _now, validate=_now_types, needs_clock=True),
    Builtin("duration", _duration, (_fn(_S, output=go.DURATION, fails=True),)),
    Builtin("date", _date, validate=_date_types),
    Builtin("timezone", lambda name: load_location(_string(name)), (_fn(_S, output=go.LOCATION, fails=True),)),
    Builtin("first", _first, validate=_element_of("first")),
    Builtin("last", _last, validate=_element_of("last")),
    Builtin("get", get),
    Builtin("take", _take, validate=_take_types),
    Builtin("keys", _keys, validate=_one_of(("map",), go.LIST, "cannot get keys from {}")),
    Builtin("values", _values, validate=_one_of(("map",), go.LIST, "cannot get values from {}")),
    Builtin("toPairs", _to_pairs, validate=_one_of(("map",), go.LIST, "cannot transform {} to pairs")),
    Builtin("fromPairs", _from_pairs, validate=_one_of(_LISTS, go.ANY_MAP, "cannot transform {} from pairs")),
    Builtin("reverse", _reverse, validate=_one_of(_LISTS, go.LIST, "cannot reverse {}"), memory=len),
    Builtin("uniq", _uniq, validate=_one_of(_LISTS, go.LIST, "cannot uniq {}")),
    Builtin("concat", _concat, validate=_concat_types, memory=len),
    Builtin("flatten", _flatten, validate=_one_of(_LISTS, go.LIST, "cannot flatten {}"), memory=len),
    Builtin(
        "sort",
        _sort,
        (
            *(_fn(kind, _S, output=go.LIST) for kind in (go.LIST, go.INTS, go.FLOATS, go.STRINGS)),
            *(_fn(kind, output=go.LIST) for kind in (go.LIST, go.FLOATS, go.STRINGS, go.INTS)),
        ),
        memory=len,
    ),
    _bit("bitand", lambda x, y: x & y),
    _bit("bitor", lambda x, y: x | y),
    _bit("bitxor", lambda x, y: x ^ y),
    _bit("bitnand", lambda x, y: x & ~y),
    _bit("bitshl", _shift(lambda x, y: x << y)),
    _bit("bitshr", _shift(lambda x, y: x >> y)),
    _bit("bitushr", _shift(lambda x, y: (x % (1 << 64)) >> y)),
    Builtin("bitnot", lambda x: ~_bits(x, "bitnot"), (_fn(go.INT, output=go.INT),)),
)
BUILTINS: dict[str, Builtin] = {builtin.name: builtin for builtin in _ALL}
BUILTIN_NAMES = frozenset(BUILTINS)
