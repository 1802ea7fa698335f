"""The logic of `depends` where it is nothing but results, `&&`, `||`, `!` and parentheses.

That is nearly always so, and a workflow has many: these need no expression language. Whatever is not
of this form, or might mean something else there, is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<operand>[a-zA-Z][-\w]*\.[A-Z][a-zA-Z]+)(?![-\w.(\[?])|(?P<sign>&&|\|\||[!()]))"
)
_FIELDS: Final = {
    "Succeeded": "succeeded",
    "Failed": "failed",
    "Errored": "errored",
    "Skipped": "skipped",
    "Omitted": "omitted",
    "Daemoned": "daemoned",
    "AnySucceeded": "any_succeeded",
    "AllFailed": "all_failed",
}
_WORDS: Final = {
    *("and", "contains", "else", "endsWith", "false", "if", "in", "let", "matches"),
    *("nil", "not", "or", "startsWith", "true"),
}
_DEEPEST: Final = 100
_MOST_TOKENS: Final = 4_000
"""Argo refuses expressions of more than 10,000 nodes; near there the real parser counts them."""

Holds = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class PlainLogic:
    """A parsed logic: the tasks it names, and whether it holds for their results."""

    names: frozenset[str]
    holds: Holds


@lru_cache(maxsize=4096)
def plain_logic(text: str) -> PlainLogic | None:
    """The logic that `text` spells, or None if it is not of the plain form.

    >>> logic = plain_logic("(a.Succeeded || a.Skipped) && !b-c.Failed")
    >>> sorted(logic.names)
    ['a', 'b-c']
    """
    tokens = _tokens(text)
    if tokens is None or len(tokens) > _MOST_TOKENS:
        return None
    parser = _Parser(tokens)
    holds = parser.either(0)
    if holds is None or parser.rest:
        return None
    # The expression language sees `-` as `_`; two names that then are one are left to it.
    if len({name.replace("-", "_") for name in parser.names}) < len(parser.names):
        return None
    return PlainLogic(frozenset(parser.names), holds)


def _tokens(text: str) -> list[str] | None:
    tokens = []
    text = text.strip()
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            return None
        tokens.append(found["operand"] or found["sign"])
        position = found.end()
    tokens.reverse()
    return tokens


class _Parser:
    """Reads tokens (the next one last) by the precedence of Go: `!` before `&&` before `||`."""

    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens
        self.names: set[str] = set()

    def either(self, depth: int) -> Holds | None:
        return self._chain("||", self._both, any, depth)

    def _both(self, depth: int) -> Holds | None:
        return self._chain("&&", self._not, all, depth)

    def _chain(
        self,
        sign: str,
        part: Callable[[int], Holds | None],
        judge: Callable[[Any], bool],
        depth: int,
    ) -> Holds | None:
        parts = []
        while True:
            found = part(depth)
            if found is None:
                return None
            parts.append(found)
            if not self.rest or self.rest[-1] != sign:
                break
            self.rest.pop()
        if len(parts) == 1:
            return parts[0]
        return lambda results: judge(each(results) for each in parts)

    def _not(self, depth: int) -> Holds | None:
        if not self.rest or depth > _DEEPEST:
            return None
        head = self.rest.pop()
        if head == "!":
            inner = self._not(depth + 1)
            return None if inner is None else _negated(inner)
        if head == "(":
            inner = self.either(depth + 1)
            return inner if inner is not None and self.rest and self.rest.pop() == ")" else None
        return self._operand(head)

    def _operand(self, token: str) -> Holds | None:
        name, dot, result = token.partition(".")
        field = _FIELDS.get(result)
        if not dot or field is None or name in _WORDS:
            return None
        self.names.add(name)
        return lambda results: bool(getattr(results[name], field))


def _negated(inner: Holds) -> Holds:
    return lambda results: not inner(results)
