"""Go's time.Time and *time.Location as values: an instant in nanoseconds and the zone it is shown in.

The local zone is UTC, as in Argo's controller. Nothing here reads a clock.
"""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

from tiphys.expressions import duration as durations
from tiphys.expressions import go_values as go
from tiphys.expressions.go_values import Duration, GoPanic, GoType

RFC3339: Final = "2006-01-02T15:04:05Z07:00"
RFC3339_NANO: Final = "2006-01-02T15:04:05.999999999Z07:00"

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
ZERO_TIME_SECONDS = -62_135_596_800  # 0001-01-01T00:00:00Z


@dataclass(frozen=True, slots=True)
class Location:
    """A time zone: a fixed offset, or a name of the tz database."""

    go_type: ClassVar[GoType] = go.LOCATION
    name: str
    abbreviation: str = ""
    offset: int = 0
    rules: zoneinfo.ZoneInfo | None = None

    def at(self, seconds: int) -> tuple[str, int]:
        """Abbreviation and offset in force at an instant."""
        if self.rules is None:
            return self.abbreviation, self.offset
        bounded = min(max(seconds, -62_135_510_400), 253_402_214_400)
        moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=bounded)
        local = moment.astimezone(self.rules)
        offset = local.utcoffset() or datetime.timedelta()
        return local.tzname() or "", int(offset.total_seconds())

    def to_utc(self, seconds: int) -> int:
        """The instant of a wall clock reading that is given as if it were UTC."""
        first = seconds - self.at(seconds)[1]
        return seconds - self.at(first)[1]

    def __str__(self) -> str:
        return self.name


UTC = Location("UTC", "UTC")
LOCAL = Location("Local", "UTC")


@lru_cache(maxsize=64)
def load_location(name: str) -> Location:
    """time.LoadLocation."""
    if name in ("", "UTC"):
        return UTC
    if name == "Local":
        return LOCAL
    if ".." in name or name[0] in "/\\" or "\\" in name:
        raise GoPanic("time: invalid location name")
    try:
        return Location(name, rules=zoneinfo.ZoneInfo(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise GoPanic(f"unknown time zone {name}") from None


def fixed_zone(name: str, offset: int) -> Location:
    return Location(name, name, offset)


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 in the proleptic Gregorian calendar; month and day may lie outside their range."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970-01-01."""
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


@dataclass(frozen=True, slots=True)
class Time:
    """An instant."""

    go_type: ClassVar[GoType] = go.TIME
    nanoseconds: int
    zone: Location = UTC

    @property
    def unix(self) -> int:
        return self.nanoseconds // durations.SECOND

    @property
    def nanosecond(self) -> int:
        return self.nanoseconds % durations.SECOND

    def zone_now(self) -> tuple[str, int]:
        return self.zone.at(self.unix)

    def local_seconds(self) -> int:
        return self.unix + self.zone.at(self.unix)[1]

    def date(self) -> tuple[int, int, int]:
        return civil_from_days(self.local_seconds() // 86_400)

    def clock(self) -> tuple[int, int, int]:
        rest = self.local_seconds() % 86_400
        return rest // 3600, rest // 60 % 60, rest % 60

    def weekday(self) -> int:
        return (self.local_seconds() // 86_400 + 4) % 7

    def year_day(self) -> int:
        days = self.local_seconds() // 86_400
        return days - days_from_civil(civil_from_days(days)[0], 1, 1) + 1

    def add(self, duration: int) -> Time:
        return Time(self.nanoseconds + int(duration), self.zone)

    def subtract(self, other: Time) -> Duration:
        difference = self.nanoseconds - other.nanoseconds
        return Duration(min(max(difference, go.INT64_MIN), go.INT64_MAX))

    def add_date(self, years: int, months: int, days: int) -> Time:
        year, month, day = self.date()
        return make_time(year + years, month + months, day + days, *self.clock(), self.nanosecond, self.zone)

    def in_zone(self, zone: Location) -> Time:
        return Time(self.nanoseconds, zone)

    def iso_week(self) -> tuple[int, int]:
        days = self.local_seconds() // 86_400
        thursday = days - (days + 3) % 7 + 3
        year = civil_from_days(thursday)[0]
        return year, (thursday - days_from_civil(year, 1, 1)) // 7 + 1

    def truncate(self, step: int, *, half_up: bool = False) -> Time:
        if step <= 0:
            return self
        since_zero = self.nanoseconds - ZERO_TIME_SECONDS * durations.SECOND
        rest = since_zero % step
        if half_up and rest + rest >= step:
            rest -= step
        return Time(self.nanoseconds - rest, self.zone)


def make_time(
    year: int, month: int, day: int, hour: int, minute: int, second: int, nanosecond: int, zone: Location
) -> Time:
    """time.Date."""
    seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    return Time(zone.to_utc(seconds) * durations.SECOND + nanosecond, zone)


def from_unix(seconds: float) -> Time:
    """The instant of a Unix time, shown in UTC."""
    return Time(round(seconds * 1_000_000) * 1_000, UTC)


MONTH_TYPE = GoType("time.Month", "int")
WEEKDAY_TYPE = GoType("time.Weekday", "int")


class Month(int):
    """A time.Month: prints its name, is a number in JSON."""

    go_type: ClassVar[GoType] = MONTH_TYPE
    __slots__ = ()

    def __str__(self) -> str:
        return MONTHS[self - 1]


class Weekday(int):
    """A time.Weekday: prints its name, is a number in JSON."""

    go_type: ClassVar[GoType] = WEEKDAY_TYPE
    __slots__ = ()

    def __str__(self) -> str:
        return WEEKDAYS[self]
