"""What counts as a difference between two answers."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.simulate.comparison import differences


def paths(expected: dict[str, Any], actual: dict[str, Any], unstable: list[str] | None = None) -> list[str]:
    return ["/".join(each.path) for each in differences(expected, actual, unstable or [])]


def test_equal_answers_do_not_differ() -> None:
    assert paths({"phase": "Failed", "nodes": {}}, {"phase": "Failed", "message": "", "outputs": None}) == []


@pytest.mark.parametrize("field", ["rounds", "lastLog", "templateScope"])
def test_informative_fields_do_not_count(field: str) -> None:
    assert paths({field: 1}, {field: 2}) == []


def test_order_of_children_does_not_count() -> None:
    assert paths({"nodes": {"a": {"children": ["x", "y"]}}}, {"nodes": {"a": {"children": ["y", "x"]}}}) == []
    assert paths({"podOrder": ["x", "x", "y"]}, {"podOrder": ["y", "x"]}) == []
    assert paths({"podOrder": ["x"]}, {"podOrder": ["y", "x"]}) == ["podOrder"]


def test_order_of_anything_else_does() -> None:
    assert paths({"items": [1, 2]}, {"items": [2, 1]}) == ["items/0", "items/1"]


def test_a_missing_node_is_one_difference() -> None:
    assert paths({"nodes": {"a": {"phase": "Failed", "type": "Pod"}}}, {"nodes": {}}) == ["nodes"]
    assert paths({"nodes": {"a": {"p": 1}, "b": {"p": 1}}}, {"nodes": {"b": {"p": 1}}}) == ["nodes/a"]


def test_types_count() -> None:
    assert paths({"a": 1}, {"a": "1"}) == ["a"]
    assert paths({"a": False}, {"a": False}) == []


def test_unstable_paths_do_not_count() -> None:
    expected = {"phase": "Failed", "nodes": {"a(0:x/y)": {"phase": "Failed", "message": "m"}}}
    actual = {"phase": "Error", "nodes": {"a(0:x/y)": {"phase": "Error", "message": "m"}}}
    assert paths(expected, actual, ["/phase", "/nodes/a(0:x/y)/phase"]) == []
    assert paths(expected, actual, ["/nodes/a(0:x/y)"]) == ["phase"]


def test_a_list_with_an_unstable_element_does_not_count() -> None:
    assert paths({"a": {"l": ["x", "y"]}}, {"a": {"l": ["z"]}}, ["/a/l/1"]) == []
