"""Kubernetes' quantities (`0.5`, `100m`, `1Gi`) in the spelling in which Kubernetes writes them again.

https://github.com/kubernetes/apimachinery/blob/v0.35.4/pkg/api/resource/quantity.go
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from tiphys.errors import ManifestError

_QUANTITY: Final = re.compile(
    r"(?P<sign>[+-]?)0*(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?(?P<suffix>[eEinumkKMGTP]*[-+]?[0-9]*)\Z"
)
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIXES: Final = {exponent: suffix for suffix, exponent in _BINARY.items()}
_DECIMAL_SUFFIXES: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_EXPONENT: Final = re.compile(r"[eE]([-+]?[0-9]{1,4})\Z")
_MAX: Final = 2**63 - 1
_FAST_DIGITS: Final = 18
_NANO: Final = -9

Format = Literal["decimal", "binary", "exponent"]


@dataclass(frozen=True, slots=True)
class _Amount:
    """`unscaled` × 10^`scale`, and the format in which it came."""

    unscaled: int
    scale: int
    format: Format


def canonical(text: str) -> str:
    """Return the quantity as Kubernetes writes it; raise `ManifestError` when it is none.

    >>> canonical("0.5"), canonical("1000m"), canonical("2048Mi"), canonical("1.5Gi")
    ('500m', '1', '2Gi', '1536Mi')
    """
    text = text.strip()
    found = _QUANTITY.match(text)
    if not text or found is None:
        raise ManifestError(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    exponent, format = _interpret(found["suffix"])
    whole, fraction = found["whole"] or "0", found["fraction"] or ""
    sign = -1 if found["sign"] == "-" else 1
    short = _short(whole, fraction, exponent, format)
    if short is not None:
        amount, is_kept = short
        if is_kept:
            return text
        return _written(_Amount(sign * amount.unscaled, amount.scale, format))
    if not text[: found.start("suffix")].strip("+-."):
        raise ManifestError("unable to parse numeric part of quantity")
    return _written(_long(sign, int(whole + fraction), exponent, len(fraction), format))


def _interpret(suffix: str) -> tuple[int, Format]:
    if suffix in _DECIMAL:
        return _DECIMAL[suffix], "decimal"
    if suffix in _BINARY:
        return _BINARY[suffix], "binary"
    found = _EXPONENT.match(suffix)
    if found is None:
        raise ManifestError("unable to parse quantity's suffix")
    return int(found[1]), "exponent"


def _short(whole: str, fraction: str, exponent: int, format: Format) -> tuple[_Amount, bool] | None:
    """Kubernetes' way with numbers that surely fit 64 bits: True with it if the text is kept as it is."""
    digits = whole + fraction
    if format == "binary":
        if fraction:
            return None
        room, scale, factor = 15 - len(whole) - exponent * 3 // 10 - 1, 0, 1 << exponent
    else:
        room, scale, factor = _FAST_DIGITS - len(digits), exponent - len(fraction), 1
    value = int(digits)
    if room < 0 or scale < _NANO or value * factor > _MAX:
        return None
    if format == "binary":
        is_kept = bool(value & 7)
    else:
        is_kept = scale % 3 == 0 and not digits.endswith("000") and digits[0] != "0"
    return _Amount(value * factor, scale, format), is_kept


def _long(sign: int, value: int, exponent: int, fraction: int, format: Format) -> _Amount:
    """Numbers of any length: rounded up to nanos, and binary ones cut at 64 bits."""
    scale = -fraction
    if format == "binary":
        value <<= exponent
    else:
        scale += exponent
    if scale < _NANO:
        cut = 10 ** (_NANO - scale)
        value, scale = -(-value // cut), _NANO
    if format == "binary":
        unit = 10**-scale
        value = min(value, _MAX * unit)
        format = "decimal" if 0 < value < unit else format
    return _Amount(sign * value, scale, format)


def _written(amount: _Amount) -> str:
    value, scale = amount.unscaled, amount.scale
    if value == 0:
        return "0"
    if amount.format == "binary":
        whole, rest = divmod(abs(value), 10**-scale)
        if rest == 0 and whole >= 1024:
            return _in_binary(whole if value > 0 else -whole)
    while value % 10 == 0:
        value //= 10
        scale += 1
    while scale % 3:
        value *= 10
        scale -= 1
    if amount.format == "exponent":
        return f"{value}e{scale}" if scale else str(value)
    return f"{value}{_DECIMAL_SUFFIXES.get(scale, '')}"


def _in_binary(value: int) -> str:
    exponent = 0
    while value % 1024 == 0:
        value //= 1024
        exponent += 10
    return f"{value}{_BINARY_SUFFIXES.get(exponent, '')}"
