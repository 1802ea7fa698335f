"""A condition to tokens, and the table of what may follow what."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from tiphys.expressions import go_strings
from tiphys.expressions.go_format import sprint
from tiphys.expressions.go_time import LOCAL, Time
from tiphys.expressions.go_values import GoPanic, Int32, Strings
from tiphys.expressions.govaluate.failure import Failure
from tiphys.expressions.time_layout import parse_time

UNKNOWN: Final = "UNKNOWN"
PREFIX: Final = "PREFIX"
NUMERIC: Final = "NUMERIC"
BOOLEAN: Final = "BOOLEAN"
STRING: Final = "STRING"
PATTERN: Final = "PATTERN"
TIME: Final = "TIME"
VARIABLE: Final = "VARIABLE"
SEPARATOR: Final = "SEPARATOR"
ACCESSOR: Final = "ACCESSOR"
COMPARATOR: Final = "COMPARATOR"
LOGICALOP: Final = "LOGICALOP"
MODIFIER: Final = "MODIFIER"
CLAUSE: Final = "CLAUSE"
CLAUSE_CLOSE: Final = "CLAUSE_CLOSE"
TERNARY: Final = "TERNARY"

COMPARATORS = frozenset({"==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"})
PREFIXES = frozenset({"-", "!", "~"})
_SYMBOLS: dict[str, frozenset[str]] = {
    MODIFIER: frozenset({"+", "-", "*", "/", "%", "**", "&", "|", "^", ">>", "<<"}),
    LOGICALOP: frozenset({"&&", "||"}),
    COMPARATOR: COMPARATORS,
    TERNARY: frozenset({"?", ":", "??"}),
}
_VALUES = frozenset({NUMERIC, BOOLEAN, VARIABLE, ACCESSOR})
_AFTER_VALUE = frozenset({MODIFIER, COMPARATOR, LOGICALOP, CLAUSE_CLOSE, TERNARY, SEPARATOR})
_OPERANDS = _VALUES | {PREFIX, STRING, TIME, CLAUSE}
_FOLLOWERS: dict[str, frozenset[str]] = {
    UNKNOWN: _OPERANDS | {PATTERN},
    CLAUSE: _OPERANDS | {PATTERN, CLAUSE_CLOSE},
    CLAUSE_CLOSE: _AFTER_VALUE | {NUMERIC, BOOLEAN, VARIABLE, STRING, PATTERN, TIME, CLAUSE},
    NUMERIC: _AFTER_VALUE,
    BOOLEAN: _AFTER_VALUE,
    STRING: _AFTER_VALUE,
    TIME: _AFTER_VALUE - {TERNARY},
    PATTERN: _AFTER_VALUE - {TERNARY},
    VARIABLE: _AFTER_VALUE,
    MODIFIER: _VALUES | {PREFIX, STRING, CLAUSE, CLAUSE_CLOSE},
    COMPARATOR: _OPERANDS | {CLAUSE_CLOSE, PATTERN},
    LOGICALOP: _OPERANDS | {CLAUSE_CLOSE},
    PREFIX: _VALUES | {CLAUSE, CLAUSE_CLOSE},
    TERNARY: _OPERANDS | {SEPARATOR},
    ACCESSOR: _AFTER_VALUE | {CLAUSE},
    SEPARATOR: _OPERANDS,
}
_CAN_END = frozenset({CLAUSE_CLOSE, NUMERIC, BOOLEAN, STRING, TIME, PATTERN, VARIABLE, ACCESSOR})
_TIME_LAYOUTS = (
    "Mon Jan _2 15:04:05 2006",
    "Mon Jan _2 15:04:05 MST 2006",
    "Mon Jan 02 15:04:05 -0700 2006",
    "3:04PM",
    "2006-01-02T15:04:05Z07:00",
    "2006-01-02T15:04:05.999999999Z07:00",
    "2006-01-02",
    "2006-01-02 15:04",
    "2006-01-02 15:04:05",
    "2006-01-02 15:04:05-07:00",
    "2006-01-02T15Z0700",
    "2006-01-02T15:04Z0700",
    "2006-01-02T15:04:05Z0700",
    "2006-01-02T15:04:05.999999999Z0700",
)


class Token(NamedTuple):
    """A token and its value: text, float, bool, time, or the code of a parenthesis."""

    kind: str
    value: Any


def _is_space(char: str) -> bool:
    return char in go_strings.SPACE


def _is_numeric(char: str) -> bool:
    return char.isdecimal() or char == "."


def _is_hex(char: str) -> bool:
    return char.isdecimal() or char.lower() in "abcdef"


def _is_name(char: str) -> bool:
    return char.isalpha() or char.isdecimal() or char in "_."


def _is_not_quote(char: str) -> bool:
    return char not in "'\""


def _is_symbol(char: str) -> bool:
    return not (char.isdecimal() or char.isalpha() or char in "()[]'\"")


class _Reader:
    """The characters of a condition."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def can_read(self) -> bool:
        return self.at < len(self.source)

    def read(self) -> str:
        if not self.can_read():
            raise Failure("runtime error: index out of range")
        char = self.source[self.at]
        self.at += 1
        return char

    def read_while(self, condition: Callable[[str], bool], *, spaces: bool, ends_at_space: bool) -> tuple[str, bool]:
        """The text up to the first character that fails the condition, and whether there was one.

        A backslash takes the next character as it is. `spaces` belong to the text, else they are left out.
        """
        out: list[str] = []
        while self.can_read():
            char = self.read()
            if char == "\\":
                out.append(self.read())
                continue
            if _is_space(char):
                if ends_at_space and out:
                    return "".join(out), True
                if not spaces:
                    continue
            if not condition(char):
                self.at -= 1
                return "".join(out), True
            out.append(char)
        return "".join(out), False

    def read_token(self, condition: Callable[[str], bool]) -> str:
        """A token whose first character has been read already."""
        self.at -= 1
        return self.read_while(condition, spaces=False, ends_at_space=True)[0]


_MORE = r"[\w.\\]|[^\x00-\x7f]"  # what would go on with a word or a number
_PLAIN = re.compile(
    rf"\s*(?:(?P<word>[A-Za-z][A-Za-z0-9_]*)(?!{_MORE})|(?P<number>[1-9][0-9]*(?:\.[0-9]+)?)(?!{_MORE})"
    r"|'(?P<text>[^'\"\\]*)'|(?P<sign>==|!=|&&|\|\||<=|>=|<|>)(?=\s*[A-Za-z0-9'\"]))",
    re.ASCII,
)


def _plain(reader: _Reader) -> Token | None:
    """A token of the usual form, read in one go; None where characters must be looked at one by one."""
    match = _PLAIN.match(reader.source, reader.at)
    if match is None:
        return None
    reader.at = match.end()
    kind = match.lastgroup
    if kind == "word":
        return _word(match["word"])
    if kind == "number":
        return Token(NUMERIC, float(match["number"]))
    if kind == "sign":
        return Token(LOGICALOP if match["sign"] in ("&&", "||") else COMPARATOR, match["sign"])
    time = _time(match["text"])
    return Token(STRING, match["text"]) if time is None else Token(TIME, time)


def tokenize(source: str) -> list[Token]:
    """The tokens of a condition; raises `Failure`."""
    reader = _Reader(source)
    tokens: list[Token] = []
    while reader.can_read():
        token = _plain(reader) or _token(reader, tokens[-1].kind if tokens else UNKNOWN)
        if token is None:
            break
        tokens.append(token)
    opened = sum(token.kind == CLAUSE for token in tokens)
    if opened != sum(token.kind == CLAUSE_CLOSE for token in tokens):
        raise Failure("Unbalanced parenthesis")
    return tokens


def _token(reader: _Reader, previous: str) -> Token | None:
    char = " "
    while _is_space(char):
        if not reader.can_read():
            return None
        char = reader.read()
    if _is_numeric(char):
        return _number(reader, char)
    if char == ",":
        return Token(SEPARATOR, ",")
    if char == "[":
        text, closed = reader.read_while(lambda c: c != "]", spaces=True, ends_at_space=False)
        if not closed:
            raise Failure("Unclosed parameter bracket")
        reader.at += 1
        return Token(VARIABLE, text)
    if char.isalpha():
        return _word(reader.read_token(_is_name))
    if not _is_not_quote(char):
        text, closed = reader.read_while(_is_not_quote, spaces=True, ends_at_space=False)
        if not closed:
            raise Failure("Unclosed string literal")
        reader.at += 1
        time = _time(text)
        return Token(STRING, text) if time is None else Token(TIME, time)
    if char in "()":
        return Token(CLAUSE if char == "(" else CLAUSE_CLOSE, Int32(ord(char)))
    return _symbol(reader.read_token(_is_symbol), previous)


def _number(reader: _Reader, char: str) -> Token:
    if char == "0" and reader.can_read():
        if reader.read() == "x" and reader.can_read():
            return _hex(reader)
        reader.at -= 1
    text = reader.read_token(_is_numeric)
    value = go_strings.parse_float(text)
    if value is None:
        raise Failure(f"Unable to parse numeric value '{text}' to float64\n")
    return Token(NUMERIC, value)


def _hex(reader: _Reader) -> Token:
    text, _ = reader.read_while(_is_hex, spaces=False, ends_at_space=True)
    value = int(text, 16) if text and text.isascii() else -1
    if not 0 <= value < 1 << 64:
        raise Failure(f"Unable to parse hex value '{text}' to uint64\n")
    return Token(NUMERIC, float(value))


def _word(text: str) -> Token:
    if text.find(".") > 0:
        return _accessor(text)
    if text in ("true", "false"):
        return Token(BOOLEAN, text == "true")
    if text in ("in", "IN"):
        return Token(COMPARATOR, "in")
    return Token(VARIABLE, text)


def _accessor(text: str) -> Token:
    if text.endswith("."):
        raise Failure(f"Hanging accessor on token '{text}'")
    parts = text.split(".")
    for part in parts[1:]:
        if part and go_strings.upper(part[0]) != part[0]:
            raise Failure(f"Unable to access unexported field '{part}' in token '{text}'")
    return Token(ACCESSOR, Strings(parts))


def _symbol(text: str, previous: str) -> Token:
    if PREFIX in _FOLLOWERS[previous] and text in PREFIXES:
        return Token(PREFIX, text)
    for kind, symbols in _SYMBOLS.items():
        if text in symbols:
            return Token(kind, text)
    raise Failure(f"Invalid token: '{text}'")


_TIME_START = re.compile(r"\s*(?:[0-9]{1,2}:[0-9]{2}\s*[AP]M|[0-9]{4}-|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s)", re.I)


def _time(text: str) -> Time | None:
    if _TIME_START.match(text) is None:
        return None
    for layout in _TIME_LAYOUTS:
        try:
            return parse_time(layout, text, LOCAL)
        except GoPanic:
            continue
    return None


def check_syntax(tokens: list[Token]) -> None:
    """Whether each token may follow the one before; raises `Failure`."""
    last = Token(UNKNOWN, None)
    for token in tokens:
        if token.kind not in _FOLLOWERS[last.kind]:
            if last.kind == VARIABLE and token.kind == CLAUSE:
                raise Failure(f"Undefined function {last.value}")
            raise Failure(
                f"Cannot transition token types from {last.kind} [{sprint(last.value)}] "
                f"to {token.kind} [{sprint(token.value)}]"
            )
        last = token
    if last.kind not in _CAN_END:
        raise Failure("Unexpected end of expression")
