"""strconv.Quote: a Go string as a Go literal."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_SHORT: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}
_PLAIN = re.compile(r"[ !#-\[\]-~]*\Z")


def is_printable(char: str) -> bool:
    """unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII blank."""
    return char == " " or unicodedata.category(char)[0] in "LMNPS"


def quote(text: str, delimiter: str = '"') -> str:
    r"""strconv.Quote.

    >>> print(quote('a"b\n\x00ü\u200b'))
    "a\"b\n\x00ü\u200b"
    """
    if delimiter == '"' and _PLAIN.match(text):
        return f'"{text}"'
    return delimiter + text.translate(_TABLES[delimiter]) + delimiter


class _Table(dict[int, str]):
    """What is written for each character, as it is met; only those of ASCII are remembered."""

    def __missing__(self, code: int) -> str:
        written = _written(chr(code))
        if code < 0x80:
            self[code] = written
        return written


_TABLES: Final = {delimiter: _Table({ord(delimiter): "\\" + delimiter}) for delimiter in "\"'"}


def _written(char: str) -> str:
    known = _SHORT.get(char)
    if known is not None:
        return known
    code = ord(char)
    if " " <= char <= "~" or (code > 0x7F and not 0xD800 <= code <= 0xDFFF and is_printable(char)):
        return char
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return "\\ufffd"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_BYTES: Final = [
    "\\" + chr(byte) if byte in b'"\\' else chr(byte) if 0x20 <= byte < 0x80 else f"\\x{byte:02x}"
    for byte in range(256)
]


def quote_bytes(text: str) -> str:
    """The quoting of package time: everything beyond printable ASCII is written in bytes."""
    return '"' + "".join(map(_BYTES.__getitem__, text.encode("utf-8", "surrogateescape"))) + '"'
