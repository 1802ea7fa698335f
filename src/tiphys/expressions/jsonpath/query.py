"""Paths applied to data."""

from __future__ import annotations

from typing import Any, Final

from tiphys.expressions.go_json import loads
from tiphys.expressions.go_values import GoPanic
from tiphys.expressions.jsonpath.failure import Failure
from tiphys.expressions.jsonpath.parser import parse, tokenize
from tiphys.expressions.jsonpath.script import compile_script
from tiphys.expressions.jsonpath.tokens import Token, Walk
from tiphys.expressions.short_cache import short_cache

MAX_PATH: Final = 4096


def query_text(text: str, path: str) -> Any:
    """Argo's `jsonpath(text, path)`; raises `GoPanic`.

    >>> query_text('{"a": [{"b": 1}, {"b": 2}]}', "$.a[?(@.b > 1)].b")
    [2.0]
    """
    return query(path, loads(text))


def query(path: str, data: Any) -> Any:
    """What a path finds in data; raises `GoPanic`."""
    tokens = _tokens(path)
    if isinstance(tokens, str):
        raise GoPanic(tokens)
    try:
        return tokens[0].apply(Walk(data), data, tokens[1:])
    except Failure as failure:
        raise GoPanic(failure.text) from None


@short_cache(512)
def _tokens(path: str) -> tuple[Token, ...] | str:
    """The tokens of a path, or why it has none."""
    if len(path) > MAX_PATH:
        return f"invalid JSONPath selector: longer than {MAX_PATH} characters"
    try:
        return tuple(parse(token, compile_script) for token in tokenize(path))
    except Failure as failure:
        return f"invalid JSONPath selector '{path}' {failure.text}"
