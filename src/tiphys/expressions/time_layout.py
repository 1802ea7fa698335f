"""Go's time layouts: `2006-01-02 15:04:05` says how a time is written and read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from tiphys.expressions.go_quote import quote_bytes
from tiphys.expressions.go_time import (
    LOCAL,
    MONTHS,
    UTC,
    WEEKDAYS,
    Location,
    Time,
    days_from_civil,
    fixed_zone,
    make_time,
)
from tiphys.expressions.go_values import GoPanic
from tiphys.expressions.short_cache import short_cache

_ELEMENT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|_(?=2006)|__2|_2|3|4|5|PM|pm"
    r"|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?![0-9])"
)


_LONGEST = 4096


class _Part(NamedTuple):
    prefix: str
    element: str


@short_cache(256)
def _parts(layout: str) -> tuple[tuple[_Part, ...], str]:
    """The layout's elements, each with the text before it, and the text behind the last."""
    if len(layout) > _LONGEST:
        raise GoPanic(f"a layout of time is longer than {_LONGEST} characters")
    parts: list[_Part] = []
    start = at = 0
    while (match := _ELEMENT.search(layout, at)) is not None:
        at = match.end()
        if match[0] == "_":
            continue
        parts.append(_Part(layout[start : match.start()], match[0]))
        start = at
    return tuple(parts), layout[start:]


def format_time(time: Time, layout: str) -> str:
    """Time.Format.

    >>> format_time(make_time(2024, 2, 3, 16, 5, 6, 0, UTC), "Mon Jan _2 3:04PM 06 MST")
    'Sat Feb  3 4:05PM 24 UTC'
    """
    parts, tail = _parts(layout)
    return "".join(part.prefix + _format_element(time, part.element) for part in parts) + tail


def time_string(time: Time) -> str:
    """Time.String."""
    return format_time(time, "2006-01-02 15:04:05.999999999 -0700 MST")


def _format_element(time: Time, element: str) -> str:
    if element[0] in ".,":
        return _format_fraction(time.nanosecond, element)
    if element[0] in "-Z":
        return _format_offset(time.zone_now()[1], element)
    if element == "MST":
        name, offset = time.zone_now()
        return name or _format_offset(offset, "-0700")
    if element in ("15", "3", "03", "4", "04", "5", "05", "PM", "pm"):
        return _format_clock(time.clock(), element)
    return _format_date(time, element)


def _format_clock(clock: tuple[int, int, int], element: str) -> str:
    hour, minute, second = clock
    if element == "15":
        return f"{hour:02d}"
    if element in ("PM", "pm"):
        text = "PM" if hour >= 12 else "AM"
        return text if element == "PM" else text.lower()
    value = {"3": hour % 12 or 12, "4": minute, "5": second}[element[-1]]
    return f"{value:02d}" if len(element) == 2 else str(value)


def _format_date(time: Time, element: str) -> str:
    year, month, day = time.date()
    forms = {
        "2006": lambda: f"{year:04d}" if year >= 0 else f"-{-year:04d}",
        "06": lambda: f"{abs(year) % 100:02d}",
        "January": lambda: MONTHS[month - 1],
        "Jan": lambda: MONTHS[month - 1][:3],
        "1": lambda: str(month),
        "01": lambda: f"{month:02d}",
        "Monday": lambda: WEEKDAYS[time.weekday()],
        "Mon": lambda: WEEKDAYS[time.weekday()][:3],
        "2": lambda: str(day),
        "_2": lambda: f"{day:2d}",
        "02": lambda: f"{day:02d}",
        "__2": lambda: f"{time.year_day():3d}",
        "002": lambda: f"{time.year_day():03d}",
    }
    return forms[element]()


def _format_offset(offset: int, element: str) -> str:
    if element[0] == "Z" and offset == 0:
        return "Z"
    minutes = abs(offset) // 60
    text = ("-" if offset < 0 and minutes else "+") + f"{minutes // 60:02d}"
    colon = ":" if ":" in element else ""
    digits = sum(char.isdigit() for char in element)
    if digits >= 4:
        text += f"{colon}{minutes % 60:02d}"
    if digits >= 6:
        text += f"{colon}{abs(offset) % 60:02d}"
    return text


def _format_fraction(nanosecond: int, element: str) -> str:
    size = len(element) - 1
    digits = f"{nanosecond:09d}"[:size].ljust(min(size, 9), "0")
    if element[1] == "9":
        digits = digits.rstrip("0")
        return element[0] + digits if digits else ""
    return element[0] + digits


# -- parsing


class _Bad(Exception):
    """A value that does not fit its element."""


@dataclass(slots=True)
class _Reading:
    """What has been read so far, and what of the value is left."""

    rest: str
    fields: dict[str, int] = field(default_factory=dict)
    out_of_range: str = ""
    afternoon: bool | None = None
    utc: bool = False
    offset: int | None = None
    zone_name: str = ""


def parse_time(layout: str, value: str, location: Location | None = None) -> Time:
    """time.Parse, or time.ParseInLocation where a location is given; raises `GoPanic` with Go's words."""
    parts, tail = _parts(layout)
    if len(value) > _LONGEST:
        raise GoPanic(f"a time is longer than {_LONGEST} characters")
    reading = _Reading(value)
    for index, (prefix, element) in enumerate(parts):
        _skip(reading, prefix, layout, value)
        hold = reading.rest
        try:
            next_fraction = index + 1 < len(parts) and parts[index + 1].element[0] in ".,"
            _read(reading, element, next_fraction=next_fraction)
        except _Bad:
            if not reading.out_of_range:
                raise _parse_error(layout, value, element, hold) from None
        if reading.out_of_range:
            raise _parse_error(layout, value, element, reading.rest, f": {reading.out_of_range} out of range")
    _skip(reading, tail, layout, value)
    if reading.rest:
        raise _parse_error(layout, value, "", reading.rest, f": extra text: {quote_bytes(reading.rest)}")
    return _assemble(reading, layout, value, location)


def _parse_error(layout: str, value: str, element: str, rest: str, message: str = "") -> GoPanic:
    if message:
        return GoPanic(f"parsing time {quote_bytes(value)}{message}")
    wanted = f"cannot parse {quote_bytes(rest)} as {quote_bytes(element)}"
    return GoPanic(f"parsing time {quote_bytes(value)} as {quote_bytes(layout)}: {wanted}")


def _skip(reading: _Reading, literal: str, layout: str, value: str) -> None:
    """Steps over literal text; a blank in the layout stands for any number of them."""
    prefix = literal
    while prefix:
        if prefix[0] == " ":
            if reading.rest and reading.rest[0] != " ":
                raise _parse_error(layout, value, literal, reading.rest)
            prefix = prefix.lstrip(" ")
            reading.rest = reading.rest.lstrip(" ")
            continue
        if not reading.rest or reading.rest[0] != prefix[0]:
            raise _parse_error(layout, value, literal, reading.rest)
        prefix = prefix[1:]
        reading.rest = reading.rest[1:]


def _number(reading: _Reading, name: str, *, fixed: bool, width: int = 2) -> int:
    """One or two digits (`fixed`: exactly two)."""
    size = 0
    while size < width and reading.rest[size : size + 1].isdecimal() and reading.rest[size].isascii():
        size += 1
    if size == 0 or (fixed and size < width):
        raise _Bad
    number = int(reading.rest[:size])
    reading.fields[name] = number
    reading.rest = reading.rest[size:]
    return number


def _lookup(reading: _Reading, names: list[str]) -> int:
    for index, name in enumerate(names):
        if reading.rest[: len(name)].lower() == name.lower():
            reading.rest = reading.rest[len(name) :]
            return index
    raise _Bad


_NUMBERS = {
    "15": ("hour", False),
    "3": ("hour", False),
    "03": ("hour", True),
    "4": ("minute", False),
    "04": ("minute", True),
    "5": ("second", False),
    "05": ("second", True),
    "1": ("month", False),
    "01": ("month", True),
    "2": ("day", False),
    "_2": ("day", False),
    "02": ("day", True),
}
_LIMITS = {"hour": (0, 23), "minute": (0, 59), "second": (0, 59), "month": (1, 12)}


def _read(reading: _Reading, element: str, *, next_fraction: bool) -> None:
    if element in _NUMBERS:
        _read_number(reading, element, next_fraction=next_fraction)
    elif element in ("2006", "06"):
        _read_year(reading, element)
    elif element in ("January", "Jan"):
        names = list(MONTHS) if element == "January" else [name[:3] for name in MONTHS]
        reading.fields["month"] = _lookup(reading, names) + 1
    elif element in ("Monday", "Mon"):
        _lookup(reading, list(WEEKDAYS) if element == "Monday" else [name[:3] for name in WEEKDAYS])
    elif element in ("__2", "002"):
        if element == "__2":
            reading.rest = reading.rest.removeprefix(" ").removeprefix(" ")
        _number(reading, "year day", fixed=element == "002", width=3)
    elif element in ("PM", "pm"):
        word = reading.rest[:2]
        if word not in (("PM", "AM") if element == "PM" else ("pm", "am")):
            raise _Bad
        reading.afternoon = word[0] in "Pp"
        reading.rest = reading.rest[2:]
    elif element == "MST":
        _read_zone(reading)
    elif element[0] in ".,":
        _read_fraction(reading, element)
    else:
        _read_offset(reading, element)


def _read_year(reading: _Reading, element: str) -> None:
    if element == "2006":
        _number(reading, "year", fixed=True, width=4)
        return
    year = _number(reading, "year", fixed=True)
    reading.fields["year"] = year + (1900 if year >= 69 else 2000)


def _read_number(reading: _Reading, element: str, *, next_fraction: bool) -> None:
    name, fixed = _NUMBERS[element]
    if element == "_2":
        reading.rest = reading.rest.removeprefix(" ")
    number = _number(reading, name, fixed=fixed)
    low, high = _LIMITS.get(name, (0, 99))
    if element in ("3", "03"):
        high = 12
    if not low <= number <= high:
        reading.out_of_range = name
        return
    if name == "second" and not next_fraction and re.match(r"[.,][0-9]", reading.rest):
        _read_fraction(reading, ".9")


def _read_fraction(reading: _Reading, element: str) -> None:
    if element[1] == "0":
        match = re.match(rf"[.,][0-9]{{{len(element) - 1}}}", reading.rest)
        if match is None:
            raise _Bad
    else:
        match = re.match(r"[.,][0-9]+", reading.rest)
        if match is None:
            return
    reading.fields["nanosecond"] = int(match[0][1:10].ljust(9, "0"))
    reading.rest = reading.rest[match.end() :]


_ZONE = re.compile(r"ChST|MeST|[A-Z]{4}T(?![A-Z])|[A-Z]{3}T(?![A-Z])|WITA(?![A-Z])|[A-Z]{3}(?![A-Z])")
_SIGNED = re.compile(r"[+-][0-9]+")


def _read_zone(reading: _Reading) -> None:
    rest = reading.rest
    if rest.startswith("UTC"):
        reading.utc = True
        reading.rest = rest[3:]
        return
    if rest.startswith("GMT"):
        size = 3 + _signed_size(rest[3:])
    elif rest[:1] in ("+", "-") and len(rest) >= 3:
        size = _signed_size(rest)
    else:
        match = _ZONE.match(rest)
        size = match.end() if match is not None else 0
    if size == 0:
        raise _Bad
    reading.zone_name = rest[:size]
    reading.rest = rest[size:]


def _signed_size(text: str) -> int:
    match = _SIGNED.match(text)
    return match.end() if match is not None and int(match[0][1:]) <= 23 else 0


def _read_offset(reading: _Reading, element: str) -> None:
    if element[0] == "Z" and reading.rest.startswith("Z"):
        reading.utc = True
        reading.rest = reading.rest[1:]
        return
    digits = sum(char.isdigit() for char in element)
    colon = ":" if ":" in element else ""
    match = re.match(r"(.)" + colon.join([r"(..)"] * (digits // 2)), reading.rest, re.DOTALL)
    if match is None:
        raise _Bad
    parts = [0, 0, 0]
    for index, (pair, limit, name) in enumerate(
        zip(match.groups()[1:], (24, 60, 60), ("hour", "minute", "second"), strict=False)
    ):
        if not (pair.isascii() and pair.isdecimal()):
            raise _Bad
        parts[index] = int(pair)
        if parts[index] > limit:
            reading.out_of_range = f"time zone offset {name}"
    if match[1] not in "+-":
        raise _Bad
    offset = (parts[0] * 60 + parts[1]) * 60 + parts[2]
    reading.offset = -offset if match[1] == "-" else offset
    reading.rest = reading.rest[match.end() :]


def _assemble(reading: _Reading, layout: str, value: str, location: Location | None) -> Time:
    fields = reading.fields
    hour = fields.get("hour", 0)
    if reading.afternoon and hour < 12:
        hour += 12
    elif reading.afternoon is False and hour == 12:
        hour = 0
    year = fields.get("year", 0)
    month, day = _day_of_year(reading, year, layout, value)
    if not 1 <= day <= days_from_civil(year, month + 1, 1) - days_from_civil(year, month, 1):
        raise _parse_error(layout, value, "", value, ": day out of range")
    rest = (hour, fields.get("minute", 0), fields.get("second", 0), fields.get("nanosecond", 0))
    if reading.utc:
        return make_time(year, month, day, *rest, UTC)
    zone = location or LOCAL
    if reading.offset is not None:
        instant = make_time(year, month, day, *rest, UTC).add(-reading.offset * 1_000_000_000)
        name, offset = zone.at(instant.unix)
        matches = offset == reading.offset and reading.zone_name in ("", name)
        return instant.in_zone(zone if matches else fixed_zone(reading.zone_name, reading.offset))
    if reading.zone_name:
        return _in_named_zone(make_time(year, month, day, *rest, UTC), reading.zone_name, zone)
    return make_time(year, month, day, *rest, location or UTC)


def _in_named_zone(time: Time, name: str, zone: Location) -> Time:
    known, offset = zone.at(time.unix)
    if known == name:
        return time.add(-offset * 1_000_000_000).in_zone(zone)
    hours = int(name[3:]) if name.startswith("GMT") and len(name) > 3 else 0
    return make_time(*time.date(), *time.clock(), time.nanosecond, fixed_zone(name, hours * 3600))


def _day_of_year(reading: _Reading, year: int, layout: str, value: str) -> tuple[int, int]:
    month, day, year_day = (reading.fields.get(name) for name in ("month", "day", "year day"))
    if year_day is None:
        return month or 1, 1 if day is None else day
    start = days_from_civil(year, 1, 1)
    if not 1 <= year_day <= days_from_civil(year + 1, 1, 1) - start:
        raise _parse_error(layout, value, "", value, ": day-of-year out of range")
    found_month = next(m for m in range(12, 0, -1) if days_from_civil(year, m, 1) - start < year_day)
    found_day = year_day - (days_from_civil(year, found_month, 1) - start)
    if month is not None and month != found_month:
        raise _parse_error(layout, value, "", value, ": day-of-year does not match month")
    if day is not None and day != found_day:
        raise _parse_error(layout, value, "", value, ": day-of-year does not match day")
    return found_month, found_day
