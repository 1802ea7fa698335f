"""What the escapes in expr-lang's string literals mean."""

from __future__ import annotations

from tiphys.expressions.go_values import from_bytes, to_bytes

EOF = ""


def digit_value(char: str) -> int:
    return int(char, 16) if char != EOF and char in "0123456789abcdefABCDEF" else 16


_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "`": "`",
    "?": "?",
}
_HEX = {"x": 2, "X": 2, "u": 4, "U": 8}


def unescape(literal: str, *, raw_bytes: bool = False) -> str:
    """What a quoted literal means; bytes come as a string whose bytes they are."""
    literal = literal.replace("\r\n", "\n").replace("\r", "\n")
    if len(to_bytes(literal)) < 2 or literal[0] != literal[-1] or literal[0] not in "'\"":
        raise ValueError("unable to unescape string")
    body = literal[1:-1]
    out: list[str] = []
    at = 0
    while at < len(body):
        if body[at] != "\\":
            out.append(body[at])
            at += 1
            continue
        if at + 1 >= len(body):
            raise ValueError("unable to unescape string, found '\\' as last character")
        text, at = _escape(body, at + 1, raw_bytes)
        out.append(text)
    return "".join(out)


def _escape(body: str, at: int, raw_bytes: bool) -> tuple[str, int]:
    """One escape; `at` stands behind the backslash."""
    char = body[at]
    at += 1
    if char in _ESCAPES:
        return _ESCAPES[char], at
    if char in _HEX and not (raw_bytes and char in "uU"):
        if char == "u" and body[at : at + 1] == "{":
            return _braced(body, at + 1)
        size = _HEX[char]
        digits = body[at : at + size]
        if len(digits) < size or not all(digit_value(d) < 16 for d in digits):
            raise ValueError("unable to unescape string")
        return _character(int(digits, 16), raw_bytes), at + size
    if char in "0123":
        digits = body[at : at + 2]
        if len(digits) < 2 or not all("0" <= d <= "7" for d in digits):
            raise ValueError("unable to unescape octal sequence in string")
        return _character(int(char + digits, 8), raw_bytes), at + 2
    raise ValueError("unable to unescape string")


def _braced(body: str, at: int) -> tuple[str, int]:
    close = body.find("}", at)
    digits = body[at:close] if close >= 0 else ""
    if not 1 <= len(digits) <= 6 or not all(digit_value(d) < 16 for d in digits):
        raise ValueError("unable to unescape string")
    return _character(int(digits, 16), False), close + 1


def _character(code: int, raw_bytes: bool) -> str:
    if raw_bytes:
        return from_bytes(bytes([code]))
    if code > 0x10FFFF:
        raise ValueError("unable to unescape string")
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
