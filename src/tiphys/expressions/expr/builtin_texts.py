"""What expr-lang's builtins do with texts, JSON, dates, and values of any kind."""

from __future__ import annotations

import base64
from typing import Any

from tiphys.errors import ExpressionError
from tiphys.expressions import go_json, go_strings
from tiphys.expressions import go_values as go
from tiphys.expressions.duration import parse as parse_duration
from tiphys.expressions.expr import operators
from tiphys.expressions.go_time import LOCAL, RFC3339, Location, Time, load_location
from tiphys.expressions.go_values import Duration, GoPanic, Strings, assertion_panic, type_of
from tiphys.expressions.time_layout import parse_time


def string(value: Any) -> str:
    if type(value) is not str:
        raise assertion_panic(value, "string")
    return value


def length(value: Any) -> int:
    """`len`: a string counts characters."""
    if type(value) is str:
        return len(value)
    return operators.size_of(value)


_TYPE_NAMES = {
    "int64": "int",
    "int32": "int",
    "uint8": "uint",
    "float64": "float",
    "slice": "array",
    "ptr": "unknown",
}


def type_name(value: Any) -> str:
    if value is None:
        return "nil"
    go_type = type_of(value)
    if "." in go_type.name and go_type.kind not in ("ptr", "func", "slice"):
        return go_type.name
    return _TYPE_NAMES.get(go_type.kind, go_type.kind)


def trim(*args: Any) -> str:
    text = string(args[0])
    if len(args) == 1:
        return go_strings.trim_space(text)
    cutset = string(args[1])
    return text.strip(cutset) if cutset else text


def split(text: Any, separator: Any, limit: Any = -1) -> Strings:
    return go_strings.split(string(text), string(separator), operators.to_int(limit))


def split_after(text: Any, separator: Any, limit: Any = -1) -> Strings:
    return go_strings.split(string(text), string(separator), operators.to_int(limit), keep=True)


def replace(text: Any, old: Any, new: Any, limit: Any = -1) -> str:
    return go_strings.replace(string(text), string(old), string(new), operators.to_int(limit))


def repeat(text: Any, count: Any) -> str:
    source, times = string(text), operators.to_int(count)
    if times < 0:
        raise GoPanic(f"invalid argument for repeat (expected positive integer, got {times})")
    if times > 1e6 or len(source) * times >= operators.MEMORY_BUDGET:
        raise GoPanic("memory budget exceeded")
    return source * times


def join(parts: Any, glue: Any = "") -> str:
    separator = string(glue)
    if type(parts) in (list, go.NilList) or isinstance(parts, Strings):
        return go_strings.join(separator, [string(part) for part in parts])
    name = "%!s(<nil>)" if parts is None else type_of(parts).name
    raise GoPanic(f"invalid argument for join (type {name})")


def from_json(text: Any) -> Any:
    return go_json.loads(string(text))


def from_base64(text: Any) -> str:
    return go.from_bytes(go_strings.decode_base64(string(text)))


def to_base64(text: Any) -> str:
    return base64.b64encode(go.to_bytes(string(text))).decode()


def duration(text: Any) -> Duration:
    try:
        return Duration(parse_duration(string(text)))
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


def date(*args: Any) -> Time:
    zone = args[0] if isinstance(args[0], Location) else None
    rest = args[1:] if zone is not None else args
    if not rest:
        raise GoPanic("runtime error: index out of range [0] with length 0")
    text = string(rest[0])
    if len(rest) == 2:
        return parse_time(string(rest[1]), text, zone)
    if len(rest) == 3:
        layout, name = string(rest[1]), string(rest[2])
        return parse_time(layout, text, load_location(name))
    for layout in _DATE_LAYOUTS:
        try:
            return parse_time(layout, text, zone)
        except GoPanic:
            continue
    raise GoPanic(f"invalid date {text}")


def now(now: Time, *args: Any) -> Time:
    return now.in_zone(args[0]) if args and isinstance(args[0], Location) else now.in_zone(LOCAL)
