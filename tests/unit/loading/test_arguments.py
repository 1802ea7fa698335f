"""Values for parameters: read by their type, refused together, written for the workflow."""

import math
from pathlib import Path
from typing import Any

import pytest
from kfp import dsl

from tiphys.errors import BadInput, ProblemsFound
from tiphys.loading.arguments import for_pipeline, from_file, from_words, with_arguments
from tiphys.loading.sources import load


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def say(text: str) -> str:
    return text


@dsl.pipeline(name="types")
def types(s: str, i: int, f: float = 0.5, b: bool = True, items: list = [], d: dict = {}, o: int = None):  # noqa: B006, RUF013
    say(text=s)


LOADED = load(types)
NEEDED = {"s": "x", "i": 1}

GOOD: list[tuple[dict[str, Any], str, Any]] = [
    ({"s": "0.10"}, "s", "0.10"),
    ({"s": '"quoted"'}, "s", '"quoted"'),
    ({"s": ""}, "s", ""),
    ({"s": "null"}, "s", "null"),
    ({"i": "7"}, "i", 7),
    ({"i": " -7 "}, "i", -7),
    ({"i": "7.0"}, "i", 7),
    ({"i": str(2**70 + 1)}, "i", 2**70 + 1),
    ({"f": "0.1"}, "f", 0.1),
    ({"f": "3"}, "f", 3),
    ({"f": "1e308"}, "f", 1e308),
    ({"b": "false"}, "b", False),
    ({"b": "True"}, "b", True),
    ({"items": '[1, "a", null]'}, "items", [1, "a", None]),
    ({"d": '{"a": [1]}'}, "d", {"a": [1]}),
    ({"o": "null"}, "o", None),
]


@pytest.mark.parametrize(
    ("words", "name", "expected"), GOOD, ids=[f"{case[1]}={case[0][case[1]]}" for case in GOOD]
)
def test_words(words: dict[str, Any], name: str, expected: Any) -> None:
    texts = {**from_words(["s=x", "i=1"]), **from_words(f"{key}={value}" for key, value in words.items())}
    found = for_pipeline(LOADED, texts)[name]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("i", 7.0, 7),
        ("f", 3, 3),
        ("items", (1, 2), [1, 2]),
        ("o", None, None),
        ("s", "x", "x"),
        ("d", {"a": 1}, {"a": 1}),
    ],
)
def test_values(name: str, value: Any, expected: Any) -> None:
    assert for_pipeline(LOADED, {**NEEDED, name: value})[name] == expected


BAD: list[tuple[str, Any, str]] = [
    ("i", "7", "takes a whole number, not `7`: it is a text"),
    ("i", 7.5, "it is a number"),
    ("i", True, "it is true or false"),
    ("s", 7, "takes a text, not `7`: it is a number"),
    ("s", None, "it is null"),
    ("f", math.nan, "JSON has no word for it"),
    ("f", "0.1", "it is a text"),
    ("b", 1, "it is a number"),
    ("items", {}, "it is an object"),
    ("items", "[]", "it is a text"),
    ("d", [], "it is a list"),
    ("nosuch", 1, "`types` has no parameter `nosuch`"),
    ("itens", 1, "Did you mean `items`"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD)
def test_bad_values(name: str, value: Any, message: str) -> None:
    with pytest.raises(ProblemsFound) as caught:
        for_pipeline(LOADED, {**NEEDED, name: value})
    assert message in str(caught.value)


BAD_WORDS = [
    ("i=x", "it is a text"),
    ("i=0x10", "it is a text"),
    ("i=" + "9" * 500, "it is a text"),
    ("f=inf", "it is a text"),
    ("b=yes", "it is a text"),
    ("items=[1,", "it is not JSON"),
    ("items=" + "[" * 100_000, "nested too deeply"),
    ("d=[1]", "it is a list"),
]


@pytest.mark.parametrize(("word", "message"), BAD_WORDS, ids=[case[0][:10] for case in BAD_WORDS])
def test_bad_words(word: str, message: str) -> None:
    with pytest.raises(ProblemsFound) as caught:
        for_pipeline(LOADED, {**NEEDED, **from_words([word])})
    assert message in str(caught.value)


def test_all_mistakes_at_once() -> None:
    with pytest.raises(ProblemsFound) as caught:
        for_pipeline(LOADED, {"f": "x", "nosuch": 1})
    assert [problem.rule for problem in caught.value.problems] == [
        "parameter-type",
        "unknown-parameter",
        "missing-parameter",
        "missing-parameter",
    ]
    assert caught.value.exit_code == 2


def test_words_of_the_wrong_form() -> None:
    for word in ("name", "=value", ""):
        with pytest.raises(BadInput, match="`name=value`"):
            from_words([word])


def test_file(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("s: x\ni: 3\nitems: [1, a]\n")
    assert from_file(str(file)) == {"s": "x", "i": 3, "items": [1, "a"]}
    file.write_text('{"s": "x"}')
    assert from_file(str(file)) == {"s": "x"}
    file.write_text("")
    assert from_file(str(file)) == {}
    file.write_text("- a\n")
    with pytest.raises(BadInput, match="maps names to values"):
        from_file(str(file))
    with pytest.raises(BadInput, match="there is no file"):
        from_file(str(tmp_path / "no.yaml"))


WORKFLOW: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "w"},
    "spec": {
        "arguments": {
            "parameters": [
                {"name": "a", "value": "1"},
                {"name": "b", "enum": ["x", "y"], "valueFrom": {"configMapKeyRef": {}}},
            ]
        },
        "templates": [{"name": "main", "container": {"args": ["{{workflow.parameters.c}}"]}}],
    },
}


def parameters(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    spec = workflow["spec"]
    found: list[dict[str, Any]] = spec.get("workflowSpec", spec)["arguments"]["parameters"]
    return found


def test_manifest() -> None:
    loaded = load(WORKFLOW)
    changed = with_arguments(loaded, WORKFLOW, {"a": 2, "b": "y", "c": [1, "z"]})
    assert parameters(changed) == [
        {"name": "a", "value": "2"},
        {"name": "b", "enum": ["x", "y"], "value": "y"},
        {"name": "c", "value": '[1,"z"]'},
    ]
    assert parameters(WORKFLOW)[0]["value"] == "1"
    assert with_arguments(loaded, WORKFLOW, {}) is WORKFLOW


def test_manifest_of_a_cron() -> None:
    cron = {
        **WORKFLOW,
        "kind": "CronWorkflow",
        "spec": {"schedules": ["* * * * *"], "workflowSpec": WORKFLOW["spec"]},
    }
    assert parameters(with_arguments(load(cron), cron, {"a": "5"}))[0] == {"name": "a", "value": "5"}


def test_manifest_refuses() -> None:
    loaded = load(WORKFLOW)
    with pytest.raises(ProblemsFound, match=r"`w` has no parameter `aa`\. Did you mean `a`"):
        with_arguments(loaded, WORKFLOW, {"aa": 1})
    with pytest.raises(ProblemsFound, match="`b` is one of `x`, `y`, not `z`"):
        with_arguments(loaded, WORKFLOW, {"b": "z"})
    referring = {**WORKFLOW, "spec": {"workflowTemplateRef": {"name": "t"}}}
    assert parameters(with_arguments(load(referring), referring, {"q": "1"})) == [{"name": "q", "value": "1"}]


def test_choices() -> None:
    choice = {"parameterType": "STRING", "literals": ["s", "m"]}
    root = {"inputDefinitions": {"parameters": {"size": choice}}, "dag": {"tasks": {}}}
    loaded = load({"pipelineInfo": {"name": "choice"}, "root": root, "schemaVersion": "2.1.0"})
    assert for_pipeline(loaded, {"size": "m"}) == {"size": "m"}
    with pytest.raises(ProblemsFound, match="known are `s`, `m`"):
        for_pipeline(loaded, {"size": "l"})
