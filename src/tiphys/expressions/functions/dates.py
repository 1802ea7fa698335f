"""Dates and durations. What asks for the time takes it from the `Ambient`."""

from __future__ import annotations

from typing import Any

from tiphys.errors import ExpressionError
from tiphys.expressions import duration as durations
from tiphys.expressions import go_strings
from tiphys.expressions import go_values as go
from tiphys.expressions.ambient import Ambient
from tiphys.expressions.functions.signature import A, S, Table, function
from tiphys.expressions.go_methods import round_duration
from tiphys.expressions.go_time import LOCAL, UTC, ZERO_TIME_SECONDS, Location, Time, load_location
from tiphys.expressions.go_values import Duration, GoPanic, Int32, Int64, wrap_int
from tiphys.expressions.time_layout import format_time, parse_time

_ZERO = Time(ZERO_TIME_SECONDS * durations.SECOND, UTC)


def _time_of(ambient: Ambient, value: Any) -> Time:
    """A time as it is, an integer as Unix seconds, anything else as now."""
    if isinstance(value, Time):
        return value
    if type(value) in (int, Int64, Int32):
        return Time(int(value) * durations.SECOND, LOCAL)
    return ambient.now()


def _zone(name: str) -> Location:
    try:
        return load_location(name)
    except GoPanic:
        return UTC


def _date_in_zone(ambient: Ambient, layout: str, value: Any, zone: str) -> str:
    return format_time(_time_of(ambient, value).in_zone(_zone(zone)), layout)


def _parse_duration(text: str) -> Duration:
    try:
        return Duration(durations.parse(text))
    except ExpressionError as error:
        raise GoPanic(error.message) from None


def _modify(text: str, time: Time) -> Time:
    try:
        return time.add(_parse_duration(text))
    except GoPanic:
        return time


def _to_date(layout: str, text: str) -> Time:
    try:
        return parse_time(layout, text, LOCAL)
    except GoPanic:
        return _ZERO


def _ago(ambient: Ambient, value: Any) -> str:
    time = value if isinstance(value, Time) or type(value) in (int, Int64) else None
    since = ambient.now().subtract(_time_of(ambient, time))
    return durations.format_duration(round_duration(since, durations.SECOND))


def _duration(value: Any) -> str:
    seconds = 0
    if type(value) is str:
        seconds = go_strings.atoi_or_bound(value)
    elif type(value) is Int64:
        seconds = int(value)
    return durations.format_duration(wrap_int(seconds * durations.SECOND))


_ROUNDED = (
    (365 * 24 * durations.HOUR, "y"),
    (30 * 24 * durations.HOUR, "mo"),
    (24 * durations.HOUR, "d"),
    (durations.HOUR, "h"),
    (durations.MINUTE, "m"),
    (durations.SECOND, "s"),
)


def _duration_round(ambient: Ambient, value: Any) -> str:
    length = 0
    if type(value) is str:
        try:
            length = int(_parse_duration(value))
        except GoPanic:
            length = 0
    elif type(value) is Int64:
        length = int(value)
    elif isinstance(value, Time):
        length = int(ambient.now().subtract(value))
    for unit, letter in _ROUNDED:
        if abs(length) > unit:
            return f"{abs(length) // unit}{letter}"
    return "0s"


def _now(ambient: Ambient) -> Time:
    return ambient.now().in_zone(LOCAL)


def _in_local(ambient: Ambient, layout: str, value: Any) -> str:
    return _date_in_zone(ambient, layout, value, "Local")


FUNCTIONS: Table = {
    "now": function(_now, output=go.TIME, ambient=True),
    "ago": function(_ago, A, output=S, ambient=True),
    "date": function(_in_local, S, A, output=S, ambient=True),
    "htmlDate": function(lambda ambient, value: _in_local(ambient, "2006-01-02", value), A, output=S, ambient=True),
    "htmlDateInZone": function(
        lambda ambient, value, zone: _date_in_zone(ambient, "2006-01-02", value, zone),
        A,
        S,
        output=S,
        ambient=True,
    ),
    "dateInZone": function(_date_in_zone, S, A, S, output=S, ambient=True),
    "date_in_zone": function(_date_in_zone, S, A, S, output=S, ambient=True),
    "dateModify": function(_modify, S, go.TIME, output=go.TIME),
    "date_modify": function(_modify, S, go.TIME, output=go.TIME),
    "mustDateModify": function(
        lambda text, time: time.add(_parse_duration(text)), S, go.TIME, output=go.TIME, fails=True
    ),
    "must_date_modify": function(
        lambda text, time: time.add(_parse_duration(text)), S, go.TIME, output=go.TIME, fails=True
    ),
    "duration": function(_duration, A, output=S),
    "durationRound": function(_duration_round, A, output=S, ambient=True),
    "toDate": function(_to_date, S, S, output=go.TIME),
    "mustToDate": function(lambda layout, text: parse_time(layout, text, LOCAL), S, S, output=go.TIME, fails=True),
    "unixEpoch": function(lambda time: str(time.unix), go.TIME, output=S),
}
