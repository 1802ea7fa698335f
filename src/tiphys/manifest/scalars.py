"""Scalars of YAML as Go's sigs.k8s.io/yaml (kubectl, argo) reads them, which is not how PyYAML does.

`y`, `on` and `No` are booleans, `0o17` and `017` are fifteen, `1e3` is a number, `12:30` and dates are
strings. What is read has made the way through JSON, as every manifest does: `1.0` is `1`.
The rules: https://github.com/yaml/go-yaml/blob/v2.4.0/resolve.go
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from decimal import Decimal

Scalar = str | int | float | bool | None

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_MAYBE_WORD = frozenset("yYnNtTfFoO~")
_MAYBE_NUMBER = frozenset("0123456789+-.")

_INTEGER = re.compile(
    r"""(?P<sign>[-+]?)(?:
        0[xX](?P<hex>[0-9a-fA-F]+) | 0[oO]?(?P<octal>[0-7]+) | 0[bB](?P<binary>[01]+)
        | (?P<decimal>0|[1-9][0-9]*) )\Z""",
    re.VERBOSE,
)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_STRAY_UNDERSCORE = re.compile(r"(?<![0-9])_|_(?![0-9])")
_BASES = {"hex": 16, "octal": 8, "binary": 2, "decimal": 10}
_LONGEST_INTEGER = 70  # digits; 64 bits in base 2 and a few leading zeros

_TAG = "tag:yaml.org,2002:"
_TYPE_OF_TAG: dict[str, tuple[type, ...]] = {
    _TAG + "bool": (bool,),
    _TAG + "int": (int,),
    _TAG + "float": (float, int),
    _TAG + "null": (type(None),),
    _TAG + "timestamp": (str,),
}

# Strings that some reader of YAML 1.1 or 1.2 takes for something else: numbers in any base, base 60,
# dates, and the words for booleans and null in any spelling.
_AMBIGUOUS_WORD = re.compile(
    r"(?:y|n|yes|no|on|off|true|false|null|~|<<|=|[-+]?\.?(?:inf|infinity|nan))?\Z", re.IGNORECASE
)
_AMBIGUOUS_NUMBER = re.compile(  # a UUID of many digits is none
    r"(?![0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-)"
    r"[-+]?\.?[0-9][-+0-9a-fA-FxXoObBeE_.:,]*(?:[Tt ][-+0-9:.Zz ]*)?\Z"
)


def resolve_plain(text: str) -> Scalar:
    """Return the value of an unquoted scalar without a tag.

    >>> [resolve_plain(t) for t in ("on", "0o17", "1e3", "12:30", "2024-01-01", "~")]
    [True, 15, 1000, '12:30', '2024-01-01', None]
    """
    if not text:
        return None
    head = text[0]
    if head in _MAYBE_WORD:
        return through_json(_WORDS[text]) if text in _WORDS else text
    return _number(text) if head in _MAYBE_NUMBER else text


def resolve_tagged(tag: str, text: str) -> Scalar:
    """Return the value of a scalar with an explicit tag, or raise `ValueError` when it does not fit."""
    if tag == _TAG + "binary":
        return _binary(text)
    types = _TYPE_OF_TAG.get(tag)
    if types is None:
        return text
    value = resolve_plain(text)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise ValueError(f"`{text}` is not a value for the tag `!!{tag.removeprefix(_TAG)}`")
    return value


def through_json(value: bool | float | None) -> bool | int | float | None:
    """Return a number as it comes out of Go's JSON; raise `ValueError` for what JSON cannot say.

    >>> through_json(1.0), through_json(1e20), through_json(1e21)
    (1, 100000000000000000000, 1e+21)
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(1 << 63) <= value < (1 << 64) else through_json(float(value))
    if not math.isfinite(value):
        raise ValueError("infinity and not-a-number have no place in a manifest")
    if value.is_integer() and abs(value) < 1e21:
        return int(Decimal(repr(value)))
    return value


def is_ambiguous(text: str) -> bool:
    """True if some reader of YAML takes this text, left unquoted, for something that is not a string."""
    return bool(_AMBIGUOUS_WORD.match(text) or _AMBIGUOUS_NUMBER.match(text))


def _number(text: str) -> Scalar:
    if text in _WORDS:
        return through_json(_WORDS[text])
    plain = text.replace("_", "")
    if text[0] == ".":
        if _STRAY_UNDERSCORE.search(text):
            return text
    elif (integer := _integer(plain)) is not None:
        return integer
    if _FLOAT.match(plain):
        value = float(plain)
        return text if math.isinf(value) else through_json(value)
    return text


def _integer(plain: str) -> int | None:
    """An integer of at most 64 bits; all others are floats or strings."""
    found = _INTEGER.match(plain)
    if not found or len(plain) > _LONGEST_INTEGER:
        return None
    base = str(found.lastgroup)
    value = int(found[base], _BASES[base])
    sign = found["sign"]
    if sign == "-":
        value = -value
    largest = 1 << (63 if sign else 64)  # unsigned integers have no sign in Go
    return value if -(1 << 63) <= value < largest else None


def _binary(text: str) -> str:
    try:
        data = base64.b64decode("".join(text.splitlines()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the text under `!!binary` is not base64") from error
    # Go puts one replacement character for each byte that is no UTF-8
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))
