"""Base 64 and 32, and checksums."""

from __future__ import annotations

import base64
import hashlib
import zlib

from tiphys.expressions import go_strings
from tiphys.expressions.functions.signature import S, Table, function
from tiphys.expressions.go_values import GoPanic, from_bytes, to_bytes


def _decode64(text: str) -> str:
    try:
        return from_bytes(go_strings.decode_base64(text))
    except GoPanic as panic:
        return panic.message


def _decode32(text: str) -> str:
    try:
        return from_bytes(go_strings.decode_base32(text))
    except GoPanic as panic:
        return panic.message


FUNCTIONS: Table = {
    "b64enc": function(lambda text: base64.b64encode(to_bytes(text)).decode(), S, output=S),
    "b64dec": function(_decode64, S, output=S),
    "b32enc": function(lambda text: base64.b32encode(to_bytes(text)).decode(), S, output=S),
    "b32dec": function(_decode32, S, output=S, slow=4),
    "sha1sum": function(lambda text: hashlib.sha1(to_bytes(text), usedforsecurity=False).hexdigest(), S, output=S),
    "sha256sum": function(lambda text: hashlib.sha256(to_bytes(text)).hexdigest(), S, output=S),
    "sha512sum": function(lambda text: hashlib.sha512(to_bytes(text)).hexdigest(), S, output=S),
    "adler32sum": function(lambda text: str(zlib.adler32(to_bytes(text))), S, output=S),
}
