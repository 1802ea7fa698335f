from __future__ import annotations

from typing import Any

import pytest

from tiphys.errors import ManifestError
from tiphys.manifest.fields import POD_SPEC, TEMPLATE, WORKFLOW_SPEC
from tiphys.manifest.strategic_merge import strategic_merge


def named(*names: str) -> list[dict[str, Any]]:
    return [{"name": name} for name in names]


def test_neither_argument_is_changed() -> None:
    original = {"containers": [{"name": "main", "env": named("A")}]}
    patch = {"containers": [{"name": "main", "env": named("B")}]}
    strategic_merge(original, patch, POD_SPEC)
    assert original == {"containers": [{"name": "main", "env": named("A")}]}
    assert patch == {"containers": [{"name": "main", "env": named("B")}]}


def test_containers_merge_by_name_and_their_variables_too() -> None:
    original = {"containers": [{"name": "wait"}, {"name": "main", "env": [{"name": "A", "value": "1"}]}]}
    patch = {"containers": [{"name": "main", "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]}]}
    merged = strategic_merge(original, patch, POD_SPEC)
    assert merged["containers"] == [
        {"name": "wait"},
        {"name": "main", "env": [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]},
    ]


def test_lists_without_merge_key_are_replaced() -> None:
    original = {"tolerations": [{"key": "a"}], "containers": [{"name": "m", "args": ["1", "2"]}]}
    patch = {"tolerations": [{"key": "b"}], "containers": [{"name": "m", "args": ["3"]}]}
    merged = strategic_merge(original, patch, POD_SPEC)
    assert merged == {"tolerations": [{"key": "b"}], "containers": [{"name": "m", "args": ["3"]}]}


def test_argo_merges_tolerations_by_key() -> None:
    merged = strategic_merge({"tolerations": [{"key": "a"}]}, {"tolerations": [{"key": "b"}]}, TEMPLATE)
    # an item that is only in the patch stands before one that is only in the original
    assert merged["tolerations"] == [{"key": "b"}, {"key": "a"}]


@pytest.mark.parametrize(
    ("original", "patch", "merged"),
    [
        ("ab", "cd", "cdab"),
        ("abc", "c", "abc"),
        ("abc", "ca", "bca"),
        ("abcd", "xc", "xabcd"),
        ("abcd", "cx", "abcxd"),
        ("", "ba", "ba"),
    ],
)
def test_the_order_is_that_of_kubernetes(original: str, patch: str, merged: str) -> None:
    result = strategic_merge({"templates": named(*original)}, {"templates": named(*patch)}, WORKFLOW_SPEC)
    assert "".join(each["name"] for each in result["templates"]) == merged


def test_null_deletes() -> None:
    assert strategic_merge({"a": 1, "b": {"c": 2, "d": 3}}, {"a": None, "b": {"c": None}}, POD_SPEC) == {"b": {"d": 3}}


def test_directives() -> None:
    original = {"containers": named("a", "b"), "securityContext": {"runAsUser": 1}, "volumes": named("v")}
    patch = {
        "containers": [{"name": "a", "$patch": "delete"}],
        "securityContext": {"$patch": "replace", "runAsGroup": 2},
        "volumes": [{"$patch": "replace"}, {"name": "w"}],
    }
    assert strategic_merge(original, patch, POD_SPEC) == {
        "containers": named("b"),
        "securityContext": {"runAsGroup": 2},
        "volumes": named("w"),
    }


def test_retain_keys() -> None:
    original = {"volumes": [{"name": "v", "emptyDir": {}}]}
    patch = {"volumes": [{"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}]}
    assert strategic_merge(original, patch, POD_SPEC)["volumes"] == [{"name": "v", "hostPath": {"path": "/x"}}]


def test_an_item_without_its_key_is_refused() -> None:
    with pytest.raises(ManifestError, match="does not contain declared merge key: name"):
        strategic_merge({"containers": named("a")}, {"containers": [{"image": "x"}]}, POD_SPEC)


def test_an_unknown_directive_is_refused() -> None:
    with pytest.raises(ManifestError, match="unknown patch type"):
        strategic_merge({"a": {}}, {"a": {"$patch": "maybe"}}, POD_SPEC)
