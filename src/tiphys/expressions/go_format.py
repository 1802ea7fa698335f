"""Go's way to write values: strconv's numbers and quotes, fmt's `%v` and `Sprintf`, encoding/json.

Map keys are sorted, floats are written as strconv does, `<`, `>` and `&` are escaped in JSON.
"""

from __future__ import annotations

import base64
import math
import re
from typing import Any

from tiphys.expressions.duration import format_duration
from tiphys.expressions.go_time import RFC3339_NANO, Location, Month, Time, Weekday
from tiphys.expressions.go_values import (
    AnyMap,
    Duration,
    Func,
    GoPanic,
    Struct,
    from_bytes,
    is_nil,
    to_bytes,
    type_of,
)
from tiphys.expressions.time_layout import format_time, time_string


def _exponent_form(digits: str, exponent: int) -> str:
    """`d.ddde±dd` from the digits and the decimal exponent."""
    head = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{head}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _shortest(value: float) -> tuple[str, int]:
    """The shortest digits that read back as `value`, and the decimal exponent of the first one."""
    mantissa, _, shift = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "0", 0
    leading = len(whole + fraction) - len((whole + fraction).lstrip("0"))
    exponent10 = len(whole) - 1 - leading + (int(shift) if shift else 0)
    return digits.rstrip("0") or "0", exponent10


def _special(value: float, plus: str = "+") -> str | None:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return f"{plus}Inf" if value > 0 else "-Inf"
    return None


def _float_text(value: float, exponent_below: int, exponent_from: int) -> str:
    special = _special(value)
    if special is not None:
        return special
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    digits, exponent = _shortest(value)
    if digits != "0" and (exponent < exponent_below or exponent >= exponent_from):
        return sign + _exponent_form(digits, exponent)
    return sign + _plain_form(digits, exponent)


def _plain_form(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    if len(digits) <= exponent + 1:
        return digits + "0" * (exponent + 1 - len(digits))
    return digits[: exponent + 1] + "." + digits[exponent + 1 :]


def format_float(value: float) -> str:
    """`%v` of a float64.

    >>> format_float(7.0), format_float(1e21), format_float(0.00001), format_float(1234567.0)
    ('7', '1e+21', '1e-05', '1.234567e+06')
    """
    return _float_text(value, -4, 6)


def plain_float(value: float) -> str:
    """strconv.FormatFloat(f, 'f', -1, 64): never an exponent."""
    special = _special(value)
    if special is not None:
        return special
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    return sign + _plain_form(*_shortest(value))


def json_float(value: float) -> str:
    """A float64 as encoding/json writes it.

    >>> json_float(1e21), json_float(1e-7), json_float(1e20)
    ('1e+21', '1e-7', '100000000000000000000')
    """
    if math.isnan(value) or math.isinf(value):
        raise GoPanic(f"json: unsupported value: {_special(value)}")
    text = _float_text(value, -6, 21)
    if text[-4:-1] == "e-0":
        text = text[:-2] + text[-1]
    return text


def sprint(value: Any) -> str:
    """`%v` as fmt prints it.

    >>> sprint({"b": [1, "x"], "a": None})
    'map[a:<nil> b:[1 x]]'
    """
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return "<nil>"
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return format_float(value)
    if kind is Duration:
        return format_duration(value)
    if isinstance(value, int):
        return str(value) if type(value) in _NAMED_NUMBERS else str(int(value))
    if isinstance(value, bytes):
        return "[" + " ".join(map(str, value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(sprint, value)) + "]"
    if isinstance(value, dict | AnyMap):
        return "map[" + " ".join(f"{sprint(k)}:{sprint(v)}" for k, v in _sorted_items(value)) + "]"
    if isinstance(value, Struct):
        return sprint_struct(value)
    if isinstance(value, Time):
        return time_string(value)
    if isinstance(value, Func):
        return "0x0"
    return str(value)


def sprint_struct(value: Struct) -> str:
    """`%v` of a struct: its String() where it has one, else its fields."""
    if "String" in value.methods:
        return str(value.methods["String"].call())
    text = "{" + " ".join(map(sprint, value.fields.values())) + "}"
    return "&" + text if value.go_type.kind == "ptr" else text


def sprint_as_string(value: Any) -> str:
    """`%s`, which complains of what is no text.

    >>> sprint_as_string(["a", 1, None]), sprint_as_string(True)
    ('[a %!s(int=1) <nil>]', '%!s(bool=true)')
    """
    if value is None:
        return "%!s(<nil>)"
    if isinstance(value, str | bytes):
        return value if isinstance(value, str) else from_bytes(value)
    if isinstance(value, list):
        return "[" + " ".join(map(_element_as_string, value)) + "]"
    if isinstance(value, dict | AnyMap):
        pairs = (f"{_element_as_string(k)}:{_element_as_string(v)}" for k, v in _sorted_items(value))
        return f"map[{' '.join(pairs)}]"
    if isinstance(value, Time | Duration | Month | Weekday | Location) or (
        isinstance(value, Struct) and "String" in value.methods
    ):
        return sprint(value)
    if isinstance(value, Func):
        return f"%!s({value.go_type.name}={sprint(value)})"
    return f"%!s({type_of(value).name}={sprint(value)})"


def _element_as_string(value: Any) -> str:
    return "<nil>" if value is None else sprint_as_string(value)


_NAMED_NUMBERS = (Month, Weekday)
_KEY_RANK = {"invalid": 0, "int": 1, "float64": 2, "string": 3, "bool": 4}


def _sorted_items(value: dict[str, Any] | AnyMap) -> list[tuple[Any, Any]]:
    items = list(value.items())
    if isinstance(value, dict):
        return sorted(items, key=lambda item: to_bytes(item[0]))
    return sorted(items, key=lambda item: (_KEY_RANK.get(type_of(item[0]).kind, 9), item[0] or 0, sprint(item[0])))


_JSON_SPECIAL = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')
_JSON_ESCAPES = {
    **{chr(code): f"\\u{code:04x}" for code in (*range(0x20), *map(ord, "<>&\u2028\u2029"))},
    **dict.fromkeys(map(chr, range(0xD800, 0xE000)), "\\ufffd"),
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_JSON_TABLE = str.maketrans(_JSON_ESCAPES)


def json_string(text: str) -> str:
    r"""A string as encoding/json writes it.

    >>> print(json_string('<a href="x">&'))
    "\u003ca href=\"x\"\u003e\u0026"
    """
    return f'"{text.translate(_JSON_TABLE)}"' if _JSON_SPECIAL.search(text) else f'"{text}"'


def to_json(value: Any) -> str:
    """json.Marshal; what JSON cannot say raises `GoPanic` with Go's words.

    >>> to_json({"b": 1.0, "a": [None, True, "<"]})
    '{"a":[null,true,"\\\\u003c"],"b":1}'
    """
    kind = type(value)
    if kind is str:
        return json_string(value)
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is float:
        return json_float(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if isinstance(value, list):
        return "null" if is_nil(value) else "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, dict):
        if is_nil(value):
            return "null"
        return "{" + ",".join(f"{json_string(k)}:{to_json(v)}" for k, v in _sorted_items(value)) + "}"
    return _json_of_other(value)


def _json_of_other(value: Any) -> str:
    if isinstance(value, AnyMap | Func):
        raise GoPanic(f"json: unsupported type: {type_of(value).name}")
    if isinstance(value, Struct):
        if "MarshalJSON" in value.methods:
            return str(value.methods["MarshalJSON"].call())
        return "{" + ",".join(f"{json_string(k)}:{to_json(v)}" for k, v in value.fields.items()) + "}"
    if isinstance(value, Time):
        return f'"{format_time(value, RFC3339_NANO)}"'
    if isinstance(value, Location):
        return "{}"
    raise GoPanic(f"json: unsupported type: {type_of(value).name}")


def json_unescaped(value: Any) -> str:
    """JSON as an Encoder with SetEscapeHTML(false) writes it: `<`, `>` and `&` as they are."""
    text = to_json(value).replace("\\\\", "\x00")  # a backslash that is text begins no escape
    for escape, char in (("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&")):
        text = text.replace(escape, char)
    return text.replace("\x00", "\\\\")


def to_json_indent(value: Any, indent: str = "  ") -> str:
    """json.MarshalIndent(value, "", indent)."""
    return indent_json(to_json(value), indent)


def indent_json(text: str, indent: str = "  ") -> str:
    """json.Indent of compact JSON: empty lists and objects stay `[]` and `{}`."""
    if text[0] not in "[{":
        return text
    out: list[str] = []
    depth = 0
    at = 0
    for token in re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^{}\[\],:"]+', text):
        word = token[0]
        at = token.end()
        if word in "{[" and at < len(text) and text[at] in "}]":
            out.append(word)
        elif word in "{[":
            depth += 1
            out.append(word + "\n" + indent * depth)
        elif word in "}]" and out and out[-1] in ("{", "["):
            out.append(word)
        elif word in "}]":
            depth -= 1
            out.append("\n" + indent * depth + word)
        elif word == ",":
            out.append(",\n" + indent * depth)
        elif word == ":":
            out.append(": ")
        else:
            out.append(word)
    return "".join(out)


def ordered_json(value: Any) -> str:
    """JSON of plain data with Go's escapes, keys in the order given (as a Go struct would be written)."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_string(str(k))}:{ordered_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(ordered_json, value)) + "]"
    return to_json(value)
