"""What differs between a recorded answer and ours, leaving out what the records call informative.

Some answers of the real controller depend on the order of a Go map; records list those paths as
`unstable`. Order inside `children` and `podOrder` never counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

INFORMATIVE: Final = frozenset({"rounds", "round", "lastLog", "templateScope", "outboundNodes"})
UNORDERED: Final = frozenset({"children", "podOrder", "pvcs", "conditions", "dependencies"})
_MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in the answer, what was recorded there and what we say (None: nothing)."""

    path: tuple[str, ...]
    expected: Any
    actual: Any

    @property
    def field(self) -> str:
        """The path without names of nodes, to group by: `nodes/*/phase`.

        >>> Difference(("nodes", "wf.A", "phase"), "Failed", "Error").field
        'nodes/*/phase'
        """
        named = {"nodes", "pods", "caches"}
        parts = [
            "*" if before in named or part.isdigit() else part
            for before, part in zip(("", *self.path), self.path, strict=False)
        ]
        return "/".join(parts)

    def __str__(self) -> str:
        return f"{'/'.join(self.path)}: expected {self.expected!r}, got {self.actual!r}"


def differences(
    expected: Mapping[str, Any], actual: Mapping[str, Any], unstable: Sequence[str] = ()
) -> list[Difference]:
    """Every difference that counts, in the order of the recorded answer."""
    return list(_compare((), _pruned(expected), _pruned(actual), _Unstable(unstable)))


class _Unstable:
    """The paths that differ from run to run in Argo itself."""

    def __init__(self, pointers: Sequence[str]) -> None:
        self._exact = {pointer.replace("~1", "/").replace("~0", "~") for pointer in pointers}
        self._above = {
            pointer[:end]
            for pointer in self._exact
            for end in range(1, len(pointer))
            if pointer[end] == "/" and pointer[end + 1 :].isdigit()
        }

    def __bool__(self) -> bool:
        return bool(self._exact)

    def skips(self, path: tuple[str, ...]) -> bool:
        """True for a listed path, and for a list of which an element is listed."""
        pointer = "/" + "/".join(path)
        return pointer in self._exact or pointer in self._above


def _pruned(value: Any) -> Any:
    """The value without empty members: Argo leaves them out here and there."""
    if isinstance(value, Mapping):
        kept = {key: _pruned(each) for key, each in value.items() if key not in INFORMATIVE}
        return {key: each for key, each in kept.items() if each not in (None, "", [], {}) or each is False}
    if isinstance(value, list):
        return [_pruned(each) for each in value]
    return value


def _compare(path: tuple[str, ...], expected: Any, actual: Any, unstable: _Unstable) -> Iterator[Difference]:
    if expected == actual and type(expected) is type(actual):
        return
    if unstable and unstable.skips(path):
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        yield from _compare_members(path, expected, actual, unstable)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _compare_lists(path, expected, actual, unstable)
    elif expected != actual:
        yield Difference(path, _shown(expected), _shown(actual))


def _compare_members(
    path: tuple[str, ...], expected: dict[str, Any], actual: dict[str, Any], unstable: _Unstable
) -> Iterator[Difference]:
    for key in (*expected, *(key for key in actual if key not in expected)):
        yield from _compare((*path, key), expected.get(key, _MISSING), actual.get(key, _MISSING), unstable)


def _compare_lists(
    path: tuple[str, ...], expected: list[Any], actual: list[Any], unstable: _Unstable
) -> Iterator[Difference]:
    if path and path[-1] in UNORDERED:
        first, second = _as_set(expected), _as_set(actual)
        if first != second:
            yield Difference(path, first, second)
        return
    if len(expected) != len(actual):
        yield Difference(path, expected, actual)
        return
    for index, (left, right) in enumerate(zip(expected, actual, strict=True)):
        yield from _compare((*path, str(index)), left, right, unstable)


def _as_set(values: list[Any]) -> list[Any]:
    return sorted({repr(value): value for value in values}.values(), key=repr)


def _shown(value: Any) -> Any:
    return None if value is _MISSING else value
