"""Random values. They follow from the seed of the `Ambient` and from the arguments."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable
from typing import Final

from tiphys.expressions.ambient import Ambient
from tiphys.expressions.functions.signature import I, S, Table, function
from tiphys.expressions.go_values import GoPanic

MAX_COUNT: Final = 10_000
_ASCII = "".join(chr(code) for code in range(32, 127))


def _pick(ambient: Ambient, alphabet: str, count: int, purpose: str) -> str:
    if count < 0:
        return ""
    if count > MAX_COUNT:
        raise GoPanic("memory budget exceeded")
    data = ambient.random_bytes(count * 8, f"{purpose} {count}")
    numbers = (int.from_bytes(data[at : at + 8], "big") for at in range(0, len(data), 8))
    return "".join(alphabet[number % len(alphabet)] for number in numbers)


def _letters(name: str, alphabet: str) -> Callable[[Ambient, int], str]:
    return lambda ambient, count: _pick(ambient, alphabet, count, name)


def _integer(ambient: Ambient, low: int, high: int) -> int:
    if high <= low:
        raise GoPanic("invalid argument to Intn")
    return low + int.from_bytes(ambient.random_bytes(16, f"randInt {low} {high}"), "big") % (high - low)


def _bytes(ambient: Ambient, count: int) -> str:
    if count < 0:
        raise GoPanic("runtime error: makeslice: len out of range")
    if count > MAX_COUNT:
        raise GoPanic("memory budget exceeded")
    return base64.b64encode(ambient.random_bytes(count, f"randBytes {count}")).decode()


def _shuffle(ambient: Ambient, text: str) -> str:
    chars = list(text)
    data = ambient.random_bytes(8 * len(chars), f"shuffle {text}")
    for index in range(len(chars) - 1, 0, -1):
        other = int.from_bytes(data[index * 8 : index * 8 + 8], "big") % (index + 1)
        chars[index], chars[other] = chars[other], chars[index]
    return "".join(chars)


def _uuid(ambient: Ambient) -> str:
    data = bytearray(ambient.random_bytes(16, "uuidv4"))
    data[6] = data[6] & 0x0F | 0x40
    data[8] = data[8] & 0x3F | 0x80
    text = data.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


_ALPHABETS = {
    "randAlphaNum": string.ascii_letters + string.digits,
    "randAlpha": string.ascii_letters,
    "randAscii": _ASCII,
    "randNumeric": string.digits,
}
FUNCTIONS: Table = {
    **{name: function(_letters(name, letters), I, output=S, ambient=True) for name, letters in _ALPHABETS.items()},
    "randInt": function(_integer, I, I, output=I, ambient=True),
    "randBytes": function(_bytes, I, output=S, fails=True, ambient=True),
    "shuffle": function(_shuffle, S, output=S, ambient=True, slow=2),
    "uuidv4": function(_uuid, output=S, ambient=True),
}
