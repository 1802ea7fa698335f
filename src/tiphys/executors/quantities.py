"""Kubernetes quantities as numbers: `500m` cores, `2Gi` bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from tiphys.errors import ExecutorError

_QUANTITY: Final = re.compile(r"^([+-]?[0-9.]+)([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?$")
_SUFFIXES: Final = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("MGTPE", start=2)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}


def number_of(text: str) -> Decimal:
    """The value of a quantity.

    >>> number_of("1.5Gi")
    Decimal('1610612736.0')
    """
    match = _QUANTITY.fullmatch(text.strip())
    if not match or match[1].count(".") > 1 or not any(letter.isdigit() for letter in match[1]):
        raise ExecutorError(f"{text!r} is not a quantity such as 500m or 2Gi")
    suffix = match[2] or ""
    if suffix[:1] in ("e", "E") and len(suffix) > 1 and suffix[1] != "i":
        return Decimal(match[1] + suffix)
    return Decimal(match[1]) * _SUFFIXES.get(suffix, Decimal(1))


def cores_of(text: str) -> float:
    """CPU cores."""
    return float(number_of(text))


def bytes_of(text: str) -> int:
    """Bytes, rounded up."""
    value = number_of(text)
    whole = int(value)
    return whole + (value > whole)


def requested(containers: Iterable[Mapping[str, Any]], name: str) -> Decimal:
    """What containers ask for together: their requests, or their limits where they state no request."""
    total = Decimal(0)
    for container in containers:
        resources = container.get("resources") or {}
        given = (resources.get("requests") or {}).get(name, (resources.get("limits") or {}).get(name))
        total += number_of(str(given)) if given is not None else 0
    return total
