"""When a cron schedule fires: the five fields and descriptors of robfig/cron, which Argo uses.

https://pkg.go.dev/github.com/robfig/cron/v3 (`ParseStandard`, `SpecSchedule.Next`); copied behaviour: days
of month and of week are alternatives unless one of them is `*`, the week ends with 6, a step above one
takes away the star. Times are seconds since the epoch; zones are those of the IANA database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tiphys.errors import BadInput, ExpressionError
from tiphys.expressions import duration

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_YEARS_AHEAD = 5
"""A schedule that finds no time within so many years has none (`0 0 30 2 *`)."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    name: str
    least: int
    most: int
    names: dict[str, int]


_FIELDS = (
    _Bounds("minute", 0, 59, {}),
    _Bounds("hour", 0, 23, {}),
    _Bounds("day of month", 1, 31, {}),
    _Bounds("month", 1, 12, {name: index + 1 for index, name in enumerate(_MONTHS)}),
    _Bounds("day of week", 0, 6, {name: index for index, name in enumerate(_DAYS)}),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed schedule. `every` > 0 is a constant delay in seconds; otherwise the sets say when."""

    text: str
    zone: tzinfo
    every: int = 0
    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    any_day: bool = False
    any_weekday: bool = False

    def next_after(self, time: float) -> float | None:
        """The first time after `time` at which the schedule fires; None if there is none.

        >>> parse_schedule("*/15 * * * *").next_after(0.0)
        900.0
        """
        if self.every:
            return float(int(time) + self.every)
        moment = datetime.fromtimestamp(int(time) + 1, self.zone)
        limit = moment.year + _YEARS_AHEAD
        is_start = False
        while moment.year <= limit:
            later = self._advance(moment, is_start)
            if later is None:
                return moment.timestamp()
            moment, is_start = later, True
        return None

    def _advance(self, moment: datetime, is_start: bool) -> datetime | None:
        """The start of the next unit in which the schedule could fire; None if it fires now.

        Only the first step goes back to the start of its unit (`is_start` says it was taken): where the
        clock is set back, going back again would never end.
        """
        if moment.month not in self.months:
            year, month = divmod(moment.year * 12 + moment.month, 12)
            return self._local(year, month + 1, 1)
        if not self._is_day(moment):
            after = datetime(moment.year, moment.month, moment.day, tzinfo=UTC) + timedelta(days=1)
            return self._local(after.year, after.month, after.day)
        if moment.hour not in self.hours:
            return self._plus(moment if is_start else moment.replace(minute=0, second=0), 3600)
        if moment.minute not in self.minutes:
            return self._plus(moment.replace(second=0), 60)
        if moment.second:
            return self._plus(moment, 60 - moment.second)
        return None

    def _is_day(self, moment: datetime) -> bool:
        day = moment.day in self.days
        weekday = moment.isoweekday() % 7 in self.weekdays
        return (day and weekday) if self.any_day or self.any_weekday else (day or weekday)

    def _plus(self, moment: datetime, seconds: int) -> datetime:
        return datetime.fromtimestamp(moment.timestamp() + seconds, self.zone)

    def _local(self, year: int, month: int, day: int) -> datetime:
        # Through the timestamp, so that a midnight that a change of the clock skips becomes a real time.
        return datetime.fromtimestamp(datetime(year, month, day, tzinfo=self.zone).timestamp(), self.zone)


def parse_schedule(text: str, timezone: str = "") -> Schedule:
    """Parse `minute hour day month weekday`, a descriptor such as `@daily`, or `@every 1h30m`.

    A prefix `TZ=…` or `CRON_TZ=…` in the text names the zone, as `timezone` does; without either it is UTC.
    Raises `BadInput` with robfig/cron's own words.
    """
    schedule = text.strip()
    if prefix := re.match(r"(?:CRON_)?TZ=(\S*)\s+", schedule):
        timezone = prefix[1]
        schedule = schedule[prefix.end() :].strip()
    zone = _zone(timezone)
    if not schedule:
        raise BadInput("empty spec string", remedy="give a schedule such as `0 3 * * *`")
    if schedule.startswith("@every "):
        return Schedule(text, zone, every=max(1, int(_seconds(schedule))))
    if schedule.startswith("@"):
        if schedule not in _DESCRIPTORS:
            raise BadInput(f"unrecognized descriptor: {schedule}", remedy="use one of " + ", ".join(_DESCRIPTORS))
        schedule = _DESCRIPTORS[schedule]
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        raise BadInput(
            f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]",
            remedy="give minute, hour, day of month, month and day of week",
        )
    parsed = [_field(field, bounds) for field, bounds in zip(fields, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = (numbers for numbers, _ in parsed)
    any_day, any_weekday = parsed[2][1], parsed[4][1]
    return Schedule(text, zone, 0, minutes, hours, days, months, weekdays, any_day, any_weekday)


def _seconds(schedule: str) -> float:
    try:
        return duration.parse(schedule.removeprefix("@every ").strip()) / 1e9
    except ExpressionError as error:
        raise BadInput(f"failed to parse duration {schedule}: {error}", remedy="such as `@every 1h30m`") from error


def _zone(name: str) -> tzinfo:
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(
            f"provided bad location {name}: unknown time zone {name}",
            remedy="use a name such as Europe/Berlin",
        ) from error


def _field(text: str, bounds: _Bounds) -> tuple[frozenset[int], bool]:
    """The numbers a field stands for, and whether it is a star."""
    numbers: set[int] = set()
    star = False
    for part in filter(None, re.split(",", text)):
        values, is_star = _range(part, bounds)
        numbers |= values
        star = star or is_star
    return frozenset(numbers), star


def _range(text: str, bounds: _Bounds) -> tuple[set[int], bool]:
    span, slash, step_text = text.partition("/")
    if "/" in step_text:
        raise BadInput(f"too many slashes: {text}")
    low_text, dash, high_text = span.partition("-")
    if "-" in high_text:
        raise BadInput(f"too many hyphens: {text}")
    star = low_text in ("*", "?")
    if star:
        low, high = bounds.least, bounds.most
    else:
        low = _number(low_text, bounds)
        high = _number(high_text, bounds) if dash else low
    step = 1
    if slash:
        step = _number(step_text, _FIELDS[0])
        if not star and not dash:
            high = bounds.most
        star = star and step <= 1
    if low < bounds.least:
        raise BadInput(f"beginning of range ({low}) below minimum ({bounds.least}): {text}")
    if high > bounds.most:
        raise BadInput(f"end of range ({high}) above maximum ({bounds.most}): {text}")
    if low > high:
        raise BadInput(f"beginning of range ({low}) beyond end of range ({high}): {text}")
    if step == 0:
        raise BadInput(f"step of range should be a positive number: {text}")
    return set(range(low, high + 1, step)), star


def _number(text: str, bounds: _Bounds) -> int:
    named = bounds.names.get(text.lower())
    if named is not None:
        return named
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise BadInput(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    if text.startswith("-"):
        raise BadInput(f"negative number ({int(text)}) not allowed: {text}")
    return int(text)
