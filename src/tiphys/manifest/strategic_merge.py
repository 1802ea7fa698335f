"""Kubernetes' strategic merge patch: maps merge, lists merge by key where Kubernetes or Argo says so.

Used for `podSpecPatch`, `templateDefaults`, `workflowTemplateRef` and workflow defaults. Neither
argument is changed; the result may share parts with both. The order of merged lists is Kubernetes' own.
https://github.com/kubernetes/apimachinery/blob/v0.35.4/pkg/util/strategicpatch/patch.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tiphys.errors import ManifestError
from tiphys.manifest.fields import Field, fields_of

Json = Any


_UNKNOWN: Final = Field("", "")
_DIRECTIVE: Final = "$patch"
_RETAIN_KEYS: Final = "$retainKeys"
_DELETE_PRIMITIVES: Final = "$deleteFromPrimitiveList/"
_ELEMENT_ORDER: Final = "$setElementOrder/"


def strategic_merge(original: Mapping[str, Json], patch: Mapping[str, Json], type: str) -> dict[str, Json]:
    """`original` with `patch` laid over it, both of `type` (see `manifest.fields`).

    >>> strategic_merge({"containers": [{"name": "main", "image": "a"}]},
    ...                 {"containers": [{"name": "main", "tty": True}]}, "v1.PodSpec")
    {'containers': [{'name': 'main', 'image': 'a', 'tty': True}]}
    """
    return _merge_maps(original, patch, type)


def _merge_maps(original: Mapping[str, Json], patch: Mapping[str, Json], type: str) -> dict[str, Json]:
    if _DIRECTIVE in patch:
        return _directed(patch)
    merged = _retained(dict(original), patch)
    fields = fields_of(type)
    for name, value in patch.items():
        if name == _RETAIN_KEYS:
            continue
        if name.startswith(_DELETE_PRIMITIVES):
            _delete_primitives(merged, name.removeprefix(_DELETE_PRIMITIVES), value)
        elif name.startswith(_ELEMENT_ORDER):
            raise ManifestError(f"strategic merge patch: {name} is not supported")
        elif value is None:
            merged.pop(name, None)
        else:
            _merge_field(merged, name, value, fields.get(name, _UNKNOWN))
    return merged


def _merge_field(merged: dict[str, Json], name: str, value: Json, field: Field) -> None:
    old = merged.get(name)
    if isinstance(old, dict) and isinstance(value, dict):
        merged[name] = _merge_maps(old, value, field.element)
    elif isinstance(old, list) and isinstance(value, list):
        merged[name] = _merge_lists(old, value, field) if field.merge_key else value
    elif isinstance(value, dict) and _DIRECTIVE in value:
        merged.pop(name, None)
    else:
        merged[name] = _without_directives(value)


def _directed(patch: Mapping[str, Json]) -> dict[str, Json]:
    match patch[_DIRECTIVE]:
        case "replace":
            return {name: value for name, value in patch.items() if name != _DIRECTIVE}
        case "delete":
            return {}
        case other:
            raise ManifestError(f"unknown patch type: {other} in {dict(patch)}")


def _retained(merged: dict[str, Json], patch: Mapping[str, Json]) -> dict[str, Json]:
    names = patch.get(_RETAIN_KEYS)
    if names is None:
        return merged
    surplus = [
        name for name, value in patch.items() if value is not None and name[:1] != "$" and name not in names
    ]
    if not isinstance(names, list) or surplus:
        raise ManifestError("invalid patch format of retainKeys")
    return {name: value for name, value in merged.items() if name in names}


def _delete_primitives(merged: dict[str, Json], name: str, values: Json) -> None:
    if isinstance(merged.get(name), list) and isinstance(values, list):
        merged[name] = [each for each in merged[name] if each not in values]


def _merge_lists(original: list[Json], patch: list[Json], field: Field) -> list[Json]:
    if not original and not patch:
        return original
    key = field.merge_key
    if not all(isinstance(item, dict) for item in (*original, *patch)):
        raise ManifestError("list element types are not identical")
    if any(item.get(_DIRECTIVE) == "replace" for item in patch):
        return [item for item in patch if _DIRECTIVE not in item]
    deleted = [_key(item, key) for item in patch if _DIRECTIVE in item]
    original = [item for item in original if item.get(key) not in deleted]
    patch = [item for item in patch if _DIRECTIVE not in item]
    merged: dict[Json, dict[str, Json]] = {}
    places = {_key(item, key): index for index, item in reversed(list(enumerate(original)))}
    for item in patch:
        value = _key(item, key)
        if value in merged:
            merged[value] = _merge_maps(merged[value], item, field.element)
        elif value in places:
            merged[value] = _merge_maps(original[places[value]], item, field.element)
        else:
            merged[value] = item
    untouched = [item for item in original if item[key] not in merged]
    return _interleave(untouched, list(merged.values()), places, key)


def _interleave(
    untouched: list[Json], patched: list[Json], places: Mapping[Json, int], key: str
) -> list[Json]:
    # https://github.com/kubernetes/apimachinery/blob/v0.35.4/pkg/util/strategicpatch/patch.go#L427
    ordered: list[Json] = []
    left, right = list(reversed(untouched)), list(reversed(patched))
    while left and right:
        here, there = places[left[-1][key]], places.get(right[-1][key])
        ordered.append(left.pop() if there is not None and here < there else right.pop())
    return ordered + right[::-1] + left[::-1]


def _key(item: Mapping[str, Json], key: str) -> Json:
    if key not in item:
        raise ManifestError(f"map: {dict(item)} does not contain declared merge key: {key}")
    return item[key]


def _without_directives(value: Json) -> Json:
    if isinstance(value, dict):
        return {
            name: _without_directives(each)
            for name, each in value.items()
            if each is not None and not (isinstance(each, dict) and _DIRECTIVE in each)
        }
    if isinstance(value, list):
        return [
            _without_directives(each) for each in value if not (isinstance(each, dict) and _DIRECTIVE in each)
        ]
    return value
