"""How texts and trees with tags are replaced, beyond what single texts show."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.expressions import tags
from tiphys.expressions.ambient import Ambient

SCOPE = {"a.b": "x", "n": "3", "empty": "", "none": None, "tag": "{{a.b}}"}


def replace_tree(tree: Any, **options: Any) -> Any:
    return tags.replace_tree(tree, SCOPE, **{"allow_unresolved": False, **options})


def test_a_tree_without_tags_is_the_same_object() -> None:
    tree = {"a": ["x", {"b": 1, "c": None, "d": 2.5, "e": True}], "{": "}} {"}
    assert replace_tree(tree) is tree


def test_only_what_changes_is_copied() -> None:
    tree = {"same": {"x": ["y"]}, "other": ["{{a.b}}", {"z": "q"}]}
    new = replace_tree(tree)
    assert new == {"same": {"x": ["y"]}, "other": ["x", {"z": "q"}]}
    assert new["same"] is tree["same"]
    assert new["other"][1] is tree["other"][1]
    assert tree["other"][0] == "{{a.b}}"


def test_keys_are_replaced_too() -> None:
    assert replace_tree({"{{a.b}}": "{{n}}", "y": 1}) == {"x": "3", "y": 1}


def test_values_are_not_replaced_again() -> None:
    assert replace_tree(["{{tag}}"]) == ["{{a.b}}"]


def test_an_empty_value_is_a_value() -> None:
    assert tags.replace("[{{empty}}]", SCOPE, allow_unresolved=False) == "[]"


def test_a_tag_closes_in_a_later_string() -> None:
    # Argo replaces in JSON text, where `{{a` of one string meets `}}` of the next; the tag then has a quote in it
    with pytest.raises(tags.UnresolvedTag, match=r'failed to resolve \{\{a","b\}\}'):
        replace_tree(["{{a", "b}}"])
    assert replace_tree(["{{a", "b}}"], allow_unresolved=True) == ["{{a", "b}}"]


def test_an_open_tag_shows_the_whole_tree() -> None:
    with pytest.raises(tags.UnresolvedTag, match="Cannot find end tag") as caught:
        replace_tree({"x": "{{a"})
    assert caught.value.message == (
        'Cannot find end tag="}}" in the template="{\\"x\\":\\"{{a\\"}" starting from "a\\"}"'
    )


def test_what_quoting_cannot_bring_into_json_is_an_error() -> None:
    for value in ("\x07", "\x7f", "\u200b\U000e0001"):
        with pytest.raises(tags.UnresolvedTag, match="invalid JSON"):
            tags.replace("{{v}}", {"v": value}, allow_unresolved=True)
    assert tags.replace("{{v}}", {"v": "\u200b😀\n"}, allow_unresolved=True) == "\u200b😀\n"


def test_placeholders_hold_errors_back() -> None:
    scope = {"x": tags.PLACEHOLDER_PREFIX + "1"}
    assert tags.replace("{{=asInt(x) + 1}}", scope, allow_unresolved=False) == "{{=asInt(x) + 1}}"


def test_strict_prefixes_name_whole_parts() -> None:
    def late(text: str) -> str:
        return tags.replace(text, {}, allow_unresolved=False, strict_prefixes=["inputs", "steps.a"])

    assert late("{{inputsx.y}} {{steps.ab}}") == "{{inputsx.y}} {{steps.ab}}"
    assert late("{{steps.a.outputs.artifacts.x}}") == "{{steps.a.outputs.artifacts.x}}"
    for text in ("{{inputs.x}}", "{{steps.a}}", "{{steps.a.b}}", "{{=inputs.x}}"):
        with pytest.raises(tags.UnresolvedTag) as caught:
            late(text)
        assert caught.value.missing_variable


def test_time_and_chance_come_from_outside() -> None:
    ambient = Ambient(time=1714953600.5, seed=b"run-1")

    def replace(text: str) -> str:
        return tags.replace(text, {}, allow_unresolved=True, ambient=ambient)

    assert replace("{{=now().Unix()}}") == "1714953600"
    assert replace("{{=sprig.date('2006-01-02', sprig.now())}}") == "2024-05-06"
    assert replace("{{=sprig.randAlphaNum(8)}}") == replace("{{=sprig.randAlphaNum(8)}}")
    assert replace("{{=sprig.randAlphaNum(8)}}") != tags.replace(
        "{{=sprig.randAlphaNum(8)}}", {}, allow_unresolved=True, ambient=Ambient(seed=b"run-2")
    )
    for source in ("now()", "sprig.now()", "sprig.randInt(0, 9)", "sprig.uuidv4()", "sprig.shuffle('abc')"):
        with pytest.raises(tags.UnresolvedTag, match=r"is not known where|is not to be had where"):
            tags.replace("{{=" + source + "}}", {}, allow_unresolved=True)


@pytest.mark.parametrize(
    "source",
    [
        "sprig.genPrivateKey('rsa')",
        "sprig.bcrypt('x')",
        "sprig.getHostByName('localhost')",
        "sprig.encryptAES('a', 'b')",
    ],
)
def test_keys_and_names_of_hosts_are_refused(source: str) -> None:
    with pytest.raises(tags.UnresolvedTag, match="is not done here"):
        tags.replace("{{=" + source + "}}", {}, allow_unresolved=True)
