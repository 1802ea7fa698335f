"""Schedules fire when robfig/cron's do; the expected times were printed by that library."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiphys.errors import BadInput
from tiphys.expressions.cron_schedule import parse_schedule


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("schedule", "after", "then"),
    [
        ("*/15 * * * *", "2026-01-01T00:00:00", "2026-01-01T00:15:00"),
        ("0 3 1 * *", "2026-01-31T10:00:00", "2026-02-01T03:00:00"),
        ("0 0 13 * 5", "2026-03-01T00:00:00", "2026-03-06T00:00:00"),
        ("0 0 13 * *", "2026-03-01T00:00:00", "2026-03-13T00:00:00"),
        ("0 0 */2 * 1", "2026-03-01T00:00:00", "2026-03-02T00:00:00"),
        ("@weekly", "2026-03-02T00:00:00", "2026-03-08T00:00:00"),
        ("@every 90s", "2026-03-02T00:00:00", "2026-03-02T00:01:30"),
        ("0 9 * jan-mar mon", "2026-03-31T00:00:00", "2027-01-04T09:00:00"),
        ("TZ=Europe/Berlin 30 2 * * *", "2026-03-28T12:00:00", "2026-03-30T00:30:00"),
        ("CRON_TZ=America/New_York 0 12 * * *", "2026-07-01T00:00:00", "2026-07-01T16:00:00"),
    ],
)
def test_next(schedule: str, after: str, then: str) -> None:
    assert parse_schedule(schedule).next_after(at(after)) == at(then)


def test_a_day_that_never_comes_has_no_time() -> None:
    assert parse_schedule("0 0 30 2 *").next_after(0.0) is None


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("", "empty spec string"),
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * * * 7", "end of range (7) above maximum (6): 7"),
        ("5-2 * * * *", "beginning of range (5) beyond end of range (2): 5-2"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("@often", "unrecognized descriptor: @often"),
        ("TZ=Nowhere/X * * * * *", "provided bad location Nowhere/X: unknown time zone Nowhere/X"),
    ],
)
def test_refusals_in_the_words_of_the_library(schedule: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_schedule(schedule)
    assert caught.value.message == message


@given(st.integers(0, 59), st.integers(0, 23), st.floats(0, 4e9))
def test_the_next_time_is_later_and_fits(minute: int, hour: int, after: float) -> None:
    then = parse_schedule(f"{minute} {hour} * * *").next_after(after)
    assert then is not None
    moment = datetime.fromtimestamp(then, UTC)
    assert then > after
    assert (moment.hour, moment.minute, moment.second) == (hour, minute, 0)
    assert then - after <= 86_400 + 1
