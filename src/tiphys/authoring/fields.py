"""Settings checked against Argo's own types while the author's line is still known.

A name that Argo does not have is refused with the nearest that it has. Python's spelling of a field
(`toleration_seconds`, as `to_dict()` of the `kubernetes` models writes it) becomes Argo's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.kubernetes_objects import (
    Binder,
    no_channels,
    plain,
    plain_object,
    plain_objects,
    yaml_text,
)
from tiphys.authoring.settings import check_choice
from tiphys.manifest.fields import element_type, fields_of, is_struct

DAG_TASK = "v1alpha1.DAGTask"

_DIRECTIVE = "$"
"""Strategic merge patches have directives beside fields: `$patch`, `$retainKeys`."""


def named_fields(given: Mapping[str, Any], type: str, bind: Binder = no_channels) -> dict[str, Any]:
    """Keyword arguments as fields of one of Argo's types; objects and lists may be YAML text."""
    known = fields_of(type)
    found = {}
    for name, value in given.items():
        field = known[check_choice(spelling(name, known), known, "field")]
        if isinstance(value, str) and _is_composite(field.type):
            value = yaml_text(value, f"`{field.name}`")
        found[field.name] = conform(plain(value, bind), field.type, field.name)
    return found


def typed_object(value: Any, type: str, what: str, bind: Binder = no_channels) -> dict[str, Any]:
    """One object of one of Argo's types, given as a model, a dict or YAML text."""
    checked: dict[str, Any] = conform(plain_object(value, what, bind), type, "")
    return checked


def typed_objects(values: Iterable[Any], type: str, what: str, bind: Binder = no_channels) -> list[dict[str, Any]]:
    """Several objects of one of Argo's types, each by itself, as a list, or as YAML text of a list."""
    found = plain_objects(values, what, bind)
    return [conform(item, type, what) for item in found]


def conform(data: Any, type: str, path: str) -> Any:
    """`data` with every field spelt as Argo spells it; an error for a field that Argo does not have."""
    if data is None or (isinstance(data, str) and not _is_composite(type)):
        return data
    bare = type.lstrip("*")
    element = element_type(type)
    if bare.startswith("[]"):
        if not isinstance(data, list):
            raise refuse(f"`{path}` is a list in Argo, not {_form(data)}")
        return [conform(item, element, f"{path}[{index}]") for index, item in enumerate(data)]
    if bare.startswith("{}"):
        if not isinstance(data, dict):
            raise refuse(f"`{path}` is a map in Argo, not {_form(data)}")
        return {key: conform(item, element, f"{path}.{key}") for key, item in data.items()}
    if not is_struct(element):
        return _as_text(data, field=path) if _is_text(bare) else data
    if not isinstance(data, dict):
        raise refuse(f"`{path}` is an object of fields in Argo, not {_form(data)}")
    return _conform_struct(data, element, path)


def _conform_struct(data: dict[str, Any], type: str, path: str) -> dict[str, Any]:
    known = fields_of(type)
    spelt = {name: spelling(name, known) for name in data}
    is_dumped_model = any(name != spelt[name] for name in data)
    found: dict[str, Any] = {}
    for name, value in data.items():
        if name.startswith(_DIRECTIVE):
            found[name] = value
        elif not (is_dumped_model and value is None):
            field = known[check_choice(spelt[name], known, f"field{f' of `{path}`' if path else ''}")]
            found[field.name] = conform(value, field.type, f"{path}.{name}".lstrip("."))
    return found


def spelling(name: str, known: Mapping[str, Any]) -> str:
    """Argo's spelling of a field that is written as in Python.

    >>> spelling("active_deadline_seconds", {"activeDeadlineSeconds": 1}), spelling("pod_gc", {"podGC": 1})
    ('activeDeadlineSeconds', 'podGC')
    """
    if name in known or name.startswith(_DIRECTIVE):
        return name
    camel = re.sub(r"_+([a-zA-Z0-9])", lambda match: match[1].upper(), name.strip("_"))
    return next((field for field in known if field.lower() == camel.lower() and "_" in name), name)


def _is_text(type: str) -> bool:
    return type.partition("=")[0] in ("string", "v1alpha1.AnyString")


def _as_text(data: Any, field: str) -> str:
    """A value where Kubernetes takes nothing but text: `8080` is `"8080"`, an object its JSON.

    >>> _as_text(True, "value"), _as_text(0.5, "value"), _as_text({"a": 1}, "podSpecPatch")
    ('true', '0.5', '{"a":1}')
    """
    if isinstance(data, (dict, list)) and field.rpartition(".")[2] not in ("podSpecPatch", "manifest"):
        raise refuse(f"`{field}` is text in Argo, not {_form(data)}")
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _is_composite(type: str) -> bool:
    bare = type.lstrip("*")
    return bare.startswith(("[]", "{}")) or is_struct(element_type(type))


def _form(data: Any) -> str:
    match data:
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return f"`{data}`"
