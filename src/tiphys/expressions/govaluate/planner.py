"""Tokens to a tree of stages.

Operators of one strength are first read right to left and then mirrored, as the library does; its quirks (a
prefix binds only a value, `**` and the bitwise operators have their own ranks) follow from the same moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from tiphys.expressions import regexp
from tiphys.expressions.go_format import sprint
from tiphys.expressions.go_time import Time
from tiphys.expressions.go_values import GoPanic, Pattern
from tiphys.expressions.govaluate import lexer as lx
from tiphys.expressions.govaluate.failure import Failure
from tiphys.expressions.govaluate.lexer import Token

LITERAL: Final = "LITERAL"
NOOP: Final = "NOOP"
VALUE: Final = "VALUE"
ACCESS: Final = "ACCESS"
NEGATE: Final = "NEGATE"
INVERT: Final = "INVERT"
BITWISE_NOT: Final = "BITWISE_NOT"

MAX_DEPTH: Final = 64


@dataclass(slots=True, eq=False)
class Stage:
    """An operation; `symbol` says which, `payload` is a literal, a variable's name or an accessor's parts."""

    symbol: str
    left: Stage | None = None
    right: Stage | None = None
    payload: Any = None
    level: str = ""


_LEVELS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("separator", lx.SEPARATOR, frozenset({","})),
    ("ternary", lx.TERNARY, frozenset({"?", ":", "??"})),
    ("logical", lx.LOGICALOP, frozenset({"||"})),
    ("logical", lx.LOGICALOP, frozenset({"&&"})),
    ("comparator", lx.COMPARATOR, lx.COMPARATORS),
    ("modifier", lx.MODIFIER, frozenset({"^", "&", "|"})),
    ("modifier", lx.MODIFIER, frozenset({">>", "<<"})),
    ("modifier", lx.MODIFIER, frozenset({"+", "-"})),
    ("modifier", lx.MODIFIER, frozenset({"*", "/", "%"})),
    ("modifier", lx.MODIFIER, frozenset({"**"})),
)
_BINDING: dict[tuple[str, str], tuple[int, str]] = {
    (kind, symbol): (strength, level) for strength, (level, kind, symbols) in enumerate(_LEVELS) for symbol in symbols
}
_PREFIX_SYMBOLS = {"-": NEGATE, "!": INVERT, "~": BITWISE_NOT}
_RANKS: dict[str, str] = {
    **dict.fromkeys(lx.COMPARATORS, "comparator"),
    **dict.fromkeys(("&", "|", "^"), "bitwise"),
    **dict.fromkeys((">>", "<<"), "shift"),
    **dict.fromkeys(("+", "-"), "additive"),
    **dict.fromkeys(("*", "/", "%"), "multiplicative"),
    **dict.fromkeys((NEGATE, INVERT, BITWISE_NOT), "prefix"),
    **dict.fromkeys(("?", ":", "??"), "ternary"),
    "&&": "and",
    "||": "or",
    "**": "exponential",
    ",": "separate",
    NOOP: "noop",
    ACCESS: "functional",
}


def plan(tokens: list[Token]) -> Stage | None:
    """The tree of a checked list of tokens; None for no tokens."""
    root = _Planner(tokens).tokens()
    if root is not None:
        _reorder(root)
    return root


def with_patterns(tokens: list[Token]) -> list[Token]:
    """The tokens with constant patterns as such; a bad one is a mistake of the condition."""
    result = list(tokens)
    for index, token in enumerate(tokens):
        if token.kind == lx.COMPARATOR and token.value in ("=~", "!~") and tokens[index + 1].kind == lx.STRING:
            pattern = tokens[index + 1].value
            try:
                regexp.compile(pattern)
            except GoPanic as panic:
                raise Failure(panic.message) from None
            result[index + 1] = Token(lx.PATTERN, Pattern(pattern))
    return result


class _Planner:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def _has_next(self) -> bool:
        return self._at < len(self._tokens)

    def _next(self) -> Token:
        if not 0 <= self._at < len(self._tokens):
            raise Failure("runtime error: index out of range")
        token = self._tokens[self._at]
        self._at += 1
        return token

    def tokens(self) -> Stage | None:
        """Operands and binary operators up to the end or to what is neither."""
        if not self._has_next():
            return None
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Failure("expression is nested too deeply")
        operands = [self._accessor()]
        operators: list[tuple[int, str, str]] = []
        while self._has_next():
            token = self._tokens[self._at]
            binding = _BINDING.get((token.kind, token.value)) if isinstance(token.value, str) else None
            if binding is None:
                break
            self._at += 1
            strength, level = binding
            _close(operands, operators, strength)
            operators.append((strength, level, token.value))
            operands.append(self._accessor())
        _close(operands, operators, -1)
        self._depth -= 1
        return operands[0]

    def _prefix(self) -> Stage | None:
        token = self._next()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Failure("expression is nested too deeply")
        right = self._accessor()
        self._depth -= 1
        return Stage(_PREFIX_SYMBOLS[token.value], None, right, level="prefix")

    def _accessor(self) -> Stage | None:
        if not self._has_next():
            return None
        token = self._next()
        if token.kind != lx.ACCESSOR:
            self._at -= 1
            return self._value()
        right: Stage | None = None
        if self._has_next():
            following = self._next()
            self._at -= 1
            if following.kind == lx.CLAUSE:
                right = self.tokens()
        return Stage(ACCESS, None, right, payload=token.value, level="accessor")

    def _value(self) -> Stage | None:
        token = self._next()
        if token.kind == lx.CLAUSE:
            inner = self.tokens()
            self._next()
            return Stage(NOOP, None, inner)
        if token.kind == lx.CLAUSE_CLOSE:
            self._at -= 1
            return None
        if token.kind == lx.VARIABLE:
            return Stage(VALUE, payload=token.value)
        if token.kind in (lx.NUMERIC, lx.STRING, lx.PATTERN, lx.BOOLEAN):
            return Stage(LITERAL, payload=token.value)
        if token.kind == lx.TIME and isinstance(token.value, Time):
            return Stage(LITERAL, payload=float(token.value.unix))
        if token.kind == lx.PREFIX:
            self._at -= 1
            return self._prefix()
        raise Failure(f"Unable to plan token kind: '{token.kind}', value: '{sprint(token.value)}'")


def _close(operands: list[Stage | None], operators: list[tuple[int, str, str]], strength: int) -> None:
    """Makes stages of the operators that bind stronger, the last one first."""
    while operators and operators[-1][0] > strength:
        _, level, symbol = operators.pop()
        right = operands.pop()
        operands[-1] = Stage(symbol, operands[-1], right, level=level)


def _reorder(root: Stage) -> None:
    """Mirrors runs of operators of one rank, which were read right to left."""
    same: list[Stage] = []
    rank = _rank(root)
    current: Stage | None = root
    while current is not None:
        following = current.right
        if current.left is not None:
            _reorder(current.left)
        if _rank(current) == rank:
            same.append(current)
        else:
            _mirror(same)
            same = [current]
            rank = _rank(current)
        current = following
    _mirror(same)


def _rank(stage: Stage) -> str:
    return _RANKS.get(stage.symbol, "value")


def _mirror(stages: list[Stage]) -> None:
    """Turns a chain that leans right into one that leans left; `stages` are its links from the root down."""
    if len(stages) < 2:
        return
    size = len(stages)
    for stage in stages:
        stage.left, stage.right = stage.right, stage.left
    root, front = stages[0], stages[-1]
    front.left, root.right = root.right, front.left
    for index in range((size - 2) // 2 + 1):
        front, inverse = stages[index + 1], stages[size - index - 1]
        front.right, inverse.right = inverse.right, front.right
    for index in range(size // 2):
        front, inverse = stages[index], stages[size - index - 1]
        front.symbol, inverse.symbol = inverse.symbol, front.symbol
        front.payload, inverse.payload = inverse.payload, front.payload
        front.level, inverse.level = inverse.level, front.level
