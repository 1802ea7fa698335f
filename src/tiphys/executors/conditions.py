"""Success and failure conditions of resource templates: label selectors over fields of an object.

`status.phase == Bound, status.failed > 3`: each requirement is on a path (gjson's simple ones: names and
indices), as Kubernetes parses selectors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tiphys.errors import ExecutorError

Json = Any

_PLACE: Final = r"[^\s=!<>,()]+"
_REQUIREMENT: Final = re.compile(
    rf"\s*(?:(?P<not>!)\s*(?P<absent>{_PLACE})"
    rf"|(?P<path>{_PLACE})\s*(?:(?P<sign>==|=|!=|>|<)\s*(?P<value>{_PLACE})?"
    rf"|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?)\s*(?:,|$)"
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement: a path, a sign (`in`, `notin`, `exists`, `absent`, `>`, `<`) and values."""

    path: str
    sign: str
    values: tuple[str, ...] = ()

    def matches(self, data: Json) -> bool:
        """Whether the object is as required."""
        text = text_at(data, self.path)
        match self.sign:
            case "exists":
                return text is not None
            case "absent":
                return text is None
            case "in":
                return text is not None and text in self.values
            case "notin":
                return text is None or text not in self.values
        try:
            number, limit = int(text or ""), int(self.values[0])
        except ValueError:
            return False
        return number > limit if self.sign == ">" else number < limit

    def __str__(self) -> str:
        match self.sign:
            case "exists":
                return self.path
            case "absent":
                return f"!{self.path}"
            case "in" | "notin" if len(self.values) > 1:
                return f"{self.path} {self.sign} ({','.join(self.values)})"
        signs = {"in": "=", "notin": "!="}
        return f"{self.path}{signs.get(self.sign, self.sign)}{''.join(self.values)}"


def parse(text: str) -> list[Requirement]:
    """The requirements of a condition.

    >>> [str(each) for each in parse("status.phase == Bound, !x, y in (b, a)")]
    ['status.phase=Bound', '!x', 'y in (a,b)']
    """
    found, at = [], 0
    while at < len(text):
        match = _REQUIREMENT.match(text, at)
        if match is None or match.end() == at:
            raise ExecutorError(f"condition '{text}' failed to parse: unable to parse requirement at {text[at:]!r}")
        found.append(_requirement(match))
        at = match.end()
    return found


def unmet(requirements: Sequence[Requirement], data: Json) -> list[Requirement]:
    """Those that do not hold."""
    return [each for each in requirements if not each.matches(data)]


def text_at(data: Json, path: str) -> str | None:
    """The text of a field, or None if there is none."""
    value = data
    for name in re.split(r"(?<!\\)\.", path):
        key = name.replace("\\.", ".")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key == "#":
            value = len(value)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, separators=(",", ":"))


def _requirement(match: re.Match[str]) -> Requirement:
    if match["not"]:
        return Requirement(match["absent"], "absent")
    if match["set"]:
        values = sorted(value.strip() for value in match["values"].split(","))
        return Requirement(match["path"], match["set"], tuple(values))
    if match["sign"] is None:
        return Requirement(match["path"], "exists")
    sign = {"==": "in", "=": "in", "!=": "notin"}.get(match["sign"], match["sign"])
    return Requirement(match["path"], sign, (match["value"] or "",))
