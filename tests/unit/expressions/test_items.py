"""Items of loops: kinds, what they put into the scope, and names of nodes."""

from __future__ import annotations

import pytest

from tiphys.errors import ExpressionError
from tiphys.expressions import items


@pytest.mark.parametrize(
    ("text", "kind", "values", "name"),
    [
        ("1", "Number", {"item": "1"}, "n(0:1)"),
        ("1.0", "Number", {"item": "1.0"}, "n(0:1.0)"),
        ("1e3", "Number", {"item": "1e3"}, "n(0:1e3)"),
        ("true", "Bool", {"item": "true"}, "n(0:true)"),
        ('"a b"', "String", {"item": "a b"}, "n(0:a b)"),
        ('"(x)"', "String", {"item": "(x)"}, "n(0:x)"),
        ('"l\\n"', "String", {"item": "l\n"}, "n(0:l\\n)"),
        ('"1"', "String", {"item": "1"}, "n(0:1)"),
        ("null", "List", {"item": "null"}, "n(0:[])"),
        ('[1, "a", {"b": 2}]', "List", {"item": '[1,"a",{"b":2}]'}, 'n(0:[1 a {"b":2}])'),
        (
            '{"b": 1.50, "a": {"c": "x"}}',
            "Map",
            {"item": '{"a":{"c":"x"},"b":1.50}', "item.a": '{"c":"x"}', "item.b": "1.50"},
            'n(0:a:{"c":"x"},b:1.50)',
        ),
        ('{"a": "<&>"}', "Map", {"item": '{"a":"\\u003c\\u0026\\u003e"}', "item.a": "<&>"}, "n(0:a:<&>)"),
    ],
)
def test_item(text: str, kind: str, values: dict[str, str], name: str) -> None:
    item = items.parse(text)
    assert item.kind == kind
    assert items.values(item) == values
    assert items.node_name("n", 0, item) == name


def test_values_of_a_manifest() -> None:
    shown = [items.of_value(value).raw for value in (1, 1.0, 2.50, True, None, "x", {"b": 1, "a": [1.0]})]
    assert shown == ["1", "1", "2.5", "true", "null", '"x"', '{"a":[1],"b":1}']


def test_a_list_of_items() -> None:
    assert [item.raw for item in items.list_of(' [1.0, "a, b", [2, 3], {"x": [1]}, null ] ')] == [
        "1.0",
        '"a, b"',
        "[2,3]",
        '{"x":[1]}',
        "null",
    ]
    assert items.list_of("[]") == items.list_of("null") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unexpected end of JSON input"),
        ("[1,", "unexpected end of JSON input"),
        ("[1 2]", "invalid character '2' after array element"),
        ("{}", "json: cannot unmarshal object into Go value of type []v1alpha1.Item"),
        ('"x"', "json: cannot unmarshal string into Go value of type []v1alpha1.Item"),
        ("1", "json: cannot unmarshal number into Go value of type []v1alpha1.Item"),
        ("true", "json: cannot unmarshal bool into Go value of type []v1alpha1.Item"),
    ],
)
def test_no_list_of_items(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        items.list_of(text)
    assert caught.value.message == message
