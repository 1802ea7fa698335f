"""What expr-lang's builtins do with lists and maps."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.expr import operators
from tiphys.expressions.go_format import sprint, sprint_as_string
from tiphys.expressions.go_values import AnyMap, GoPanic, Pair, Pairs, Strings, assertion_panic, type_of


def list_of(value: Any, complaint: str) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, bytes):
        return operators.elements(value)
    raise GoPanic(f"{complaint} {go.kind_of(value)}")


def first(value: Any) -> Any:
    return _fetch_or_nil(value, 0)


def last(value: Any) -> Any:
    return _fetch_or_nil(value, -1)


def _fetch_or_nil(value: Any, key: Any) -> Any:
    try:
        return operators.fetch(value, key)
    except GoPanic:
        return None


def get(*args: Any) -> Any:
    """`get(source, key)`: nil where `source[key]` would fail for want of the key."""
    source, key = args[0], args[1]
    if source is None:
        return None
    if isinstance(source, list | str | bytes):
        index = operators.to_int(key)
        size = operators.size_of(source)
        index += size if index < 0 else 0
        return operators.fetch(source, index) if 0 <= index < size else None
    if isinstance(source, dict | AnyMap):
        if isinstance(source, dict) and not isinstance(source, go.StringMap):
            return operators.fetch(source, key)
        return operators.fetch(source, key) if operators.contains_value(key, source) else None
    if isinstance(source, go.Struct) and type(key) is not str:
        raise assertion_panic(key, "string")
    return _fetch_or_nil(source, key)


def take(values: Any, count: Any) -> Any:
    source = list_of(values, "cannot take from")
    if not isinstance(count, int) or type(count) is bool or type(count) is go.Uint8:
        raise GoPanic(f"cannot take {go.kind_of(count)} elements")
    if count < 0:
        raise GoPanic("reflect.Value.Slice: slice index out of bounds")
    return operators.slice_of(source, 0, count)


def _items(value: Any, complaint: str, after: str = "") -> list[tuple[Any, Any]]:
    if isinstance(value, dict | AnyMap):
        return list(value.items())
    raise GoPanic(f"{complaint} {go.kind_of(value)}{after}")


def keys(value: Any) -> list[Any]:
    return [key for key, _ in _items(value, "cannot get keys from")]


def values(value: Any) -> list[Any]:
    return [item for _, item in _items(value, "cannot get values from")]


def to_pairs(value: Any) -> Pairs:
    return Pairs(Pair(item) for item in _items(value, "cannot transform", " to pairs"))


def from_pairs(value: Any) -> AnyMap:
    if not isinstance(value, list):
        shown = "<invalid reflect.Value>" if value is None else sprint_as_string(value)
        raise GoPanic(f"cannot transform {shown} from pairs")
    result = AnyMap()
    for pair in value:
        if not isinstance(pair, list):
            raise GoPanic(f"invalid pair {sprint(pair)}")
        if len(pair) != 2:
            raise GoPanic(f"invalid pair length {sprint(pair)}")
        if isinstance(pair[0], list | dict | AnyMap):
            raise GoPanic(f"hash of unhashable type: {type_of(pair[0]).name}")
        result.set(pair[0], pair[1])
    return result


def reverse(values: Any) -> list[Any]:
    return list(reversed(list_of(values, "cannot reverse")))


def uniq(values: Any) -> list[Any]:
    source = list_of(values, "cannot uniq")
    if all(type(value) is str for value in source):
        return list(dict.fromkeys(source))
    if len(source) > 2_000:
        raise GoPanic("memory budget exceeded")
    kept: list[Any] = []
    for value in source:
        if not any(operators.equal(value, other) for other in kept):
            kept.append(value)
    return kept


def concat(*args: Any) -> list[Any]:
    return [item for arg in args for item in list_of(arg, "cannot concat")] or go.NilList()


def flatten(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in list_of(values, "cannot flatten"):
        if isinstance(value, list | bytes):
            found.extend(flatten(value))
        else:
            found.append(value)
    return found


def sort(values: Any, order: Any = "asc") -> list[Any]:
    known = type(values) in (list, go.NilList) or isinstance(values, Strings | go.Ints)
    source = list(values) if known else go.NilList()
    if type(order) is not str:
        raise GoPanic(f"sort order argument must be a string (got {type_of(order).name})")
    if order not in ("asc", "desc"):
        raise GoPanic(f"invalid order {order}, expected asc or desc")
    return sort_values(source, source, descending=order == "desc") if source else source


def sort_values(values: list[Any], keys: list[Any], *, descending: bool) -> list[Any]:
    """The values in the order of their keys, compared as `<` does."""

    def compare(a: int, b: int) -> int:
        if operators.less(keys[b], keys[a]) if descending else operators.less(keys[a], keys[b]):
            return -1
        return 1 if (operators.less(keys[a], keys[b]) if descending else operators.less(keys[b], keys[a])) else 0

    if all(type(key) is str for key in keys) or all(type(key) is int for key in keys):
        ranks = sorted(range(len(keys)), key=keys.__getitem__, reverse=descending)
    else:
        ranks = sorted(range(len(keys)), key=cmp_to_key(compare))
    return [values[rank] for rank in ranks]
