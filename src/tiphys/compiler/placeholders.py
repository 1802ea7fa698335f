"""KFP's placeholders: `{{$.inputs.parameters['x']}}` and the like, found in texts of the IR.

`parts` takes a text apart; what a placeholder means is for those who ask: in the arguments of a task
it is a value of the DAG, in a container's command one of the pod.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

_PLACEHOLDER: Final = re.compile(r"\{\{\$((?:\.|\[)?[^{}]*?)\}\}")
_STEP: Final = re.compile(r"""\.?([A-Za-z_][\w]*)|\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\d+))\s*\]""")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One placeholder: the steps of its path, and its text for messages.

    >>> [part.steps for part in parts("{{$.inputs.artifacts['a'].uri}}")]
    [('inputs', 'artifacts', 'a', 'uri')]
    """

    steps: tuple[str, ...]
    text: str

    @property
    def parameter(self) -> str:
        """The input parameter that it stands for, or nothing."""
        return self.steps[2] if len(self.steps) == 3 and self.steps[:2] == ("inputs", "parameters") else ""


@dataclass(frozen=True, slots=True)
class Concat:
    """Texts that become one argument."""

    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class IfPresent:
    """Arguments that depend on whether an input was given."""

    name: str
    then: tuple[Any, ...]
    otherwise: tuple[Any, ...]


def parts(text: str) -> list[str | Placeholder]:
    """The constant texts and placeholders of a text, in order."""
    found: list[str | Placeholder] = []
    end = 0
    for match in _PLACEHOLDER.finditer(text):
        steps = _steps(match[1])
        if steps is None:
            continue
        if match.start() > end:
            found.append(text[end : match.start()])
        found.append(Placeholder(steps, match[0]))
        end = match.end()
    if end < len(text):
        found.append(text[end:])
    return found


def has_placeholders(value: Any) -> bool:
    """True if a placeholder stands anywhere in a value of the IR."""
    if isinstance(value, str):
        return "{{$" in value and any(isinstance(part, Placeholder) for part in parts(value))
    if isinstance(value, list):
        return any(has_placeholders(item) for item in value)
    if isinstance(value, dict):
        return any(has_placeholders(item) for pair in value.items() for item in pair)
    return False


def parameters_in(value: Any) -> set[str]:
    """The input parameters that placeholders in a value of the IR stand for."""
    if isinstance(value, str):
        if "{{$" not in value:
            return set()
        return {part.parameter for part in parts(value) if isinstance(part, Placeholder) and part.parameter}
    if isinstance(value, list):
        return set().union(*(parameters_in(item) for item in value)) if value else set()
    if isinstance(value, dict):
        return set().union(*(parameters_in(item) for pair in value.items() for item in pair), set())
    return set()


def argument(text: str) -> str | Concat | IfPresent:
    """One element of a container's command: text, or what the SDK wrote as JSON for it."""
    if text.startswith(('{"Concat":', '{"IfPresent":')):
        try:
            return _structure(json.loads(text))
        except ValueError:
            return text
    return text


def _structure(data: Any) -> str | Concat | IfPresent:
    if isinstance(data, str):
        return data
    if isinstance(data, dict) and set(data) == {"Concat"}:
        return Concat(tuple(_structure(item) for item in data["Concat"]))
    if isinstance(data, dict) and set(data) == {"IfPresent"}:
        inner = data["IfPresent"]
        return IfPresent(inner["InputName"], _branch(inner.get("Then")), _branch(inner.get("Else")))
    raise ValueError("neither text, Concat nor IfPresent")


def _branch(data: Any) -> tuple[Any, ...]:
    if data is None:
        return ()
    return tuple(_structure(item) for item in (data if isinstance(data, list) else [data]))


def _steps(path: str) -> tuple[str, ...] | None:
    steps: list[str] = []
    end = 0
    for match in _STEP.finditer(path):
        if match.start() != end:
            return None
        end = match.end()
        steps.append(next(group for group in match.groups() if group is not None))
    return tuple(steps) if end == len(path) else None
