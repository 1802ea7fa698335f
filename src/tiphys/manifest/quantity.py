"""Kubernetes' quantities (`0.5`, `100m`, `1Gi`) in their canonical spelling.

https://github.com/kubernetes/apimachinery/blob/v0.35.4/pkg/api/resource/quantity.go
"""

from __future__ import annotations

import re
from decimal import ROUND_UP, Context, Decimal
from typing import Final

from tiphys.errors import ManifestError

_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))((?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?)\Z")
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIXES: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_CONTEXT = Context(prec=60)
_NANO: Final = Decimal("1e-9")
_MAX: Final = Decimal(2**63 - 1)


def canonical(text: str) -> str:
    """The quantity as Kubernetes writes it; raises `ManifestError` when it is none.

    >>> canonical("0.5"), canonical("1000m"), canonical("2048Mi"), canonical("1.5Gi")
    ('500m', '1', '2Gi', '1536Mi')
    """
    match = _QUANTITY.match(text.strip())
    if match is None:
        raise ManifestError(
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )
    number, suffix = Decimal(match[1]), match[2]
    if suffix in _BINARY:
        value = min(_CONTEXT.multiply(number, Decimal(2 ** _BINARY[suffix])), _MAX)
        if abs(value) >= 1024 and value == value.to_integral_value():
            return _binary(int(value))
        return _decimal(value, exponent_form=False)
    if suffix in _DECIMAL:
        return _decimal(_CONTEXT.scaleb(number, _DECIMAL[suffix]), exponent_form=False)
    return _decimal(_CONTEXT.scaleb(number, max(-99, min(99, int(suffix[1:])))), exponent_form=True)


def _binary(value: int) -> str:
    exponent = 0
    while value % 1024 == 0 and exponent < 60:
        value //= 1024
        exponent += 10
    suffix = next((name for name, power in _BINARY.items() if power == exponent), "")
    return f"{value}{suffix}"


def _decimal(value: Decimal, *, exponent_form: bool) -> str:
    if value == 0:
        return "0"
    value = value.quantize(_NANO, rounding=ROUND_UP, context=_CONTEXT) if value % _NANO else value
    _, digits, power = value.normalize(_CONTEXT).as_tuple()
    mantissa = int("".join(map(str, digits)))
    exponent = int(power)
    while exponent % 3:
        mantissa *= 10
        exponent -= 1
    while exponent > 18 and not exponent_form:
        mantissa *= 1000
        exponent -= 3
    sign = "-" if value < 0 else ""
    if exponent_form:
        return f"{sign}{mantissa}e{exponent}" if exponent else f"{sign}{mantissa}"
    return f"{sign}{mantissa}{_SUFFIXES[exponent]}"
