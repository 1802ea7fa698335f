"""Errors of expr-lang: a message, the place in the source, and the source line with a caret."""

from __future__ import annotations

from tiphys.errors import ExpressionError
from tiphys.expressions.go_values import valid_utf8

Location = tuple[int, int]


class CompileFailure(ExpressionError):
    """The expression does not parse, or its types do not fit."""


class RunFailure(ExpressionError):
    """The expression failed while it ran."""


class RefusedExpression(RunFailure):
    """The expression asks for what tiphys does not do: the time where none is known, private keys, DNS."""


class SyntaxFailure(Exception):
    """A mistake at a place of the source; `bind` makes the text that users see."""

    def __init__(self, message: str, location: Location) -> None:
        super().__init__(message)
        self.message = message
        self.location = location


def bind(message: str, location: Location, source: str) -> str:
    """The message with line, column and the source line, as expr-lang shows it.

    >>> print(bind("unexpected token EOF", (3, 4), "1 +"))
    unexpected token EOF (1:4)
     | 1 +
     | ...^
    """
    message = valid_utf8(message)
    before = source[: location[0]]
    line = before.count("\n") + 1
    start = before.rfind("\n") + 1
    column = len(before) - start
    end = source.find("\n", start)
    text = source[start:] if end < 0 else source[start:end]
    if not text:
        return message
    shown = text.replace("\t", " ")
    return f"{message} ({line}:{column + 1})\n | {shown}\n | {'.' * column}^"
