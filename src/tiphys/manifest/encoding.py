"""An object as Go writes it: in the order of the struct's fields, without what is empty.

The other half of `decoding`; also Go's JSON text, in which Argo looks for its tags.
"""

from __future__ import annotations

import json
import re
import struct
from typing import Any, Final

from tiphys.manifest.fields import Field, Shape, fields_of, shape_of

Json = Any

_LARGEST_FLOAT32: Final = 3.4028235677973366e38
_ZEROS: Final[dict[str, Json]] = {
    "string": "",
    "bool": False,
    "integer": 0,
    "v1alpha1.AnyString": "",
    "intstr.IntOrString": 0,
    "resource.Quantity": "0",
}
_SPECIAL_IN_HTML: Final = re.compile("[<>&\u2028\u2029]")


def encode(value: Json, type: str) -> Json:
    """Give an object that `decoding.read` read in the form in which Go writes it.

    >>> encode({"name": "x", "enum": []}, "v1alpha1.Parameter")
    {'name': 'x'}
    """
    return _encode(value, shape_of(type))


def to_text(value: Json) -> str:
    """Return Go's JSON text of an encoded value: compact, with `<`, `>` and `&` escaped.

    >>> to_text({"when": "{{a}} > 1"})
    '{"when":"{{a}} \\\\u003e 1"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _SPECIAL_IN_HTML.sub(_escaped, text)


def json_number(value: int | float) -> str:
    """Return a number as Go's encoding/json writes it.

    >>> json_number(1e-7), json_number(0.00001), json_number(1e21)
    ('1e-7', '0.00001', '1e+21')
    """
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e21:
        return plain_number(value)
    if value and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        if exponent:
            return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"
    return plain_number(value)


def plain_number(value: int | float) -> str:
    """Return a number's shortest digits without exponent (Go's format `f`).

    >>> plain_number(1e21), plain_number(2**53 + 1), plain_number(1.5)
    ('1000000000000000000000', '9007199254740992', '1.5')
    """
    mantissa, _, exponent = repr(float(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    if exponent:
        sign = "-" if whole.startswith("-") else ""
        digits, shift = whole.lstrip("-") + fraction, int(exponent) + len(whole.lstrip("-"))
        if shift <= 0:
            return f"{sign}0.{'0' * -shift}{digits}"
        whole, fraction = sign + digits[:shift].ljust(shift, "0"), digits[shift:]
    return f"{whole}.{fraction}" if fraction else whole


def float32_text(value: float) -> str:
    """Return the shortest text that reads back as the same 32-bit number (Go's format `g`).

    sigs.k8s.io/yaml makes strings of numbers so.

    >>> float32_text(0.1), float32_text(16777217.5)
    ('0.1', '1.6777218e+07')
    """
    if abs(value) > _LARGEST_FLOAT32:
        return "+Inf" if value > 0 else "-Inf"
    single = _float32(value)
    shortest = next(
        text for digits in range(1, 18) if _float32(float(text := f"{single:.{digits - 1}e}")) == single
    )
    exponent = shortest.partition("e")[2]
    if not -4 <= int(exponent) < 6:
        return shortest
    return plain_number(float(shortest))


def _float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _encode(value: Json, shape: Shape) -> Json:
    if value is None:
        return _zero(shape)
    match shape.kind:
        case "struct":
            return _written(value, shape.type)
        case "list":
            element = shape.element
            return [_encode(item, element) for item in value]
        case "map":
            element = shape.element
            return {key: _encode(item, element) for key, item in value.items()}
        case "self-reading":
            if shape.type == "v1alpha1.ParallelSteps":
                step = shape_of("v1alpha1.WorkflowStep")
                return [_encode(each, step) for each in value]
            return _sorted(value)
        case _:
            return value


def _written(values: dict[str, Json], type: str) -> dict[str, Json]:
    written: dict[str, Json] = {}
    for name, known in fields_of(type).items():
        value = values.get(name)
        if value is None:
            if known.omit_empty and not known.is_always_written:
                continue
            written[name] = _zero(known.shape)
        elif not (known.omit_empty and _is_empty(value, known)):
            written[name] = _encode(value, known.shape)
    return written


def _is_empty(value: Json, known: Field) -> bool:
    if known.shape.is_pointer or known.is_always_written:
        return False
    return value in ("", 0, False) or value == [] or value == {}


def _zero(shape: Shape) -> Json:
    if shape.is_pointer or shape.kind in ("list", "map"):
        return None
    if shape.kind == "struct":
        return _written({}, shape.type)
    return _ZEROS.get(shape.type if shape.kind == "self-reading" else shape.kind)


def _sorted(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
