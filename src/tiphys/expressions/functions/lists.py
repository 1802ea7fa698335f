"""Lists: first, rest, append, uniq, without, slice, chunk …, each also as `must…`."""

from __future__ import annotations

import math
from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.functions.casts import is_empty, is_list, items_of, to_int64
from tiphys.expressions.functions.signature import A, B, I, L, Table, function
from tiphys.expressions.go_numbers import deep_equal
from tiphys.expressions.go_values import GoPanic, GoType, Lists, NilList, kind_of


def _push(values: Any, value: Any) -> list[Any]:
    return [*items_of(values, "Cannot push on type"), value]


def _prepend(values: Any, value: Any) -> list[Any]:
    return [value, *items_of(values, "Cannot prepend on type")]


def _last(values: Any) -> Any:
    items = items_of(values, "Cannot find last on type")
    return items[-1] if items else None


def _first(values: Any) -> Any:
    items = items_of(values, "Cannot find first on type")
    return items[0] if items else None


def _rest(values: Any) -> list[Any]:
    items = items_of(values, "Cannot find rest on type")
    return list(items[1:]) if items else NilList()


def _initial(values: Any) -> list[Any]:
    items = items_of(values, "Cannot find initial on type")
    return list(items[:-1]) if items else NilList()


def _reverse(values: Any) -> list[Any]:
    return list(reversed(items_of(values, "Cannot find reverse on type")))


def _compact(values: Any) -> list[Any]:
    return [item for item in items_of(values, "Cannot compact on type") if not is_empty(item)]


def _contains(items: list[Any], value: Any) -> bool:
    return any(deep_equal(value, item) for item in items)


def _uniq(values: Any) -> list[Any]:
    items = items_of(values, "Cannot find uniq on type")
    if all(type(item) is str for item in items):
        return list(dict.fromkeys(items))
    if len(items) > 2_000:
        raise GoPanic("memory budget exceeded")
    kept: list[Any] = []
    for item in items:
        if not _contains(kept, item):
            kept.append(item)
    return kept


def _without(values: Any, *omitted: Any) -> list[Any]:
    return [item for item in items_of(values, "Cannot find without on type") if not _contains(list(omitted), item)]


def _has(needle: Any, values: Any) -> bool:
    return False if values is None else _contains(items_of(values, "Cannot find has on type"), needle)


def _slice(values: Any, *indices: Any) -> Any:
    if values is not None and not is_list(values):
        raise GoPanic(f"list should be type of slice or array but {kind_of(values)}")
    items = items_of(values, "")
    if not items:
        return None
    start = to_int64(indices[0]) if indices else 0
    stop = to_int64(indices[1]) if len(indices) > 1 else len(items)
    if not 0 <= start <= stop <= len(items):
        raise GoPanic("reflect.Value.Slice: slice index out of bounds")
    if isinstance(values, bytes):
        return values[start:stop]
    kind = list if isinstance(values, go.Pair) else type(values)
    return kind(values[start:stop])


def _concat(*lists: Any) -> list[Any]:
    found: list[Any] = []
    for values in lists:
        if values is not None and not is_list(values):
            raise GoPanic(f"Cannot concat type {kind_of(values)} as list")
        found.extend(items_of(values, ""))
    return found or NilList()


def _chunk(size: int, values: Any) -> Lists:
    items = items_of(values, "Cannot chunk type")
    count = None if size == 0 else math.floor((len(items) - 1) / size) + 1
    if count is None or count < 0 or (count > 0 and size < 0):
        raise GoPanic("runtime error: makeslice: len out of range")
    return Lists(list(items[index * size : (index + 1) * size]) for index in range(count))


_LISTS_OF: dict[str, tuple[Any, tuple[GoType, ...], GoType, bool]] = {
    "Append": (_push, (A, A), L, False),
    "Push": (_push, (A, A), L, False),
    "Prepend": (_prepend, (A, A), L, False),
    "First": (_first, (A,), A, False),
    "Rest": (_rest, (A,), L, False),
    "Last": (_last, (A,), A, False),
    "Initial": (_initial, (A,), L, False),
    "Reverse": (_reverse, (A,), L, False),
    "Uniq": (_uniq, (A,), L, False),
    "Without": (_without, (A, A), L, True),
    "Has": (_has, (A, A), B, False),
    "Slice": (_slice, (A, A), A, True),
    "Chunk": (_chunk, (I, A), go.LISTS, False),
    "Compact": (_compact, (A,), L, False),
}

FUNCTIONS: Table = {
    "tuple": function(lambda *values: list(values), A, output=L, variadic=True),
    "list": function(lambda *values: list(values), A, output=L, variadic=True),
    "concat": function(_concat, A, variadic=True),
}
for _name, (_call, _inputs, _output, _variadic) in _LISTS_OF.items():
    FUNCTIONS[_name[0].lower() + _name[1:]] = function(_call, *_inputs, output=_output, variadic=_variadic)
    FUNCTIONS[f"must{_name}"] = function(_call, *_inputs, output=_output, variadic=_variadic, fails=True)
