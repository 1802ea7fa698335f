"""Source text to tokens, as expr-lang's lexer splits it.

Tokens are made one at a time, since the parser may stop before the lexer meets its first mistake.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from tiphys.expressions.expr.escapes import EOF, digit_value, unescape
from tiphys.expressions.expr.failure import Location, SyntaxFailure
from tiphys.expressions.go_quote import is_printable, quote

IDENTIFIER = "Identifier"
NUMBER = "Number"
STRING = "String"
BYTES = "Bytes"
OPERATOR = "Operator"
BRACKET = "Bracket"
END = "EOF"

_WORD_OPERATORS = frozenset({"in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"})
_NEGATABLE = frozenset({"in", "matches", "contains", "startsWith", "endsWith"})
_WORD = re.compile(r"[A-Za-z0-9_$]*")
_SIMPLE_STRING = {"'": re.compile(r"[^'\\\n\r]*'"), '"': re.compile(r'[^"\\\n\r]*"')}


class Token(NamedTuple):
    """A token; `value` of a string is what it means, not what was written."""

    kind: str
    value: str
    location: Location

    def __str__(self) -> str:
        return f"{self.kind}({quote(self.value)})" if self.value else self.kind


def is_space(char: str) -> bool:
    return char in " \t\n\r\v\f\x85\xa0" or (char > "\x7f" and unicodedata.category(char) in ("Zs", "Zl", "Zp"))


def is_alphabetic(char: str) -> bool:
    return char != EOF and (char in "_$" or char.isalpha())


def is_alphanumeric(char: str) -> bool:
    return char != EOF and (char in "_$" or char.isalpha() or char.isdecimal())


def is_identifier(text: str) -> bool:
    """Whether the text can stand as a name."""
    return bool(text) and is_alphabetic(text[0]) and all(map(is_alphanumeric, text))


class Lexer:
    """Reads one source; after the first mistake every call raises it again as `SyntaxFailure`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.start = 0
        self.end = 0
        self._at_eof = False
        self._queue: list[Token] = []
        self._failure: SyntaxFailure | None = None
        self._done = False

    def next_token(self) -> Token | None:
        """The next token; None after the last (`EOF` itself is a token)."""
        while self._failure is None and not self._queue and not self._done:
            self._scan()
        if self._failure is not None:
            raise self._failure
        return self._queue.pop(0) if self._queue else None

    # -- characters

    def _next(self) -> str:
        if self.end >= len(self.source):
            self._at_eof = True
            return EOF
        char = self.source[self.end]
        self.end += 1
        return char

    def _peek(self) -> str:
        return self.source[self.end] if self.end < len(self.source) else EOF

    def _backup(self) -> None:
        if self._at_eof:
            self._at_eof = False
        elif self.end > 0:
            self.end -= 1

    def _accept(self, valid: str) -> bool:
        char = self._peek()
        if char != EOF and char in valid:
            self.end += 1
            return True
        return False

    def _accept_run(self, valid: str) -> None:
        while self._accept(valid):
            pass

    def _word(self) -> str:
        return self.source[self.start : self.end]

    def _emit(self, kind: str, value: str | None = None) -> None:
        text = self._word() if value is None else value
        self._queue.append(Token(kind, text, (self.start, self.end)))
        self.start = self.end

    def _fail(self, message: str) -> None:
        if self._failure is None:
            end = self.end + 1 if self._at_eof else self.end
            self._failure = SyntaxFailure(message, (end - 1, end))

    # -- states

    def _scan(self) -> None:
        char = self._next()
        if char == EOF:
            self._queue.append(Token(END, "", (max(self.end - 1, 0), self.end)))
            self.start = self.end
            self._done = True
        elif is_space(char):
            self.start = self.end
        elif char in "'\"":
            self._string(char)
        elif char == "`":
            self._raw_string()
        elif char in "bB" and self._peek() in ("'", '"'):
            self._bytes()
        elif "0" <= char <= "9":
            self._backup()
            self._number()
        elif char in "?/#.":
            self._marked(char)
        elif char in "([{)]}":
            self._emit(BRACKET)
        elif char in "|:,;%+-^&!=*<>":
            self._accept(char if char in "|:" else "&=*" if char in "&!=*<>" else "")
            self._emit(OPERATOR)
        elif is_alphanumeric(char):
            self._backup()
            self._identifier()
        else:
            shown = f"U+{ord(char):04X}" + (f" '{char}'" if is_printable(char) else "")
            self._fail(f"unrecognized character: {shown}")

    def _marked(self, char: str) -> None:
        if char == "?":
            self._accept(".?")
            self._emit(OPERATOR)
        elif char == "#":
            self._pointer()
        elif char == "/":
            self._slash()
        elif self._accept("0123456789"):
            self._backup()
            self._number()
        else:
            self._accept(".")
            self._emit(OPERATOR)

    def _number(self) -> None:
        if self._scan_number():
            self._emit(NUMBER)
        else:
            self._fail(f"bad number syntax: {quote(self._word())}")

    def _scan_number(self) -> bool:
        digits = "0123456789_"
        if self._accept("0"):
            if self._accept("xX"):
                digits = "0123456789abcdefABCDEF_"
            elif self._accept("oO"):
                digits = "01234567_"
            elif self._accept("bB"):
                digits = "01_"
        self._accept_run(digits)
        end = self.end
        if self._accept("."):
            if self._peek() == ".":
                self.end = end
                return True
            self._accept_run(digits)
        if self._accept("eE"):
            self._accept("+-")
            self._accept_run(digits)
        if is_alphanumeric(self._peek()):
            self._next()
            return False
        return True

    def _skip_word(self) -> None:
        match = _WORD.match(self.source, self.end)
        if match is not None:
            self.end = match.end()
        while is_alphanumeric(self._peek()):
            self.end += 1

    def _identifier(self) -> None:
        self._skip_word()
        word = self._word()
        if word == "not":
            self._not()
        elif word in _WORD_OPERATORS:
            self._emit(OPERATOR)
        else:
            self._emit(IDENTIFIER)

    def _not(self) -> None:
        self._emit(OPERATOR)
        self._accept_run(" ")
        self.start = self.end
        end = self.end
        self._skip_word()
        if self._word() in _NEGATABLE:
            self._emit(OPERATOR)
        else:
            self.end = end

    def _slash(self) -> None:
        if self._accept("/"):
            end = self.source.find("\n", self.end)
            self._at_eof = end < 0
            self.end = len(self.source) if end < 0 else end + 1
            self.start = self.end
        elif self._accept("*"):
            end = self.source.find("*/", self.end)
            if end < 0:
                self.end = len(self.source)
                self._at_eof = True
                self._fail("unclosed comment")
            else:
                self.end = self.start = end + 2
        else:
            self._emit(OPERATOR)

    def _pointer(self) -> None:
        self._accept("#")
        self._emit(OPERATOR)
        self._skip_word()
        if self._word():
            self._emit(IDENTIFIER)

    # -- strings

    def _string(self, delimiter: str) -> None:
        simple = _SIMPLE_STRING[delimiter].match(self.source, self.end)
        if simple is not None:
            self.end = simple.end()
            self._emit(STRING, self.source[self.start + 1 : self.end - 1])
            return
        self._scan_string(delimiter)
        try:
            self._emit(STRING, unescape(self._word()))
        except ValueError as mistake:
            self._fail(str(mistake))

    def _bytes(self) -> None:
        self._scan_string(self._next())
        try:
            self._emit(BYTES, unescape(self._word()[1:], raw_bytes=True))
        except ValueError as mistake:
            self._fail(str(mistake))

    def _scan_string(self, delimiter: str) -> None:
        char = self._next()
        while char != delimiter:
            if char in ("\n", EOF):
                self._fail("literal not terminated")
                return
            char = self._scan_escape(delimiter) if char == "\\" else self._next()

    def _scan_escape(self, delimiter: str) -> str:
        char = self._next()
        if char != EOF and (char in "abfnrtv\\" or char == delimiter):
            return self._next()
        if char != EOF and char in "01234567":
            return self._scan_digits(char, 8, 3)
        if char == "x":
            return self._scan_digits(self._next(), 16, 2)
        if char == "u" and self._peek() == "{":
            return self._scan_braced()
        if char == "u":
            return self._scan_digits(self._next(), 16, 4)
        if char == "U":
            return self._scan_digits(self._next(), 16, 8)
        self._fail("invalid char escape")
        return char

    def _scan_digits(self, char: str, base: int, count: int) -> str:
        while count > 0 and digit_value(char) < base:
            char = self._next()
            count -= 1
        if count > 0:
            self._fail("invalid char escape")
        return char

    def _scan_braced(self) -> str:
        self._next()
        digits = 0
        while self._peek() != "}":
            if digit_value(self._peek()) >= 16 or digits >= 6:
                self._fail("invalid char escape")
                return EOF
            self._next()
            digits += 1
        if digits == 0:
            self._fail("invalid char escape")
            return EOF
        self._next()
        return self._next()

    def _raw_string(self) -> None:
        doubled = False
        while True:
            char = self._next()
            while char == "`" and self._peek() == "`":
                self._next()
                char = self._next()
                doubled = True
            if char == "`":
                break
            if char == EOF:
                self._fail("literal not terminated")
                return
        text = self.source[self.start + 1 : self.end - 1]
        self._emit(STRING, text.replace("``", "`") if doubled else text)
