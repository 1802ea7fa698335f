"""Loop items: what `withItems`, `withParam` and `withSequence` put into `{{item}}` and into node names.

An item is raw JSON text in Argo, so `1.0` stays `1.0`; here it is kept with the text that Go would print.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from tiphys.errors import ExpressionError
from tiphys.expressions import go_strings
from tiphys.expressions.go_format import to_json
from tiphys.expressions.go_json import loads, mistake
from tiphys.expressions.go_values import GoPanic, to_bytes

NUMBER: Final = "Number"
STRING: Final = "String"
BOOL: Final = "Bool"
MAP: Final = "Map"
LIST: Final = "List"
MAX_ITEMS: Final = 100_000


_HUGE = re.compile(r"[eE]\+?[0-9]{3}|[0-9]{300}")


def _is_readable(raw: str) -> bool:
    """Whether Go can read the JSON: numbers beyond float64 are errors there."""
    try:
        loads(raw)
    except GoPanic:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Item:
    """An item's JSON text, without blanks around its tokens."""

    raw: str

    @property
    def kind(self) -> str:
        raw = self.raw
        if go_strings.atoi(raw) is not None or go_strings.parse_float(raw) is not None:
            return NUMBER
        if raw in ("true", "false"):
            return BOOL
        if raw[0] not in "[{n" or (_HUGE.search(raw) and not _is_readable(raw)):
            return STRING
        return MAP if raw[0] == "{" else LIST

    def __str__(self) -> str:
        """Item.String: the text without its quotes, escapes kept."""
        shown = self.raw[1:-1] if self.raw[0] == '"' else self.raw
        return shown.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")


def parse(text: str) -> Item:
    """wfv1.ParseItem; raises `ExpressionError` with Go's words for bad JSON."""
    problem = mistake(text)
    if problem is not None:
        raise ExpressionError(problem)
    return Item(compact(text))


def of_value(value: Any) -> Item:
    """The item of a value of a manifest."""
    return Item(to_json(value)) if isinstance(value, str) else Item(_manifest_json(value))


def _manifest_json(value: Any) -> str:
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: to_bytes(str(pair[0])))
        return "{" + ",".join(f"{to_json(str(key))}:{_manifest_json(item)}" for key, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_manifest_json, value)) + "]"
    return to_json(value)


def list_of(text: str) -> list[Item]:
    """The items of a JSON list (`withParam`), each with its own text; raises `ExpressionError`."""
    problem = mistake(text)
    if problem is not None:
        raise ExpressionError(problem)
    stripped = text.strip(" \t\r\n")
    if stripped == "null":
        return []
    if stripped[0] != "[":
        raise ExpressionError(f"json: cannot unmarshal {_json_kind(stripped)} into Go value of type []v1alpha1.Item")
    return [Item(part) for part in _parts(compact(stripped))]


def _json_kind(text: str) -> str:
    return {"{": "object", '"': "string", "t": "bool", "f": "bool"}.get(text[0], "number")


_UNCOMPACT = re.compile("[ \t\r\n<>&\u2028\u2029]")
_BLANKS = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\r\n]+')
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def compact(text: str) -> str:
    """A valid JSON text as json.Marshal of a RawMessage writes it: no blanks; `<>&` and U+2028/9 escaped."""
    if _UNCOMPACT.search(text) is None:
        return text
    return _BLANKS.sub(lambda match: match[1] or "", text).translate(_ESCAPES)


_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)


def _parts(text: str) -> list[str]:
    """The elements of a compact JSON list, as written."""
    parts: list[str] = []
    at = 1
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        parts.append(text[at:end])
        if len(parts) > MAX_ITEMS:
            raise ExpressionError(f"a list has more than {MAX_ITEMS} items")
        at = end + (text[end] == ",")
    return parts


def text(item: Item) -> str:
    """The string of a string item; what Go cannot read as one is empty."""
    return loads(item.raw) if item.raw[0] == '"' else ""


def _entries(item: Item) -> dict[str, Item]:
    """The entries of a map item, each with its own text; a later key wins."""
    raw, at = item.raw, 1
    entries: dict[str, Item] = {}
    while raw[at] != "}":
        at += raw[at] == ","
        key, at = _DECODER.raw_decode(raw, at)
        _, end = _DECODER.raw_decode(raw, at + 1)
        entries[str(loads(json.dumps(key)))] = Item(raw[at + 1 : end])
        at = end
    return entries


def values(item: Item) -> dict[str, str]:
    """What an item puts into the scope: `item`, and `item.<key>` for each key of a map.

    >>> values(parse('{"b": 1.0, "a": "x"}'))
    {'item.b': '1.0', 'item.a': 'x', 'item': '{"a":"x","b":1.0}'}
    """
    kind = item.kind
    if kind in (NUMBER, BOOL):
        return {"item": str(item)}
    if kind == STRING:
        return {"item": text(item)}
    if kind == LIST:
        return {"item": item.raw}
    entries = _entries(item)
    scope = {f"item.{key}": str(entry) for key, entry in entries.items()}
    ordered = sorted(entries.items(), key=lambda pair: to_bytes(pair[0]))
    scope["item"] = "{" + ",".join(f"{to_json(key)}:{entry.raw}" for key, entry in ordered) + "}"
    return scope


def node_name(name: str, index: int, item: Item) -> str:
    """The name of an item's node.

    >>> node_name("train", 0, parse('{"lr": 0.1, "kind": "(a)"}'))
    'train(0:kind:a,lr:0.1)'
    """
    kind = item.kind
    if kind == MAP:
        described = ",".join(sorted((f"{key}:{entry}" for key, entry in _entries(item).items()), key=to_bytes))
    elif kind == LIST:
        described = "[" + " ".join(str(Item(part)) for part in _parts(item.raw)) + "]" if item.raw != "null" else "[]"
    else:
        described = str(item)
    return f"{name}({index}:{described.replace('(', '').replace(')', '')})"
