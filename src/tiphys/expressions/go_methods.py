"""The methods of Go's times, durations and zones that an expression can call, as in `now().Year()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiphys.expressions import duration as durations
from tiphys.expressions import go_values as go
from tiphys.expressions.go_time import (
    LOCAL,
    MONTH_TYPE,
    UTC,
    WEEKDAY_TYPE,
    ZERO_TIME_SECONDS,
    Month,
    Time,
    Weekday,
)
from tiphys.expressions.go_values import Duration, Func, GoType, Int64, func_type
from tiphys.expressions.time_layout import format_time, time_string

_Method = tuple[GoType, Callable[..., Any]]


def _method(call: Callable[..., Any], *inputs: GoType, output: GoType = go.INT) -> _Method:
    return func_type(*inputs, output=output), call


_TIME_METHODS: dict[str, _Method] = {
    "Add": _method(Time.add, go.DURATION, output=go.TIME),
    "AddDate": _method(Time.add_date, go.INT, go.INT, go.INT, output=go.TIME),
    "After": _method(lambda t, other: t.nanoseconds > other.nanoseconds, go.TIME, output=go.BOOL),
    "Before": _method(lambda t, other: t.nanoseconds < other.nanoseconds, go.TIME, output=go.BOOL),
    "Compare": _method(
        lambda t, other: (t.nanoseconds > other.nanoseconds) - (t.nanoseconds < other.nanoseconds), go.TIME
    ),
    "Day": _method(lambda t: t.date()[2]),
    "Equal": _method(lambda t, other: t.nanoseconds == other.nanoseconds, go.TIME, output=go.BOOL),
    "Format": _method(format_time, go.STRING, output=go.STRING),
    "Hour": _method(lambda t: t.clock()[0]),
    "In": _method(Time.in_zone, go.LOCATION, output=go.TIME),
    "IsZero": _method(lambda t: t.nanoseconds == ZERO_TIME_SECONDS * durations.SECOND, output=go.BOOL),
    "Local": _method(lambda t: t.in_zone(LOCAL), output=go.TIME),
    "Location": _method(lambda t: t.zone, output=go.LOCATION),
    "Minute": _method(lambda t: t.clock()[1]),
    "Month": _method(lambda t: Month(t.date()[1]), output=MONTH_TYPE),
    "Nanosecond": _method(lambda t: t.nanosecond),
    "Round": _method(lambda t, step: t.truncate(step, half_up=True), go.DURATION, output=go.TIME),
    "Second": _method(lambda t: t.clock()[2]),
    "String": _method(time_string, output=go.STRING),
    "Sub": _method(Time.subtract, go.TIME, output=go.DURATION),
    "Truncate": _method(Time.truncate, go.DURATION, output=go.TIME),
    "UTC": _method(lambda t: t.in_zone(UTC), output=go.TIME),
    "Unix": _method(lambda t: Int64(t.unix), output=go.INT64),
    "UnixMicro": _method(lambda t: Int64(t.nanoseconds // durations.MICROSECOND), output=go.INT64),
    "UnixMilli": _method(lambda t: Int64(t.nanoseconds // durations.MILLISECOND), output=go.INT64),
    "UnixNano": _method(lambda t: Int64(t.nanoseconds), output=go.INT64),
    "Weekday": _method(lambda t: Weekday(t.weekday()), output=WEEKDAY_TYPE),
    "Year": _method(lambda t: t.date()[0]),
    "YearDay": _method(Time.year_day),
}


def _whole(duration: Duration, unit: int) -> Int64:
    return Int64(int(abs(duration) // unit) * (-1 if duration < 0 else 1))


def _float(duration: Duration, unit: int) -> float:
    whole, rest = divmod(abs(duration), unit)
    return (float(whole) + float(rest) / unit) * (-1 if duration < 0 else 1)


def round_duration(duration: int, step: int) -> Duration:
    """Duration.Round: to the nearest multiple, halves away from zero."""
    if step <= 0:
        return Duration(duration)
    rest = abs(duration) % step
    rounded = abs(duration) - rest + (step if rest + rest >= step else 0)
    return Duration(min(rounded, go.INT64_MAX) * (-1 if duration < 0 else 1))


_DURATION_METHODS: dict[str, _Method] = {
    "Abs": _method(lambda d: Duration(abs(d)), output=go.DURATION),
    "Hours": _method(lambda d: _float(d, durations.HOUR), output=go.FLOAT64),
    "Microseconds": _method(lambda d: _whole(d, durations.MICROSECOND), output=go.INT64),
    "Milliseconds": _method(lambda d: _whole(d, durations.MILLISECOND), output=go.INT64),
    "Minutes": _method(lambda d: _float(d, durations.MINUTE), output=go.FLOAT64),
    "Nanoseconds": _method(lambda d: Int64(d), output=go.INT64),
    "Round": _method(round_duration, go.DURATION, output=go.DURATION),
    "Seconds": _method(lambda d: _float(d, durations.SECOND), output=go.FLOAT64),
    "String": _method(lambda d: durations.format_duration(d), output=go.STRING),
    "Truncate": _method(
        lambda d, step: Duration(d - _whole(d, 1) % step if step > 0 else d), go.DURATION, output=go.DURATION
    ),
}
_NAMED_INTEGER_METHODS: dict[str, _Method] = {"String": _method(str, output=go.STRING)}
_LOCATION_METHODS: dict[str, _Method] = {"String": _method(str, output=go.STRING)}

METHODS: dict[GoType, dict[str, _Method]] = {
    go.TIME: _TIME_METHODS,
    go.DURATION: _DURATION_METHODS,
    go.LOCATION: _LOCATION_METHODS,
    MONTH_TYPE: _NAMED_INTEGER_METHODS,
    WEEKDAY_TYPE: _NAMED_INTEGER_METHODS,
}


def bound_method(receiver: Any, name: str) -> Func | None:
    """A method of a value of this module, bound to it."""
    found = METHODS.get(go.type_of(receiver), {}).get(name)
    if found is None:
        return None
    signature, call = found
    return Func(lambda *arguments: call(receiver, *arguments), signature)
