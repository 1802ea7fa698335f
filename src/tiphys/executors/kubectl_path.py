"""kubectl's JSON path templates: `{.metadata.name}`, `{range .items[*]}{.name}{"\\n"}{end}`.

https://kubernetes.io/docs/reference/kubectl/jsonpath/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tiphys.errors import ExecutorError

Json = Any

_STEP: Final = re.compile(
    r"""\.\.(?P<deep>[\w-]+|\*)|\.(?P<name>(?:\\.|[\w*-])+)|\['(?P<quoted>(?:\\'|[^'])*)'\]"""
    r"""|\[(?P<index>-?\d+|\*|-?\d*:-?\d*(?::\d+)?)\]|\[\?\((?P<filter>[^\[\]]*(?:\[[^\]]*\][^\[\]]*)*)\)\]"""
)
_FILTER: Final = re.compile(r"@(?P<path>[^=!<>]*?)\s*(?:(?P<sign>==|!=|<=|>=|<|>)\s*(?P<value>.+))?$")
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": lambda left, right: bool(left == right),
    "!=": lambda left, right: bool(left != right),
    "<": lambda left, right: bool(left < right),
    ">": lambda left, right: bool(left > right),
    "<=": lambda left, right: bool(left <= right),
    ">=": lambda left, right: bool(left >= right),
}


@dataclass(slots=True)
class _Range:
    """`{range PATH}…{end}`."""

    path: str
    body: list[str | _Range] = field(default_factory=list)


def render(template: str, data: Json) -> str:
    """The text that `kubectl get -o jsonpath=TEMPLATE` writes; missing fields are empty.

    >>> render('{.a.b[0]} {.c}', {"a": {"b": ["x"]}, "c": {"d": 1}})
    'x {"d":1}'
    """
    return "".join(_rendered(_parse(template), data, data))


def _parse(template: str) -> list[str | _Range]:
    root: list[str | _Range] = []
    stack = [root]
    for piece in _pieces(template):
        if piece.startswith("{range "):
            opened = _Range(piece[7:-1].strip())
            stack[-1].append(opened)
            stack.append(opened.body)
        elif piece == "{end}":
            if len(stack) == 1:
                raise ExecutorError("not in range, nothing to end")
            stack.pop()
        else:
            stack[-1].append(piece)
    if len(stack) > 1:
        raise ExecutorError("unclosed range")
    return root


def _pieces(template: str) -> Iterator[str]:
    at = 0
    while at < len(template):
        opened = template.find("{", at)
        if opened < 0:
            yield template[at:]
            return
        if opened > at:
            yield template[at:opened]
        end, quote = opened + 1, ""
        while end < len(template) and (quote or template[end] != "}"):
            if template[end] in "'\"" and quote in ("", template[end]):
                quote = "" if quote else template[end]
            end += 1
        if end == len(template):
            raise ExecutorError(f"unclosed action in {template[:200]!r}")
        yield "{" + template[opened + 1 : end].strip() + "}"
        at = end + 1


def _rendered(nodes: Sequence[str | _Range], data: Json, current: Json) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, _Range):
            for item in _values(node.path, data, current):
                yield from _rendered(node.body, data, item)
        elif not node.startswith("{"):
            yield node
        else:
            inner = node[1:-1]
            if inner[:1] in ("'", '"'):
                yield json.loads('"' + inner[1:-1].replace('"', '\\"') + '"')
            else:
                yield " ".join(_text(value) for value in _values(inner, data, current))


def _values(path: str, data: Json, current: Json) -> list[Json]:
    start = data if path.startswith("$") else current
    rest = path.removeprefix("$").removeprefix("@")
    if rest and rest[0] not in ".[":
        rest = f".{rest}"
    found, at = [start], 0
    while at < len(rest):
        if rest[at:] == ".":
            break
        match = _STEP.match(rest, at)
        if match is None:
            raise ExecutorError(f"cannot understand {rest[at:][:100]!r} in a JSON path")
        found = [after for value in found for after in _step(match, value)]
        at = match.end()
    return found


def _step(match: re.Match[str], value: Json) -> Iterator[Json]:
    name = match["name"].replace("\\", "") if match["name"] else match["quoted"]
    if match["deep"]:
        yield from _deep(match["deep"], value)
    elif name is not None:
        yield from _children(name.replace("\\'", "'"), value, wild=match["name"] == "*")
    elif match["filter"] is not None:
        items = value if isinstance(value, list) else []
        yield from (item for item in items if _passes(match["filter"], item))
    elif isinstance(value, list):
        yield from _indexed(match["index"], value)


def _children(name: str, value: Json, *, wild: bool) -> Iterator[Json]:
    if wild:
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif isinstance(value, dict) and name in value:
        yield value[name]


def _deep(name: str, value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        if name in value:
            yield value[name]
        inner: Sequence[Json] = list(value.values())
    else:
        inner = value if isinstance(value, list) else ()
    for each in inner:
        if name == "*":
            yield each
        yield from _deep(name, each)


def _indexed(index: str, value: list[Json]) -> Iterator[Json]:
    if index == "*":
        yield from value
    elif ":" in index:
        parts = [int(part) if part else None for part in index.split(":")]
        yield from value[slice(*parts)]
    elif -len(value) <= int(index) < len(value):
        yield value[int(index)]
    else:
        raise ExecutorError(f"array index out of bounds: index {index}, length {len(value)}")


def _passes(condition: str, item: Json) -> bool:
    match = _FILTER.match(condition.strip())
    if match is None:
        raise ExecutorError(f"cannot understand the filter {condition[:100]!r} in a JSON path")
    found = _values(match["path"].strip() or ".", item, item)
    if match["sign"] is None:
        return bool(found)
    if not found:
        return False
    text = match["value"].strip()
    wanted = text[1:-1] if text[:1] in ("'", '"') else json.loads(text)
    try:
        return _COMPARE[match["sign"]](found[0], wanted)
    except TypeError:
        return False


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list | bool):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return "" if value is None else str(value)
