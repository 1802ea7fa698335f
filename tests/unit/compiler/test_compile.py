"""The manifest as a whole: names, folding, the run's arguments, what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tiphys.compiler import compile_ir, names
from tiphys.errors import CompileError, Unsupported
from tiphys.manifest.yaml import dump_all

from .playing import Pipeline, play, task


def templates(workflow: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each for each in workflow["spec"]["templates"]}


def test_equal_components_are_one_template() -> None:
    p = Pipeline()
    for name in ("train", "train-2", "train-3"):
        p.python(name, inputs={"x": "STRING"})
        p.executors[f"exec-{name}"]["container"]["args"][-1] = "train"
        p.executors[f"exec-{name}"]["container"]["command"][-1] = "def train(x): ...\n"
        p.task(name, given={"x": [name]})
    p.executors["exec-train-3"]["container"]["image"] = "python:3.12"
    workflow = p.compile()
    assert set(templates(workflow)) == {"root", "train", "train-2"}
    assert [each["template"] for each in templates(workflow)["root"]["dag"]["tasks"]] == [
        "train",
        "train",
        "train-2",
    ]


def test_equal_sub_pipelines_are_one_template() -> None:
    p = Pipeline()
    for suffix in ("", "-2"):
        p.python(f"leaf{suffix}")
        p.executors[f"exec-leaf{suffix}"]["container"]["args"][-1] = "leaf"
        p.executors[f"exec-leaf{suffix}"]["container"]["command"][-1] = "same"
        p.dag(f"sub{suffix}", {"leaf": task(f"leaf{suffix}")})
        p.task(f"sub{suffix}")
    assert set(templates(p.compile())) == {"root", "sub", "leaf"}


def test_names_are_the_author_s() -> None:
    p = Pipeline(n="NUMBER_INTEGER")
    p.python("my-train", inputs={"n": "NUMBER_INTEGER"}, outputs={"Output": "STRING"})
    p.executors["exec-my-train"]["container"]["args"][-1] = "my_train"
    p.dag(
        "condition-1",
        {"my-train": task("my-train", given={"n": "@pipelinechannel--n"}, taskInfo={"name": "Train it"})},
        inputs={"pipelinechannel--n": "NUMBER_INTEGER"},
    )
    p.task("condition-1", given={"pipelinechannel--n": "@n"})
    found = templates(p.compile())
    assert set(found) == {"root", "condition-1", "my-train"}
    assert found["condition-1"]["inputs"]["parameters"] == [{"name": "n"}]
    assert json.loads(found["condition-1"]["metadata"]["annotations"]["tiphys.io/display-names"]) == {
        "my-train": "Train it"
    }


def test_names_that_argo_does_not_take() -> None:
    assert names.parameters(["größe", "gr-e", "pipelinechannel--gr-e"]) == {
        "größe": "gr-e-2",
        "gr-e": "gr-e",
        "pipelinechannel--gr-e": "gr-e-3",
    }
    assert names.run_prefix("A" * 80) == "a" * 57 + "-"
    assert names.template("comp-123_x") == "123-x"
    assert names.volume("My.Secret_") == "my-secret"


def test_a_parameter_with_a_name_beyond_ascii() -> None:
    p = Pipeline()
    p.python("t", inputs={"größe": "STRING"}, outputs={"höhe": "STRING"})
    p.python("u", inputs={"x": "STRING"})
    p.task("t", given={"größe": ["1"]})
    p.task("u", given={"x": "t.höhe"}, after=["t"])
    workflow = p.compile()
    output = templates(workflow)["t"]["outputs"]["parameters"][0]
    assert output == {"name": "h-he", "valueFrom": {"path": "/tmp/kfp/outputs/values/höhe"}}
    played = play(workflow, lambda path, given: {"h-he": "tall"})
    assert (played.given("t"), played.given("u")) == ({"größe": "1"}, {"x": "tall"})


def test_the_workflow() -> None:
    p = Pipeline(
        a={
            "parameterType": "NUMBER_DOUBLE",
            "defaultValue": 3.0,
            "isOptional": True,
            "description": "how much",
        },
        b={"parameterType": "LIST", "defaultValue": [1.0, "{{x}}"], "isOptional": True},
        c={"parameterType": "STRING", "isOptional": True},
        d="STRING",
    )
    p.python("t")
    p.task("t")
    data = p.data()
    data["pipelineInfo"] |= {"displayName": "A test", "description": "of much"}
    [workflow] = compile_ir(data, arguments={"d": 'it\'s "x"'})
    assert workflow["metadata"] == {
        "generateName": "test-",
        "annotations": {
            "tiphys.io/pipeline": "test",
            "workflows.argoproj.io/title": "A test",
            "workflows.argoproj.io/description": "of much",
        },
    }
    assert workflow["spec"]["arguments"]["parameters"] == [
        {"name": "a", "value": "3.0", "description": "how much"},
        {"name": "b", "value": '[1,"\\u007b\\u007bx}}"]'},
        {"name": "c", "value": "null"},
        {"name": "d", "value": '"it\'s \\"x\\""'},
    ]
    with pytest.raises(CompileError, match="no parameter `e`"):
        compile_ir(data, arguments={"e": 1})


def test_the_root_is_a_parameter_only_where_it_matters() -> None:
    p = Pipeline()
    p.python("t")
    p.task("t")
    assert "arguments" not in p.compile(artifact_root=None)["spec"]
    p.python("u", gives={"out": "system.Dataset"})
    p.task("u")
    assert p.compile(artifact_root=None)["spec"]["arguments"]["parameters"][0]["name"] == "artifact-root"


def test_transforms() -> None:
    p = Pipeline()
    p.python("t")
    p.task("t")

    def in_place(workflow: dict[str, Any]) -> None:
        workflow["spec"]["parallelism"] = 2

    def another(workflow: dict[str, Any]) -> dict[str, Any]:
        return {**workflow, "metadata": {"name": "fixed"}}

    [workflow] = compile_ir(p.ir(), transforms=[in_place, another])
    assert (workflow["spec"]["parallelism"], workflow["metadata"]) == (2, {"name": "fixed"})
    with pytest.raises(CompileError, match="answered something that is no Workflow"):
        compile_ir(p.ir(), transforms=[lambda workflow: {}])


def test_the_same_bytes_twice() -> None:
    p = Pipeline(a="STRING")
    for name in ("x", "y", "z"):
        p.python(name, inputs={"a": "STRING"})
        p.task(name, given={"a": "@a"})
    assert dump_all(compile_ir(p.ir())) == dump_all(compile_ir(p.ir()))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda d: d["root"]["dag"]["tasks"].clear(), Unsupported, "a DAG without tasks"),
        (lambda d: d["components"].clear(), CompileError, "component `comp-t` is not in the pipeline"),
        (lambda d: d["deploymentSpec"]["executors"].clear(), CompileError, "executor `exec-t` is not"),
        (
            lambda d: d["root"]["dag"]["tasks"]["t"].update(dependentTasks=["u"]),
            CompileError,
            "depends on `u`",
        ),
        (
            lambda d: d["deploymentSpec"]["executors"].update({"exec-t": {"customJob": {}}}),
            Unsupported,
            "neither a container nor an importer",
        ),
        (
            lambda d: d["deploymentSpec"]["executors"]["exec-t"]["container"].update(
                lifecycle={"preCacheCheck": {"command": ["x"]}}
            ),
            Unsupported,
            "preCacheCheck",
        ),
        (lambda d: d.update(schemaVersion="3.0.0"), Unsupported, "schema version 3.0.0"),
        (lambda d: d["components"]["comp-t"].update(nosuch=1), Exception, "unknown field `nosuch`"),
        (
            lambda d: d["root"]["dag"]["tasks"]["t"].update(
                inputs={"parameters": {"x": {"componentInputParameter": "gone"}}}
            ),
            CompileError,
            "has no input `gone`",
        ),
        (
            lambda d: d["root"]["dag"]["tasks"]["t"].update(
                inputs={"parameters": {"x": {"runtimeValue": {"constant": "{{$.inputs.parameters['y']}}"}}}}
            ),
            CompileError,
            "an input that the task is not given",
        ),
        (
            lambda d: d["root"]["dag"]["tasks"]["t"].update(
                inputs={"parameters": {"x": {"runtimeValue": {"constant": "{{$.nosuch_thing}}"}}}}
            ),
            Unsupported,
            "nothing in Argo stands for",
        ),
        (
            lambda d: d["root"]["dag"]["tasks"]["t"].update(
                parameterIterator={"itemInput": "x", "items": {"raw": "3"}}
            ),
            CompileError,
            "a loop needs a list",
        ),
        (lambda d: d["components"]["comp-t"].update(singlePlatformSpecs=[{}]), Unsupported, "singlePlatformSpecs"),
        (
            lambda d: d["components"]["comp-t"].update(
                outputDefinitions={"artifacts": {"m": {"customProperties": {"a": "b"}}}}
            ),
            Unsupported,
            "customProperties",
        ),
    ],
)
def test_refused(change: Any, error: type[Exception], message: str) -> None:
    p = Pipeline()
    p.python("t", inputs={"x": {"parameterType": "STRING", "isOptional": True}})
    p.task("t")
    data = p.data()
    change(data)
    with pytest.raises(error, match=message):
        compile_ir(data)


def test_placeholders_of_the_run() -> None:
    p = Pipeline()
    p.python("t", inputs={"x": "STRING", "y": "STRING", "z": "STRING"})
    p.task(
        "t",
        given={
            "x": ["{{$.pipeline_job_name}}/{{$.pipeline_task_name}} {{x}}"],
            "y": ["{{$.pipeline_task_uuid}}"],
            "z": ["{{$.pipeline_root}}"],
        },
    )
    played = play(p.compile(), lambda path, given: {})
    found = played.given("t")
    assert (found["x"], found["z"]) == ("w/t {{x}}", "s3://bucket")
    assert found["y"].startswith("w-t-")
