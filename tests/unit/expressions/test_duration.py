"""Durations of Go and of Argo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiphys.errors import ExpressionError
from tiphys.expressions import duration

S = duration.SECOND


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1s", 1),
        ("+5m", 300),
        ("-1.5h", -5400),
        ("1h30m10s", 5410),
        (".5s", 0.5),
        ("1.s", 1),
        ("2us", 2e-6),
        ("2µs", 2e-6),
    ],
)
def test_go(text: str, seconds: float) -> None:
    assert duration.parse(text) == round(seconds * S)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("-", 'time: invalid duration "-"'),
        ("1", 'time: missing unit in duration "1"'),
        ("1d", 'time: unknown unit "d" in duration "1d"'),
        (".s", 'time: invalid duration ".s"'),
        ("1m1", 'time: missing unit in duration "1m1"'),
        ("9223372036854775808ns", 'time: invalid duration "9223372036854775808ns"'),
        ("1 s", 'time: unknown unit " s" in duration "1 s"'),
    ],
)
def test_mistakes_in_go(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        duration.parse(text)
    assert caught.value.message == message


def test_the_longest_duration_is_negative() -> None:
    assert duration.parse("-9223372036854775808ns") == -(1 << 63)


@given(st.integers(-(1 << 63) + 1, (1 << 63) - 1))
def test_what_is_written_reads_back(nanoseconds: int) -> None:
    # exact below 2^53, as Go reads the part behind the point as a float
    written = duration.format_duration(nanoseconds)
    assert abs(duration.parse(written) - nanoseconds) <= 1


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("-5", -5), ("1m30s", 90), ("+3", 3)])
def test_argo_takes_bare_seconds(text: str, seconds: int) -> None:
    assert duration.parse_argo(text) == seconds * S


def test_argo_names_what_it_could_not_read() -> None:
    with pytest.raises(ExpressionError) as caught:
        duration.parse_argo("1d")
    assert caught.value.message == 'unable to parse 1d as a duration: time: unknown unit "d" in duration "1d"'
