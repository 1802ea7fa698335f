"""Numbers, texts and values as Go writes them."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiphys.expressions import go_format, go_json
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import AnyMap, Duration, GoPanic, Ints, NilList, NilMap, Strings, Uint8


@pytest.mark.parametrize(
    ("value", "plain", "in_json"),
    [
        (0.0, "0", "0"),
        (-0.0, "-0", "-0"),
        (1.0, "1", "1"),
        (100000.0, "100000", "100000"),
        (1234567.0, "1.234567e+06", "1234567"),
        (1e20, "1e+20", "100000000000000000000"),
        (1e21, "1e+21", "1e+21"),
        (0.0001, "0.0001", "0.0001"),
        (0.00001, "1e-05", "0.00001"),
        (0.000001, "1e-06", "0.000001"),
        (0.0000001, "1e-07", "1e-7"),
        (1.5e-10, "1.5e-10", "1.5e-10"),
        (5e-324, "5e-324", "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308", "1.7976931348623157e+308"),
        (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
    ],
)
def test_floats(value: float, plain: str, in_json: str) -> None:
    assert go_format.format_float(value) == plain
    assert go_format.json_float(value) == in_json


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_read_back(value: float) -> None:
    for write in (go_format.format_float, go_format.json_float, go_format.plain_float):
        assert float(write(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "<nil>"),
        (True, "true"),
        (7, "7"),
        ("a b", "a b"),
        ([1, "a", None, [2.5]], "[1 a <nil> [2.5]]"),
        ({"b": 1, "a": {}}, "map[a:map[] b:1]"),
        (b"ab", "[97 98]"),
        (Duration(1_500_000_000), "1.5s"),
        (Uint8(97), "97"),
        (NilList(), "[]"),
        (NilMap(), "map[]"),
    ],
)
def test_percent_v(value: Any, text: str) -> None:
    assert go_format.sprint(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1.0, "a": [None, True, "<&>"]}, '{"a":[null,true,"\\u003c\\u0026\\u003e"],"b":1}'),
        ('\x00\x08\x0c\n\r\t"\\\u2028', '"\\u0000\\b\\f\\n\\r\\t\\"\\\\\\u2028"'),
        (NilList(), "null"),
        (NilMap(), "null"),
        (Strings(["a"]), '["a"]'),
        (Ints([1, 2]), "[1,2]"),
        (b"hi", '"aGk="'),
        (Duration(5), "5"),
        ("\udcff", '"\\ufffd"'),
    ],
)
def test_json(value: Any, text: str) -> None:
    assert go_format.to_json(value) == text


def test_what_json_cannot_say() -> None:
    for value in (float("nan"), float("inf"), [float("-inf")], AnyMap()):
        with pytest.raises(GoPanic, match="json: unsupported"):
            go_format.to_json(value)


def test_indented_json() -> None:
    assert go_format.to_json_indent({"a": [1, {"b": []}], "c": {}, "d": 'x,"{'}) == (
        '{\n  "a": [\n    1,\n    {\n      "b": []\n    }\n  ],\n  "c": {},\n  "d": "x,\\"{"\n}'
    )
    assert go_format.to_json_indent("a, b") == '"a, b"'


def test_json_without_escapes_of_html() -> None:
    assert go_format.json_unescaped(["<a>", "\\u003c", "\\<"]) == '["<a>","\\\\u003c","\\\\<"]'


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_json_reads_back(value: Any) -> None:
    text = go_format.to_json(value)
    assert json.loads(text, parse_int=float) == value
    assert go_json.loads(text) == value
    assert go_json.loads(go_format.to_json_indent(value)) == value


@given(st.text())
def test_quotes_read_back(text: str) -> None:
    quoted = quote(text)
    assert quoted.isprintable()
    assert ast.literal_eval(quoted) == text  # Go's escapes are Python's, too


def test_quotes() -> None:
    assert quote('a"b\\\a\v\x7f\x80\u200b\U000e0001é\udc80') == '"a\\"b\\\\\\a\\v\\x7f\\u0080\\u200b\\U000e0001é\\x80"'
    assert quote("'\"", "'") == "'\\'\"'"
