"""Defaults, optional inputs and null: what a component gets when nobody says."""

from __future__ import annotations

from typing import Any

import pytest

from .playing import Pipeline, literal_argument, play, task

DEFAULTED = {"parameterType": "STRING", "defaultValue": "inner", "isOptional": True}
OPTIONAL = {"parameterType": "STRING", "isOptional": True}


def chain(pipeline_spec: Any, sub_spec: Any) -> Pipeline:
    """A pipeline parameter, through a sub-pipeline, to a container and a Python component."""
    p = Pipeline(a=pipeline_spec)
    p.python("py", inputs={"x": OPTIONAL})
    p.container(
        "box",
        inputs={"x": {**OPTIONAL, "defaultValue": "box"}},
        args=[
            "{{$.inputs.parameters['x']}}",
            '{"IfPresent": {"InputName": "x", "Then": ["yes"], "Else": []}}',
        ],
        command=["echo"],
    )
    p.dag(
        "sub",
        {"py": task("py", given={"x": "@a"}), "box": task("box", given={"x": "@a"})},
        inputs={"a": sub_spec},
    )
    p.task("sub", given={"a": "@a"})
    return p


def seen(p: Pipeline, arguments: dict[str, Any] | None = None) -> tuple[Any, list[str]]:
    played = play(p.compile(), lambda path, given: {}, arguments)
    assert played.phase == "Succeeded"
    return played.given("sub/py").get("x"), played.containers["sub/box"]["args"]


def test_unset_all_the_way() -> None:
    assert seen(chain(OPTIONAL, OPTIONAL)) == (None, ["box", "yes"])


def test_a_default_of_the_sub_pipeline() -> None:
    assert seen(chain(OPTIONAL, DEFAULTED)) == ("inner", ["inner", "yes"])


def test_a_default_of_the_pipeline() -> None:
    assert seen(chain({**DEFAULTED, "defaultValue": "outer"}, DEFAULTED)) == ("outer", ["outer", "yes"])


@pytest.mark.parametrize("value", ["", "null", "x"])
def test_given(value: str) -> None:
    given = {"a": literal_argument(value, "STRING")}
    assert seen(chain(OPTIONAL, DEFAULTED), given) == (value, [value, "yes"])


def test_not_given_at_all() -> None:
    p = Pipeline()
    p.python("py", inputs={"x": OPTIONAL, "y": DEFAULTED, "z": "STRING"})
    p.task("py", given={"z": ["v"]})
    played = play(p.compile(), lambda path, given: {})
    assert played.given("py") == {"y": "inner", "z": "v"}


@pytest.mark.parametrize(("given", "args"), [({}, ["--none"]), ({"a": '"v"'}, ["--a", "v"])])
def test_arguments_whose_number_depends_on_a_value(given: dict[str, str], args: list[str]) -> None:
    p = Pipeline(a=OPTIONAL)
    then = """["--a", "{{$.inputs.parameters['a']}}"]"""
    present = f'{{"IfPresent": {{"InputName": "a", "Then": {then}, "Else": ["--none"]}}}}'
    p.container("box", inputs={"a": OPTIONAL}, command=["echo"], args=["first", present, "last"])
    p.task("box", given={"a": "@a"})
    played = play(p.compile(), lambda path, given: {}, given)
    assert played.containers["box"]["args"] == ["first", *args, "last"]


def test_presence_that_the_pipeline_fixes_needs_no_patch() -> None:
    p = Pipeline()
    present = '{"IfPresent": {"InputName": "a", "Then": "yes", "Else": "no"}}'
    p.container("box", inputs={"a": OPTIONAL}, command=["echo"], args=[present])
    p.task("one", "box")
    p.task("two", "box", given={"a": ["x"]})
    workflow = p.compile()
    found = [t["container"]["args"] for t in workflow["spec"]["templates"] if "container" in t]
    assert sorted(found) == [["no"], ["yes"]]


def test_a_default_for_what_an_upstream_did_not_hand_out() -> None:
    p = Pipeline()
    p.python("make", outputs={"Output": "STRING"})
    p.python("use", inputs={"x": DEFAULTED})
    p.task("make")
    tolerant = {"triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}}
    p.task("use", given={"x": "make.Output"}, after=["make"], **tolerant)
    assert play(p.compile(), lambda path, given: None if path == "make" else {}).given("use") == {"x": "inner"}
    assert play(p.compile(), lambda path, given: {"Output": "made"}).given("use") == {"x": "made"}


def test_a_container_s_output_that_is_missing() -> None:
    p = Pipeline()
    p.container("make", outputs={"o": "NUMBER_INTEGER", "b": "BOOLEAN"}, gives={"a": "system.Dataset"}, command=["x"])
    p.python("use", inputs={"o": "NUMBER_INTEGER", "b": "BOOLEAN"}, takes={"a": "system.Dataset"})
    p.task("make")
    tolerant = {"triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}}
    p.task("use", given={"o": "make.o", "b": "make.b"}, artifacts={"a": "make.a"}, after=["make"], **tolerant)
    failed = play(p.compile(), lambda path, given: None if path == "make" else {})
    assert failed.pods["use"]["inputs"] == {
        "parameterValues": {"o": None, "b": None},
        "artifacts": {"a": {"artifacts": []}},
    }
    fine = play(p.compile(), lambda path, given: {"o": " 7\n", "b": "True"})
    assert fine.given("use") == {"o": 7, "b": True}
    [artifact] = fine.pods["use"]["inputs"]["artifacts"]["a"]["artifacts"]
    assert artifact["uri"].startswith("s3://bucket/w/make/a/w-make-")


@pytest.mark.parametrize("told", [True, False])
def test_a_container_that_may_write_executor_output(told: bool) -> None:
    p = Pipeline()
    p.container(
        "make",
        outputs={"n": "NUMBER_INTEGER", "s": "STRING"},
        command=["x", "{{$.outputs.output_file}}"],
    )
    p.python("use", inputs={"n": "NUMBER_INTEGER", "s": "STRING"})
    p.task("make")
    p.task("use", given={"n": "make.n", "s": "make.s"}, after=["make"])
    report = '{"parameterValues": {"n": 3, "s": "{{x}}"}}'
    given = {"executor-output": report} if told else {"n": "3", "s": "{{x}}"}
    assert play(p.compile(), lambda path, _: given if path == "make" else {}).given("use") == {
        "n": 3,
        "s": "{{x}}",
    }
