"""JSON kept as text: loop items and results whose numbers and escapes must stay as they were written.

Go hands items on as `json.RawMessage`. Errors have the words of Go's encoding/json.
https://github.com/golang/go/blob/master/src/encoding/json/scanner.go
"""

from __future__ import annotations

import json
import re
from json.decoder import scanstring
from typing import Any, Final

from tiphys.errors import NodeError
from tiphys.expressions import go_json

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[ \t\n\r]+|[^" \t\n\r]+', re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_HTML: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_HTML_CHARS: Final = re.compile("[<>&\u2028\u2029]")
_FIXES: Final = (("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&"))


def _no_constant(text: str) -> Any:
    raise ValueError(text)


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant, strict=True)


def compact(text: str) -> str:
    r"""Valid JSON without blanks, as json.Marshal writes a RawMessage.

    >>> compact('{"a": [1.0, "<b>"]}')
    '{"a":[1.0,"\\u003cb\\u003e"]}'
    """
    if not any(char in text for char in " \t\n\r"):
        pieces = text
    else:
        pieces = "".join(piece for piece in _PIECE.findall(text) if not piece[0].isspace())
    return _HTML_CHARS.sub(lambda found: _HTML[found[0]], pieces)


def unescaped(text: str) -> str:
    """The text with `<`, `>` and `&` written plainly (jsonutil.Fix)."""
    for escaped, plain in _FIXES:
        text = text.replace(escaped, plain)
    return text


def decoded(text: str) -> Any:
    """The value of a JSON text; raises `NodeError` with Go's words."""
    try:
        value, end = _DECODER.raw_decode(text, _SPACE.match(text, 0).end())  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        raise NodeError(go_json.mistake(text) or "invalid JSON") from None
    if _SPACE.match(text, end).end() != len(text):  # type: ignore[union-attr]
        raise NodeError(go_json.mistake(text) or "invalid JSON")
    return value


def split_list(text: str, go_type: str = "[]v1alpha1.Item") -> list[str]:
    """The elements of a JSON list, each as it is written; null is an empty list.

    >>> split_list('[1.0, "a", {"b": 1e3}]')
    ['1.0', '"a"', '{"b": 1e3}']
    """
    value = decoded(text)
    if value is None:
        return []
    if not isinstance(value, list):
        raise NodeError(f"json: cannot unmarshal {_kind(value)} into Go value of type {go_type}")
    elements: list[str] = []
    position = _blanks(text, _blanks(text, 0) + 1)
    while text[position] != "]":
        end = _DECODER.raw_decode(text, position)[1]
        elements.append(text[position:end])
        position = _blanks(text, end)
        if text[position] == ",":
            position = _blanks(text, position + 1)
    return elements


def split_object(text: str) -> dict[str, str]:
    """The members of a JSON object, each value as it is written."""
    members: dict[str, str] = {}
    position = _blanks(text, _blanks(text, 0) + 1)
    while text[position] != "}":
        name, position = scanstring(text, position + 1, True)
        position = _blanks(text, _blanks(text, position) + 1)
        end = _DECODER.raw_decode(text, position)[1]
        members[name] = text[position:end]
        position = _blanks(text, end)
        if text[position] == ",":
            position = _blanks(text, position + 1)
    return members


def _blanks(text: str, position: int) -> int:
    return _SPACE.match(text, position).end()  # type: ignore[union-attr]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return {str: "string", dict: "object", list: "array"}[type(value)]
