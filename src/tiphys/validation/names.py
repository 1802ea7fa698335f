"""Names of templates, steps, tasks, parameters and artifacts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from tiphys.validation.invalid import Invalid
from tiphys.validation.placeholders import PLACEHOLDER

_FIELD_NAME: Final = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*\Z")
_VALUE_NAME: Final = re.compile(r"[-a-zA-Z0-9_]+\Z")
_LONGEST: Final = 128
_PARAMETER: Final = re.compile(r"\{\{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*\}\}")

_FIELD_NAME_RULE: Final = (
    "name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric character "
    "(e.g. My-name1-2, 123-NAME)"
)
_VALUE_NAME_RULE: Final = (
    "Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' e.g. my_param_1, MY-PARAM-1"
)


def is_parameter(text: str) -> bool:
    """True if a simple tag stands somewhere in the text."""
    return _PARAMETER.search(text) is not None


def field_name_problem(name: str) -> str:
    """What is wrong with the name of a template, step or task; "" if nothing is."""
    problems = []
    if len(name.encode()) > _LONGEST:
        problems.append(f"must be no more than {_LONGEST} characters")
    if not _FIELD_NAME.match(name):
        problems.append(_FIELD_NAME_RULE)
    return ";".join(problems)


def step_name_problem(name: str) -> str:
    """As `field_name_problem`, for a name in which values may still be missing."""
    return field_name_problem(PLACEHOLDER.sub("x", name))


def value_name_problem(name: str) -> str:
    """What is wrong with the name of a parameter or artifact; "" if nothing is."""
    return "" if _VALUE_NAME.match(name) else _VALUE_NAME_RULE


def check_field_names(names: Iterable[str]) -> None:
    """Refuse names of templates, tasks or containers that are missing, badly formed or repeated."""
    _check(names, field_name_problem)


def check_value_names(names: Iterable[str]) -> None:
    """Refuse names of parameters or artifacts that are missing, badly formed or repeated."""
    _check(names, value_name_problem)


def _check(names: Iterable[str], problem_of: Callable[[str], str]) -> None:
    known: set[str] = set()
    for index, name in enumerate(names):
        if not name:
            raise Invalid(f"[{index}].name is required")
        if problem := problem_of(name):
            raise Invalid(f"[{index}].name: '{name}' is invalid: {problem}")
        if name in known:
            raise Invalid(f"[{index}].name '{name}' is not unique")
        known.add(name)
