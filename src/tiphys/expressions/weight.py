"""How much a value is when it is written out or walked through, each shared part as often as it is met.

`reduce(1..40, [#acc, #acc], [])` is 41 lists in memory and a trillion on paper: whatever walks through a
value asks here first.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from tiphys.expressions.ambient import Refused
from tiphys.expressions.go_values import AnyMap, Ints, Struct

MAX_WEIGHT: Final = 300_000
MAX_DEPTH: Final = 200  # as for JSON that is read


def weight(value: Any) -> int:
    """One for each element, and one for every sixteen characters of text.

    >>> weight(3), weight("x" * 320), weight([1, ["a", "b"]])
    (1, 21, 6)
    """
    if isinstance(value, str | bytes):
        return _bounded(1 + (len(value) >> 4))
    return _measure(value, {}, 0)[0] if isinstance(value, _CONTAINERS) else 1


_CONTAINERS = (list, dict, AnyMap, Struct)


def _parts(value: Any) -> Collection[Any]:
    """What a container holds, but for the keys of a map."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return value.values()
    return value.fields.values() if isinstance(value, Struct) else [part for _, part in value.items()]


def _of_keys(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(len, value)) >> 4
    if isinstance(value, AnyMap):
        return sum(len(key) for key, _ in value.items() if isinstance(key, str)) >> 4
    return 0


def _measure(value: Any, known: dict[int, tuple[int, int]], depth: int) -> tuple[int, int]:
    """The weight and the height of a container; `known` are those that were met already."""
    met = known.get(id(value))
    if met is not None and depth + met[1] <= MAX_DEPTH:
        return met
    if depth > MAX_DEPTH:
        raise Refused("a value is nested too deeply")
    parts = _parts(value)
    total, height = 1 + len(parts) + _of_keys(value), 0
    for part in () if type(value) is Ints else parts:
        kind = type(part)
        if kind is str or kind is bytes:
            total += len(part) >> 4
        elif kind is not int and isinstance(part, _CONTAINERS):
            inner, below = _measure(part, known, depth + 1)
            total += inner
            height = max(height, below + 1)
        if total > MAX_WEIGHT:
            break
    known[id(value)] = _bounded(total), height
    return total, height


def _bounded(total: int) -> int:
    if total > MAX_WEIGHT:
        raise Refused("a value is too large")
    return total
