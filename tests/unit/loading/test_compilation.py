"""`tiphys.compile`: what it takes, transforms, and the IR as text."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import dsl

import tiphys
from tiphys import argo
from tiphys.errors import BadInput, CompileError, ProblemsFound, PythonError
from tiphys.loading.compilation import compile
from tiphys.loading.ir_text import ir_text
from tiphys.loading.sources import load


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def say(text: str) -> str:
    return text


@dsl.pipeline(name="chain")
def chain(text: str = "x"):
    first = say(text=text)
    second = say(text="b").after(first)
    say(text="c").after(second)


WORKFLOW: dict[str, Any] = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "w"},
    "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}]},
}


def tasks_of(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    root = next(
        each for each in workflow["spec"]["templates"] if each["name"] == workflow["spec"]["entrypoint"]
    )
    found: list[dict[str, Any]] = root["dag"]["tasks"]
    return found


def test_the_same_bytes_each_time() -> None:
    assert compile(chain).text == compile(chain).text
    assert tiphys.compile(chain).text == str(compile(chain))


def test_arguments() -> None:
    compiled = compile(chain, {"text": "{{hello}}"})
    [parameter, *_] = compiled.workflow["spec"]["arguments"]["parameters"]
    assert parameter == {"name": "text", "value": '"\\u007b\\u007bhello}}"'}
    with pytest.raises(ProblemsFound, match="no parameter `txt`"):
        compile(chain, {"txt": "a"})


def test_manifests_stay_as_they_are() -> None:
    assert compile(WORKFLOW).documents == [WORKFLOW]

    def rename(workflow: dict[str, Any]) -> None:
        workflow["metadata"]["name"] = "changed"

    assert compile(WORKFLOW, transforms=[rename]).workflow["metadata"]["name"] == "changed"
    assert WORKFLOW["metadata"]["name"] == "w"


def depends_all(workflow):  # type: ignore[no-untyped-def] # as users of KFP 1.8 have it
    for template in workflow["spec"]["templates"]:
        for task in template.get("dag", {}).get("tasks", []):
            if "dependencies" in task:
                task["depends"] = " && ".join(
                    f"({d} || {d}.Failed || {d}.Omitted)" for d in task["dependencies"]
                )
                del task["dependencies"]


def test_the_rewriting_of_kfp_1_8_runs_as_it_is() -> None:
    compiled = compile(chain, transforms=[depends_all])
    assert [task.get("depends") for task in tasks_of(compiled.workflow)] == [
        None,
        "(say || say.Failed || say.Omitted)",
        "(say-2 || say-2.Failed || say-2.Omitted)",
    ]
    run = tiphys.simulate(compiled.documents, outcomes={"say": "Failed"})
    assert (run.phase, run["say-3"].phase) == ("Succeeded", "Succeeded")


@dsl.pipeline(name="transformed")
def transformed():
    say(text="a").after(say(text="b"))
    argo.transform(depends_all)


def test_transform_of_the_author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "depends" in tasks_of(compile(transformed).workflow)[1]
    text = ir_text(load(transformed))
    with pytest.raises(CompileError, match="which the IR names but does not hold") as caught:
        compile(text)
    assert "--transform" in caught.value.remedy
    file = tmp_path / "snippets.py"
    file.write_text("def depends_all(workflow):\n    return {**workflow, 'seen': True}\n")
    assert compile(text, transforms=[f"{file}:depends_all"]).workflow["seen"]
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "snippets", raising=False)
    assert compile(text, transforms=["snippets:depends_all"]).workflow["seen"]
    del sys.modules["snippets"]


def broken(workflow: dict[str, Any]) -> None:
    workflow["nosuch"]["x"] = 1


BAD: dict[str, tuple[Any, type[Exception], str]] = {
    "no colon": ("snippets", BadInput, "`module:function`"),
    "no module": ("nosuchmodule:f", BadInput, "No module named"),
    "no file": ("nosuch.py:f", BadInput, "there is no file"),
    "no function": ("json:nosuch", BadInput, "has no function `nosuch`"),
    "raises": (broken, PythonError, "KeyError: 'nosuch'"),
    "answers something else": (lambda workflow: 3, CompileError, "not a manifest"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_transforms(name: str) -> None:
    function, kind, message = BAD[name]
    with pytest.raises(kind, match=message):
        compile(WORKFLOW, transforms=[function])


def test_ir_text() -> None:
    text = ir_text(load(chain))
    assert load(text).name == "chain"
    assert ir_text(load(text)) == text
    assert load(ir_text(load(yaml.safe_load(text)))).name == "chain"
    with pytest.raises(BadInput, match="this is an Argo manifest"):
        ir_text(load(WORKFLOW))


def test_choices_stand_without_quotes() -> None:
    @dsl.pipeline(name="sized")
    def sized(size: str = "small"):
        argo.choices(size, "small", "large")
        say(text=size)

    [parameter, *_] = compile(sized).workflow["spec"]["arguments"]["parameters"]
    assert parameter == {"name": "size", "value": "small", "enum": ["small", "large"]}
    [parameter, *_] = compile(sized, {"size": "large"}).workflow["spec"]["arguments"]["parameters"]
    assert parameter["value"] == "large"
    with pytest.raises(ProblemsFound, match="`size` is one of `small`, `large`"):
        compile(sized, {"size": "huge"})
    assert tiphys.simulate(sized, {"size": "large"})["say"].inputs == {"text": '"large"'}
