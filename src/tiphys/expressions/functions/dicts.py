"""Maps: get, set, pick, omit, merge, dig."""

from __future__ import annotations

from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.functions.casts import is_empty, strval
from tiphys.expressions.functions.signature import A, B, L, M, S, Table, function
from tiphys.expressions.functions.versions import blank
from tiphys.expressions.go_values import GoPanic, NilMap, Struct, assertion_panic


def _set(mapping: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    if isinstance(mapping, NilMap):
        raise GoPanic("assignment to entry in nil map")
    mapping[key] = value
    return mapping


def _unset(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    mapping.pop(key, None)
    return mapping


def _pluck(key: str, *mappings: dict[str, Any]) -> list[Any]:
    return [mapping[key] for mapping in mappings if key in mapping]


def _keys(*mappings: dict[str, Any]) -> go.Strings:
    return go.Strings(key for mapping in mappings for key in mapping)


def _pick(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: mapping[key] for key in keys if key in mapping}


def _omit(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


def _dict(*values: Any) -> dict[str, Any]:
    return {
        strval(values[index]): values[index + 1] if index + 1 < len(values) else ""
        for index in range(0, len(values), 2)
    }


def _merge(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    """Fills what the target lacks or has empty, map by map."""
    if sources and isinstance(target, NilMap):
        target = {}
    for source in sources:
        for key, value in source.items():
            present = target.get(key)
            if type(present) is dict and type(value) is dict:
                _merge(present, value)
            elif key not in target or (is_empty(present) and not is_empty(value)):
                target[key] = value
    return target


def _merge_overwrite(target: dict[str, Any], *sources: dict[str, Any]) -> dict[str, Any]:
    """The sources' values win, unless they are empty."""
    if sources and isinstance(target, NilMap):
        target = {}
    for source in sources:
        for key, value in source.items():
            present = target.get(key)
            if type(present) is dict and type(value) is dict:
                _merge_overwrite(present, value)
            elif not is_empty(value) or key not in target:
                target[key] = value
    return target


def _copy(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return type(value)(map(_copy, value))
    return blank() if isinstance(value, Struct) else value


def _deep_copy(value: Any) -> Any:
    if value is None:
        raise GoPanic("reflect: call of reflect.Value.Type on zero Value")
    return _copy(value)


def _dig(*params: Any) -> Any:
    if len(params) < 3:
        raise GoPanic("dig needs at least three arguments")
    *path, default, mapping = params
    if type(mapping) is not dict:
        raise assertion_panic(mapping, "map[string]interface {}")
    for key in path:
        if type(key) is not str:
            raise assertion_panic(key, "string")
    current: Any = mapping
    for key in path:
        if type(current) is not dict:
            raise assertion_panic(current, "map[string]interface {}")
        if key not in current:
            return default
        current = current[key]
    return current


FUNCTIONS: Table = {
    "dict": function(_dict, A, output=M, variadic=True),
    "get": function(lambda mapping, key: mapping.get(key, ""), M, S),
    "set": function(_set, M, S, A, output=M),
    "unset": function(_unset, M, S, output=M),
    "hasKey": function(lambda mapping, key: key in mapping, M, S, output=B),
    "pluck": function(_pluck, S, M, output=L, variadic=True),
    "keys": function(_keys, M, output=go.STRINGS, variadic=True),
    "pick": function(_pick, M, S, output=M, variadic=True),
    "omit": function(_omit, M, S, output=M, variadic=True),
    "merge": function(_merge, M, M, variadic=True),
    "mergeOverwrite": function(_merge_overwrite, M, M, variadic=True),
    "mustMerge": function(_merge, M, M, variadic=True, fails=True),
    "mustMergeOverwrite": function(_merge_overwrite, M, M, variadic=True, fails=True),
    "values": function(lambda mapping: list(mapping.values()), M, output=L),
    "deepCopy": function(_deep_copy, A),
    "mustDeepCopy": function(_deep_copy, A, fails=True),
    "dig": function(_dig, A, variadic=True, fails=True),
}
