"""strconv.Quote: a Go string as a Go literal."""

from __future__ import annotations

import re
import unicodedata

_QUOTE_ESCAPES = {
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
    return delimiter + "".join(map(_quoted_char, text, delimiter * len(text))) + delimiter


def _quoted_char(char: str, delimiter: str) -> str:
    if char == delimiter:
        return "\\" + char
    known = _QUOTE_ESCAPES.get(char)
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


def quote_bytes(text: str) -> str:
    """The quoting of package time: everything beyond printable ASCII is written in bytes."""
    out = []
    for byte in text.encode("utf-8", "surrogateescape"):
        if byte in b'"\\':
            out.append("\\" + chr(byte))
        else:
            out.append(chr(byte) if 0x20 <= byte < 0x80 else f"\\x{byte:02x}")
    return '"' + "".join(out) + '"'
