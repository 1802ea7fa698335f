"""The parser's hands: the current token, the first mistake, and the count of nodes."""

from __future__ import annotations

from collections.abc import Container
from typing import Final, TypeVar

from tiphys.expressions.expr.failure import Location, SyntaxFailure
from tiphys.expressions.expr.lexer import END, Lexer, Token
from tiphys.expressions.expr.nodes import Node

MAX_NODES: Final = 10_000
_N = TypeVar("_N", bound=Node)


class Reader:
    """Reads tokens one by one. A mistake of the lexer, whenever it is met, replaces one of the parser."""

    def __init__(self, source: str, overridden: Container[str]) -> None:
        self._lexer = Lexer(source)
        self._overridden = overridden
        self._current = Token(END, "", (0, 0))
        self._stash: Token | None = None
        self._predicates = 0
        self._nodes = 0
        self._depth = 0
        self.failure: SyntaxFailure | None = None

    def _is(self, kind: str, value: str) -> bool:
        return self._current.kind == kind and self._current.value == value

    def _ok(self) -> bool:
        """Whether no mistake was met so far."""
        return self.failure is None

    def _fail(self, message: str, token: Token | None = None) -> None:
        if self.failure is None:
            self.failure = SyntaxFailure(message, (token or self._current).location)

    def _unexpected(self, token: Token | None = None) -> None:
        self._fail(f"unexpected token {token or self._current}")

    def _next(self) -> None:
        if self._stash is not None:
            self._current, self._stash = self._stash, None
            return
        try:
            token = self._lexer.next_token()
        except SyntaxFailure as failure:
            self.failure = failure
            return
        if token is None:
            self._fail("unexpected end of expression")
        else:
            self._current = token

    def _expect(self, kind: str, value: str | None = None) -> None:
        if self._current.kind == kind and (value is None or self._current.value == value):
            self._next()
        else:
            self._unexpected()

    def _node(self, node: _N, location: Location) -> _N:
        """Counts a node and gives it its place. After a mistake the tree does not matter any more."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._fail("compilation failed: expression exceeds maximum allowed nodes")
        node.location = location
        return node
