"""The logic of `depends` where it is nothing but results, `&&`, `||`, `!` and parentheses.

That is nearly always so, and a workflow has many: these need no expression language. Whatever is not
of this form, or might mean something else there, is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

_TOKEN: Final = re.compile(r"\s+|([a-zA-Z][-\w]*)\.([A-Z][a-zA-Z]+)(?![-\w.(\[?])|(&&|\|\||[!()])|(.)", re.DOTALL)
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
_BINDS: Final = {"(": 0, "||": 1, "&&": 2, "!": 3}
_MOST_TOKENS: Final = 4_000
"""Argo refuses expressions of more than 10,000 nodes; near there the real parser counts them."""

Operand = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PlainLogic:
    """A parsed logic: the tasks it names, and what to do with their results, operators last."""

    names: frozenset[str]
    code: tuple[Operand | str, ...]

    def holds(self, results: Mapping[str, Any]) -> bool:
        """Whether it is true of these results; all named tasks must have one."""
        stack: list[bool] = []
        for step in self.code:
            match step:
                case (name, field):
                    stack.append(bool(getattr(results[name], field)))
                case "!":
                    stack[-1] = not stack[-1]
                case "&&":
                    right = stack.pop()
                    stack[-1] = stack[-1] and right
                case _:
                    right = stack.pop()
                    stack[-1] = stack[-1] or right
        return stack[0]


@lru_cache(maxsize=1024)
def plain_logic(text: str) -> PlainLogic | None:
    """The logic that `text` spells, or None if it is not of the plain form.

    >>> plain_logic("(a.Succeeded || a.Skipped) && !b-c.Failed").code
    (('a', 'succeeded'), ('a', 'skipped'), '||', ('b-c', 'failed'), '!', '&&')
    """
    tokens = [token for token in _TOKEN.findall(text) if any(token)]
    code = _ordered(tokens) if len(tokens) <= _MOST_TOKENS else None
    if code is None:
        return None
    names = frozenset(step[0] for step in code if isinstance(step, tuple))
    # The expression language sees `-` as `_`; two names that then are one are left to it.
    if len({name.replace("-", "_") for name in names}) < len(names):
        return None
    return PlainLogic(names, tuple(code))


def _ordered(tokens: list[tuple[str, str, str, str]]) -> list[Operand | str] | None:
    """Operands and operators in the order of evaluation (Dijkstra's shunting yard)."""
    code: list[Operand | str] = []
    waiting: list[str] = []
    operand_due = True
    for name, result, sign, odd in tokens:
        if odd or operand_due == (sign in {"&&", "||", ")"}):
            return None
        if name:
            field = _FIELDS.get(result)
            if field is None or name in _WORDS:
                return None
            code.append((name, field))
            operand_due = False
        elif sign in {"(", "!"}:
            waiting.append(sign)
        elif sign == ")":
            if not _close(waiting, code):
                return None
        else:
            while waiting and _BINDS[waiting[-1]] >= _BINDS[sign]:
                code.append(waiting.pop())
            waiting.append(sign)
            operand_due = True
    if operand_due or "(" in waiting:
        return None
    code.extend(reversed(waiting))
    return code


def _close(waiting: list[str], code: list[Operand | str]) -> bool:
    """Finish what stands in parentheses; false if there are none."""
    while waiting:
        sign = waiting.pop()
        if sign == "(":
            return True
        code.append(sign)
    return False
