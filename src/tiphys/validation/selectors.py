"""Label selectors, in Kubernetes' words.

https://github.com/kubernetes/apimachinery/blob/v0.35.4/pkg/labels/selector.go (`NewRequirement`)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tiphys.expressions.go_quote import quote
from tiphys.validation.invalid import Invalid

Json = Any

_WORD: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE: Final = f"({_WORD})?"
_SUBDOMAIN: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_WORD_RULE: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character"
)
_SUBDOMAIN_RULE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    f"'{_SUBDOMAIN}')"
)
_NAME_RULE: Final = (
    f"{_WORD_RULE} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_WORD}')"
)
_KEY_RULE: Final = (
    f"a valid label key {_WORD_RULE} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation "
    f"is '{_WORD}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
)
_VALUE_RULE: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    f"for validation is '{_VALUE}')"
)
_LONGEST: Final = 63
_LONGEST_PREFIX: Final = 253


def check_label_selector(selector: Mapping[str, Json]) -> None:
    """Refuse a label selector that Kubernetes would not understand."""
    for key, value in (selector.get("matchLabels") or {}).items():
        _refuse(_requirement_problems(key, "Equals", [value or ""]))
    for expression in selector.get("matchExpressions") or []:
        operator = expression.get("operator") or ""
        if operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            raise Invalid(f"{quote(operator)} is not a valid label selector operator")
        values = [value or "" for value in expression.get("values") or []]
        _refuse(_requirement_problems(expression.get("key") or "", operator, values))


def _refuse(problems: list[str]) -> None:
    distinct = list(dict.fromkeys(problems))
    if distinct:
        raise Invalid(distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]")


def _requirement_problems(key: str, operator: str, values: Sequence[str]) -> list[str]:
    problems = []
    if rules := "; ".join(_key_problems(key)):
        problems.append(f"key: Invalid value: {quote(key)}: {rules}")
    shown = json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else "null"
    if operator in ("In", "NotIn") and not values:
        rule = "for 'in', 'notin' operators, values set can't be empty"
        problems.append(f"values: Invalid value: {shown}: {rule}")
    if operator in ("Exists", "DoesNotExist") and values:
        rule = "values set must be empty for exists and does not exist"
        problems.append(f"values: Invalid value: {shown}: {rule}")
    for index, value in enumerate(values):
        if rules := "; ".join(_value_problems(value)):
            problems.append(f"values[{index}][{key}]: Invalid value: {quote(value)}: {rules}")
    return problems


def _key_problems(key: str) -> list[str]:
    prefix, slash, name = key.rpartition("/")
    if key.count("/") > 1:
        return [_KEY_RULE]
    problems = []
    if slash:
        problems += [f"prefix part {problem}" for problem in _prefix_problems(prefix)]
    if not name:
        problems.append("name part must be non-empty")
    elif len(name.encode()) > _LONGEST:
        problems.append(f"name part must be no more than {_LONGEST} bytes")
    if not re.fullmatch(_WORD, name):
        problems.append(f"name part {_NAME_RULE}")
    return problems


def _prefix_problems(prefix: str) -> list[str]:
    if not prefix:
        return ["must be non-empty"]
    problems = []
    if len(prefix.encode()) > _LONGEST_PREFIX:
        problems.append(f"must be no more than {_LONGEST_PREFIX} bytes")
    if not re.fullmatch(_SUBDOMAIN, prefix):
        problems.append(_SUBDOMAIN_RULE)
    return problems


def _value_problems(value: str) -> list[str]:
    problems = []
    if len(value.encode()) > _LONGEST:
        problems.append(f"must be no more than {_LONGEST} bytes")
    if not re.fullmatch(_VALUE, value):
        problems.append(_VALUE_RULE)
    return problems
