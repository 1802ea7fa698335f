"""Package strings, strconv and encoding/base64 of Go, where Python's own differ."""

from __future__ import annotations

import base64
import re
from typing import Final

from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import GoPanic, NilStrings, Strings, to_bytes

MAX_TEXT: Final = 4 << 20
MAX_PARTS: Final = 200_000
SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|(?:inf|infinity))|nan", re.IGNORECASE)
_SEPARATOR = re.compile("(?<=[0-9])_(?=[0-9])")
_HEX_SEPARATOR = re.compile("(?<=[0-9a-fA-FxX])_(?=[0-9a-fA-F])")
_HEX_FLOAT = re.compile(r"[+-]?0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?[0-9]+", re.IGNORECASE)


def atoi(text: str) -> int | None:
    """strconv.Atoi; None is its error.

    >>> atoi("+7"), atoi("1_0"), atoi("9223372036854775808")
    (7, None, None)
    """
    if _INTEGER.fullmatch(text) is None or len(text) > 4000:
        return None
    value = int(text)
    return value if -(1 << 63) <= value < 1 << 63 else None


def atoi_or_bound(text: str) -> int:
    """What strconv.Atoi gives beside its error: 0, or the nearest int."""
    if _INTEGER.fullmatch(text) is None:
        return 0
    value = int(text[:100])
    return min(max(value, -(1 << 63)), (1 << 63) - 1)


def atoi_error(text: str) -> str:
    """What strconv.Atoi says of a text that it refuses."""
    reason = "value out of range" if _INTEGER.fullmatch(text) else "invalid syntax"
    return f"strconv.Atoi: parsing {quote(text)}: {reason}"


def parse_float(text: str) -> float | None:
    """strconv.ParseFloat; None is its error (out of range is one)."""
    if "_" in text:
        between = _HEX_SEPARATOR if text[:3].lstrip("+-")[:2].lower() == "0x" else _SEPARATOR
        text = between.sub("", text)
    if _HEX_FLOAT.fullmatch(text) is not None:
        try:
            return float.fromhex(text)
        except OverflowError:
            return None
    if _FLOAT.fullmatch(text) is None:
        return None
    value = float(text)
    return None if value in (float("inf"), float("-inf")) and "i" not in text.lower() else value


def trim_space(text: str) -> str:
    return text.strip(SPACE)


def upper(text: str) -> str:
    """strings.ToUpper: one character for one."""
    if text.isascii():
        return text.upper()
    return "".join(char.upper() if len(char.upper()) == 1 else char for char in text)


def lower(text: str) -> str:
    """strings.ToLower: one character for one."""
    if text.isascii():
        return text.lower()
    return "".join(char.lower() if len(char.lower()) == 1 else ("i" if char == "\u0130" else char) for char in text)


def split(text: str, separator: str, limit: int = -1, *, keep: bool = False) -> Strings:
    """strings.SplitN, or SplitAfterN with `keep`."""
    if limit == 0:
        return NilStrings()
    if not separator:
        if limit < 0 and len(text) > MAX_PARTS:
            raise GoPanic("memory budget exceeded")
        parts = list(text) if limit < 0 or len(text) <= limit else [*text[: limit - 1], text[limit - 1 :]]
        return Strings(parts)
    if limit < 0 and len(text) > MAX_PARTS and text.count(separator) > MAX_PARTS:
        raise GoPanic("memory budget exceeded")
    parts = text.split(separator, limit - 1 if limit > 0 else -1)
    if keep:
        parts = [part + separator for part in parts[:-1]] + parts[-1:]
    return Strings(parts)


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    """strings.Replace, within bounds."""
    if len(new) > 1:
        places = text.count(old) if old else len(text) + 1
        if (places if limit < 0 else min(places, limit)) * len(new) + len(text) > MAX_TEXT:
            raise GoPanic("memory budget exceeded")
    return text.replace(old, new, limit)


def join(separator: str, parts: list[str]) -> str:
    """strings.Join, within bounds."""
    if len(separator) * len(parts) + sum(map(len, parts)) > MAX_TEXT:
        raise GoPanic("memory budget exceeded")
    return separator.join(parts)


def index(text: str, part: str) -> int:
    """strings.Index, in bytes."""
    return text.find(part) if text.isascii() else to_bytes(text).find(to_bytes(part))


def last_index(text: str, part: str) -> int:
    """strings.LastIndex, in bytes."""
    return text.rfind(part) if text.isascii() else to_bytes(text).rfind(to_bytes(part))


_BASE64_HEAD = re.compile(rb"[A-Za-z0-9+/\r\n]*")
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def decode_base64(text: str) -> bytes:
    """base64.StdEncoding.DecodeString; line ends are skipped, any other mistake names its byte."""
    data = to_bytes(text)
    head = _BASE64_HEAD.match(data)
    end = head.end() if head is not None else 0
    digits = data[:end].translate(None, b"\r\n")
    whole = len(digits) // 4 * 4
    decoded = base64.b64decode(digits[:whole])
    quantum = [_BASE64.find(chr(digit)) for digit in digits[whole:]]
    if data[end : end + 1] == b"=":
        return decoded + _padded(data, end + 1, quantum)
    if end < len(data):
        raise GoPanic(f"illegal base64 data at input byte {end}")
    if quantum:
        raise GoPanic(f"illegal base64 data at input byte {end - len(quantum)}")
    return decoded


def decode_base32(text: str) -> bytes:
    """base32.StdEncoding.DecodeString; line ends are skipped, any other mistake names its byte."""
    data = bytes(byte for byte in to_bytes(text) if byte not in b"\r\n")
    out = bytearray()
    for start in range(0, len(data), 8):
        values = _quantum32(data, start)
        bits = 0
        for value in values + [0] * (8 - len(values)):
            bits = bits << 5 | value
        out += bits.to_bytes(5, "big")[: len(values) * 5 // 8]
        if len(values) < 8:
            break
    return bytes(out)


_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def _quantum32(data: bytes, start: int) -> list[int]:
    """The five-bit values of one group of eight characters, fewer where padding follows."""
    values: list[int] = []
    while len(values) < 8:
        at = start + len(values)
        if at >= len(data):
            raise GoPanic(f"illegal base32 data at input byte {start}")
        rest = data[at + 1 : at + 9]
        count = len(values)
        if data[at] == ord("=") and count >= 2 and len(rest) < 8:
            if len(rest) + count < 7:
                raise GoPanic(f"illegal base32 data at input byte {len(data)}")
            for offset in range(7 - count):
                if len(rest) > offset and rest[offset] != ord("="):
                    raise GoPanic(f"illegal base32 data at input byte {at + offset}")
            if count in (1, 3, 6):
                raise GoPanic(f"illegal base32 data at input byte {at}")
            return values
        value = _BASE32.find(data[at : at + 1])
        if value < 0:
            raise GoPanic(f"illegal base32 data at input byte {at}")
        values.append(value)
    return values


def _bytes_of(quantum: list[int]) -> bytes:
    bits = 0
    for value in quantum + [0] * (4 - len(quantum)):
        bits = bits << 6 | value
    return bits.to_bytes(3, "big")[: len(quantum) * 6 // 8]


def _padded(data: bytes, at: int, quantum: list[int]) -> bytes:
    """The last quantum; `at` stands behind the first `=`."""
    if len(quantum) < 2:
        raise GoPanic(f"illegal base64 data at input byte {at - 1}")
    if len(quantum) == 2:
        while at < len(data) and data[at] in b"\r\n":
            at += 1
        if at == len(data):
            raise GoPanic(f"illegal base64 data at input byte {len(data)}")
        if data[at] != ord("="):
            raise GoPanic(f"illegal base64 data at input byte {at}")
        at += 1
    while at < len(data) and data[at] in b"\r\n":
        at += 1
    if at < len(data):
        raise GoPanic(f"illegal base64 data at input byte {at}")
    return _bytes_of(quantum)


def parse_bool(text: str) -> bool | None:
    """strconv.ParseBool; None is its error."""
    if text in ("1", "t", "T", "TRUE", "true", "True"):
        return True
    return False if text in ("0", "f", "F", "FALSE", "false", "False") else None
