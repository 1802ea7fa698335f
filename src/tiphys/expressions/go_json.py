"""Reading JSON as Go's encoding/json does: every number a float64, and Go's words for every mistake."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import GoPanic, to_bytes

MAX_DEPTH = 200  # Go stops at 10,000; no document of a workflow comes near either


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _integer(text: str) -> float:
    return _number(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise GoPanic(f"json: cannot unmarshal number {text} into Go value of type float64")
    return value


_SURROGATE = re.compile("[\ud800-\udfff]")


def loads(text: str) -> Any:
    """json.Unmarshal into an `any`.

    >>> loads('{"a": [1, "x", null]}')
    {'a': [1.0, 'x', None]}
    """
    return _load(text, _integer, _number)


def loads_exact(text: str) -> Any:
    """The same with integers kept as integers, for data that never goes through Go's float64."""
    return _load(text, int, float)


def _load(text: str, parse_int: Callable[[str], Any], parse_float: Callable[[str], Any]) -> Any:
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise GoPanic("exceeded max depth")
    try:
        value = json.loads(text, parse_int=parse_int, parse_float=parse_float, parse_constant=_constant)
    except ValueError:
        raise GoPanic(mistake(text) or "invalid JSON") from None
    except GoPanic as panic:
        raise GoPanic(mistake(text) or panic.message) from None
    if "\\ud" in text or "\\uD" in text or _SURROGATE.search(text):
        return _clean(value)
    return value


def _clean(value: Any) -> Any:
    """Halves of surrogate pairs are U+FFFD in Go."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", key): _clean(item) for key, item in value.items()}
    return value


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', text, re.DOTALL):
        if match[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in "]}":
            depth -= 1
    return deepest


def is_valid(text: str) -> bool:
    """json.Valid."""
    return mistake(text) is None


def _reads(text: str) -> bool:
    """Whether Python takes the text, which then is right for Go too."""
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_constant)
    except ValueError:
        return False
    return True


class _Mistake(Exception):
    """The text of the first syntax error."""


def mistake(text: str) -> str | None:
    r"""What Go says is wrong with a JSON text; None where it is right.

    >>> print(mistake("tru"), mistake("[1,]"), mistake("{} x"), mistake("[1]"), sep="\n")
    invalid character ' ' in literal true (expecting 'e')
    invalid character ']' looking for beginning of value
    invalid character 'x' after top-level value
    None
    """
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        return "exceeded max depth"
    if _reads(text):
        return None
    scanner = _Scanner(text)
    try:
        scanner.value()
        scanner.skip()
        if scanner.char:
            scanner.fail("after top-level value")
    except _Mistake as found:
        return str(found)
    return None


_SPACES = " \t\r\n"
_BLANKS = re.compile(r"[ \t\r\n]+")
_PLAIN_TEXT = re.compile(r'[^"\\\x00-\x1f]+')
_PLAIN_DIGITS = re.compile(r"[0-9]+")
_LITERALS = {"t": "true", "f": "false", "n": "null"}


class _Scanner:
    """One pass over a text; `char` is empty at its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.char = text[:1]

    def _step(self) -> None:
        self._at += 1
        self.char = self._text[self._at : self._at + 1]

    def skip(self) -> None:
        if self.char and self.char in _SPACES:
            self._take(_BLANKS)

    def _take(self, pattern: re.Pattern[str]) -> None:
        """Steps over what the pattern finds here."""
        match = pattern.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            self.char = self._text[self._at : self._at + 1]

    def fail(self, context: str, *, open_end: bool = False) -> NoReturn:
        """Complains of `char`; the end counts as a blank, or as the end where a blank is allowed."""
        if not self.char:
            if open_end:
                raise _Mistake("unexpected end of JSON input")
            raise _Mistake(f"invalid character ' ' {context}")
        char = chr(to_bytes(self.char)[0])
        shown = {"'": r"'\''", '"': "'\"'"}.get(char) or f"'{quote(char)[1:-1]}'"
        raise _Mistake(f"invalid character {shown} {context}")

    def value(self) -> None:
        self.skip()
        if not self.char:
            raise _Mistake("unexpected end of JSON input")
        if self.char == '"':
            self._string()
        elif self.char == "{":
            self._object()
        elif self.char == "[":
            self._array()
        elif self.char in _LITERALS:
            self._literal(_LITERALS[self.char])
        elif self.char in "-0123456789":
            self._number()
        else:
            self.fail("looking for beginning of value")

    def _literal(self, word: str) -> None:
        for expected in word:
            if self.char != expected:
                self.fail(f"in literal {word} (expecting '{expected}')")
            self._step()

    def _digits(self, context: str) -> None:
        if not self.char or self.char not in "0123456789":
            self.fail(context)
        self._take(_PLAIN_DIGITS)

    def _number(self) -> None:
        if self.char == "-":
            self._step()
        if self.char == "0":
            self._step()
        else:
            self._digits("in numeric literal")
        if self.char == ".":
            self._step()
            self._digits("after decimal point in numeric literal")
        if self.char and self.char in "eE":
            self._step()
            if self.char and self.char in "+-":
                self._step()
            self._digits("in exponent of numeric literal")

    def _string(self) -> None:
        self._step()
        self._take(_PLAIN_TEXT)
        while self.char != '"':
            if not self.char:
                raise _Mistake("unexpected end of JSON input")
            if self.char < " ":
                self.fail("in string literal")
            if self.char == "\\":
                self._escape()
            self._step()
            self._take(_PLAIN_TEXT)
        self._step()

    def _escape(self) -> None:
        self._step()
        if not self.char or self.char not in 'bfnrt\\/"u':
            self.fail("in string escape code")
        if self.char == "u":
            for _ in range(4):
                self._step()
                if not self.char or self.char not in "0123456789abcdefABCDEF":
                    self.fail("in \\u hexadecimal character escape")

    def _object(self) -> None:
        self._step()
        self.skip()
        if self.char == "}":
            self._step()
            return
        while True:
            self.skip()
            if self.char != '"':
                self.fail("looking for beginning of object key string", open_end=True)
            self._string()
            self.skip()
            if self.char != ":":
                self.fail("after object key", open_end=True)
            self._step()
            self.value()
            self.skip()
            if self.char == "}":
                self._step()
                return
            if self.char != ",":
                self.fail("after object key:value pair", open_end=True)
            self._step()

    def _array(self) -> None:
        self._step()
        self.skip()
        if self.char == "]":
            self._step()
            return
        while True:
            self.value()
            self.skip()
            if self.char == "]":
                self._step()
                return
            if self.char != ",":
                self.fail("after array element", open_end=True)
            self._step()
