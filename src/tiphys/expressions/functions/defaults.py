"""Defaults and choices, JSON, and what a value is."""

from __future__ import annotations

from typing import Any

from tiphys.expressions.functions.casts import is_empty
from tiphys.expressions.functions.signature import A, B, S, Table, function
from tiphys.expressions.go_format import indent_json, json_unescaped, to_json
from tiphys.expressions.go_json import loads
from tiphys.expressions.go_numbers import deep_equal
from tiphys.expressions.go_values import GoPanic, kind_of, type_of


def _default(default: Any, *given: Any) -> Any:
    return default if not given or is_empty(given[0]) else given[0]


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if not is_empty(value)), None)


def _from_json(text: str) -> Any:
    try:
        return loads(text)
    except GoPanic:
        return None


def _to_json(value: Any) -> str:
    try:
        return to_json(value)
    except GoPanic:
        return ""


def _to_pretty_json(value: Any) -> str:
    text = _to_json(value)
    return indent_json(text) if text else ""


def _fail(message: str) -> str:
    raise GoPanic(message)


FUNCTIONS: Table = {
    "default": function(_default, A, A, variadic=True),
    "empty": function(is_empty, A, output=B),
    "coalesce": function(_coalesce, A, variadic=True),
    "all": function(lambda *values: not any(map(is_empty, values)), A, output=B, variadic=True),
    "any": function(lambda *values: not all(map(is_empty, values)), A, output=B, variadic=True),
    "ternary": function(lambda yes, no, test: yes if test else no, A, A, B),
    "fail": function(_fail, S, output=S, fails=True),
    "fromJson": function(_from_json, S),
    "mustFromJson": function(loads, S, fails=True),
    "toJson": function(_to_json, A, output=S),
    "mustToJson": function(to_json, A, output=S, fails=True),
    "toPrettyJson": function(_to_pretty_json, A, output=S),
    "mustToPrettyJson": function(lambda value: indent_json(to_json(value)), A, output=S, fails=True),
    "toRawJson": function(json_unescaped, A, output=S),
    "mustToRawJson": function(json_unescaped, A, output=S, fails=True),
    "typeOf": function(lambda value: type_of(value).name, A, output=S),
    "typeIs": function(lambda name, value: name == type_of(value).name, S, A, output=B),
    "typeIsLike": function(lambda name, value: type_of(value).name in (name, f"*{name}"), S, A, output=B),
    "kindOf": function(kind_of, A, output=S),
    "kindIs": function(lambda kind, value: kind == kind_of(value), S, A, output=B),
    "deepEqual": function(deep_equal, A, A, output=B),
}
