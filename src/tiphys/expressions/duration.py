"""Durations as Go and Argo write them: `1h30m`, `90s`, or a bare number of seconds."""

from __future__ import annotations

import re
from typing import Final

from tiphys.errors import ExpressionError
from tiphys.expressions.go_quote import quote_bytes

NANOSECOND: Final = 1
MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_UNITS = {
    "ns": NANOSECOND,
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "μs": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_PART = re.compile(r"([0-9]*)(\.([0-9]*))?([^0-9.]*)")
_LONGEST = 4096
_LIMIT = 1 << 63


def parse(text: str) -> int:
    """time.ParseDuration, in nanoseconds; raises `ExpressionError` with Go's words.

    >>> parse("1h30m"), parse("-1.5s"), parse("0")
    (5400000000000, -1500000000, 0)
    """
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return 0
    if not rest:
        raise ExpressionError(f"time: invalid duration {quote_bytes(text)}")
    if len(rest) > _LONGEST:
        raise ExpressionError(f"time: a duration is longer than {_LONGEST} characters")
    total = 0
    while rest:
        match = _PART.match(rest)
        whole, _, fraction, unit = match.groups() if match is not None else ("", "", "", "")
        if not whole and not fraction:
            raise ExpressionError(f"time: invalid duration {quote_bytes(text)}")
        if whole and int(whole) > _LIMIT:
            raise ExpressionError(f"time: invalid duration {quote_bytes(text)}")
        if not unit:
            raise ExpressionError(f"time: missing unit in duration {quote_bytes(text)}")
        if unit not in _UNITS:
            raise ExpressionError(f"time: unknown unit {quote_bytes(unit)} in duration {quote_bytes(text)}")
        scale = _UNITS[unit]
        if whole and int(whole) > _LIMIT // scale:
            raise ExpressionError(f"time: invalid duration {quote_bytes(text)}")
        total += int(whole or "0") * scale + _fraction(fraction or "", scale)
        if total > _LIMIT:
            raise ExpressionError(f"time: invalid duration {quote_bytes(text)}")
        rest = rest[match.end() :] if match is not None else ""
    if text[0] == "-":
        return -total
    if total > _LIMIT - 1:
        raise ExpressionError(f"time: invalid duration {quote_bytes(text)}")
    return total


def _fraction(digits: str, scale: int) -> int:
    """Go's `f * (unit / 10^n)` in float64, cut to an integer."""
    if not digits:
        return 0
    value, size = 0, 1.0
    for digit in digits:
        if value > (_LIMIT - 1) // 10 or value * 10 + int(digit) > _LIMIT:
            break
        value = value * 10 + int(digit)
        size *= 10
    return int(float(value) * (float(scale) / size))


def format_duration(nanoseconds: int) -> str:
    """A duration as Go prints it.

    >>> format_duration(5400 * SECOND), format_duration(1500 * MICROSECOND), format_duration(0)
    ('1h30m0s', '1.5ms', '0s')
    """
    if nanoseconds == 0:
        return "0s"
    sign = "-" if nanoseconds < 0 else ""
    value = abs(nanoseconds)
    if value < SECOND:
        scale, unit = next(
            (scale, unit)
            for scale, unit in ((NANOSECOND, "ns"), (MICROSECOND, "µs"), (MILLISECOND, "ms"))
            if value < scale * 1000
        )
        return f"{sign}{_decimal(value, scale)}{unit}"
    minutes, rest = divmod(value, MINUTE)
    text = f"{_decimal(rest, SECOND)}s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        text = f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"
    return sign + text


def _decimal(value: int, scale: int) -> str:
    whole, fraction = divmod(value, scale)
    digits = len(str(scale)) - 1
    tail = f"{fraction:0{digits}d}".rstrip("0") if digits else ""
    return f"{whole}.{tail}" if tail else str(whole)


def parse_argo(text: str) -> int:
    """Argo's durations (`backoff.duration`, suspend): a number of seconds, or Go's form.

    >>> parse_argo("90") == parse_argo("1m30s")
    True
    """
    if re.fullmatch(r"[+-]?[0-9]+", text) and abs(int(text)) < _LIMIT:
        return (int(text) * SECOND + _LIMIT) % (2 * _LIMIT) - _LIMIT
    try:
        return parse(text)
    except ExpressionError as error:
        raise ExpressionError(f"unable to parse {text} as a duration: {error.message}") from None
