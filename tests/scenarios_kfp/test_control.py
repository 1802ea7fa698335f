"""Argo's powers of control, said from kfp code, compiled, accepted by Argo's validation and simulated."""

from typing import Any

import pytest
from kfp import dsl

import tiphys
import tiphys.errors
from tiphys import argo
from tiphys.simulate.actions import Action, Trigger
from tiphys.simulate.simulated_run import SimulatedRun
from tiphys.validation.answers import validate_workflow


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def work(text: str = "") -> str:
    return text


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def note(text: str = ""):
    print(text)


def simulated(pipeline: Any, outcomes: Any = None, **options: Any) -> SimulatedRun:
    compiled = tiphys.compile(pipeline)
    assert validate_workflow(compiled.workflow) is None
    return tiphys.simulate(pipeline, outcomes=outcomes, **options)


def tasks_of(workflow: dict[str, Any], template: str = "root") -> dict[str, dict[str, Any]]:
    found = next(each for each in workflow["spec"]["templates"] if each["name"] == template)
    return {task["name"]: task for task in found["dag"]["tasks"]}


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_exit_hook_of_a_task(phase: str) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        first = work(text="a")
        argo.on_exit(first, note(text="b"))
        argo.run_when(work(text="c"), "all_done", first)

    run = simulated(pipeline, {"work": {"phase": phase}, "work-2": "Succeeded"})
    assert run.phase == "Succeeded"
    assert run.states() == {"work": phase, "work.onExit": "Succeeded", "work-2": "Succeeded"}
    assert run["work.onExit"].inputs == {"text": '"b"'}
    assert run["work-2"].started_at >= run["work.onExit"].finished_at
    assert "note" not in tasks_of(tiphys.compile(pipeline).workflow)


def test_exit_hooks_inside_groups() -> None:
    @dsl.pipeline
    def inner(text: str = "x"):
        work(text=text)

    @dsl.pipeline
    def pipeline(kind: str = "a"):
        with dsl.If(kind == "a"):
            argo.on_exit(inner(text=kind), note(text=kind))
        loop = dsl.ParallelFor(["a", "b"])
        with loop as item:
            work(text=item)
        argo.on_exit(loop, note(text="loop"))

    run = simulated(pipeline, {"condition-1/inner/work": "Failed", "for-loop-3[1]/work": "Failed"})
    assert run["condition-1/inner.onExit"].inputs == {"text": '"a"'}
    assert run["for-loop-3.onExit"].inputs == {"text": '"loop"'}
    assert run.phase == "Failed"


def test_hook_on_a_state() -> None:
    @dsl.pipeline
    def pipeline() -> None:
        first = work()
        argo.hook(first, note(text="it failed"), 'status == "Failed"', name="tell")

    assert simulated(pipeline, {"work": "Failed"}).states() == {
        "work": "Failed",
        "work.hooks.tell": "Succeeded",
    }
    assert simulated(pipeline).states() == {"work": "Succeeded"}


def test_daemon() -> None:
    @dsl.pipeline
    def pipeline() -> None:
        server = argo.daemon(note(text="serve"))
        client = argo.env(work(), SERVER=argo.address(server))
        work().after(client)

    workflow = tiphys.compile(pipeline).workflow
    assert validate_workflow(workflow) is None
    client = tasks_of(workflow)["work"]
    assert client["arguments"]["parameters"] == [{"name": "address-of-note", "value": "{{tasks.note.ip}}"}]
    run = simulated(pipeline)
    assert run.phase == "Succeeded"
    assert run["work"].inputs["address-of-note"].count(".") == 3


def test_address_in_a_loop_is_refused() -> None:
    def pipeline() -> None:
        server = argo.daemon(note(text="serve"))
        with dsl.ParallelFor([1, 2]):
            argo.env(work(), SERVER=argo.address(server))

    with pytest.raises(tiphys.errors.AuthoringError, match="do not stand in the same group"):
        dsl.pipeline(pipeline)


def test_sequence() -> None:
    @dsl.pipeline
    def pipeline() -> None:
        loop = dsl.ParallelFor([0])
        with loop as number:
            work(text=f"part {number}")
        argo.sequence(loop, start=2, count=3)

    run = simulated(pipeline)
    assert [run[f"for-loop-2[{i}]/work"].phase for i in range(3)] == ["Succeeded"] * 3
    assert run["for-loop-2[2]"].inputs["loop-item-param-1"] == "4"


def test_suspend_with_answers() -> None:
    @dsl.pipeline
    def pipeline() -> None:
        approved = argo.suspend("approve", answers={"deploy": ["yes", "no"], "note": {"description": "why"}})
        with dsl.If(approved.outputs["deploy"] == "yes"):
            work(text=approved.outputs["note"])

    answers = {"deploy": "yes", "note": "it's {{good}}"}
    selector = "templateName=approve"
    answer = Action("set", Trigger(idle=True), selector, values=answers)
    run = simulated(pipeline, actions=[answer, Action("resume", Trigger(idle=True))])
    assert run.phase == "Succeeded"
    assert run["condition-1/work"].inputs == {"text": '"it\'s \\u007b\\u007bgood}}"'}


def test_suspend_for_a_while() -> None:
    @dsl.pipeline
    def pipeline() -> None:
        work().after(argo.suspend("wait", duration="90s"))

    run = simulated(pipeline)
    assert run["wait"].type == "Suspend"
    assert run["work"].started_at >= 90


def test_http() -> None:
    @dsl.pipeline
    def pipeline(who: str = "x"):
        asked = argo.http(f"https://example.com/{who}", method="POST", body=who, headers={"A": who})
        work(text=asked.output)

    run = simulated(pipeline, {"http/request": {"result": 'say "hi"'}})
    assert run.phase == "Succeeded"
    assert run["work"].inputs == {"text": '"say \\"hi\\""'}


def test_resource() -> None:
    @dsl.pipeline
    def pipeline(rate: float = 0.5):
        manifest = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "c"},
            "data": {"rate": rate},
        }
        made = argo.resource(
            "apply", manifest, outputs={"name": "{.metadata.name}"}, success="data.rate == 0.5"
        )
        work(text=made.outputs["name"])

    workflow = tiphys.compile(pipeline).workflow
    template = next(each for each in workflow["spec"]["templates"] if "resource" in each)
    assert template["resource"]["action"] == "apply"
    assert "rate: '{{inputs.parameters.argo--rate}}'" in template["resource"]["manifest"]
    assert "container" not in template
    assert simulated(pipeline, {"apply-configmap": {"outputs": {"name": "c"}}}).phase == "Succeeded"


def test_container_set_and_steps() -> None:
    @dsl.pipeline
    def pipeline() -> None:
        built = argo.container_set(
            "build",
            {"name": "fetch", "image": "i", "command": ["a"]},
            {"name": "main", "image": "i", "command": ["b"], "dependencies": ["fetch"]},
            outputs={"n": "/out"},
        )
        counted = argo.step(
            "count",
            outputs={"n": {"path": "/n", "type": int}},
            script={"image": "i", "command": ["sh"], "source": "echo"},
        )
        work(text=f"{built.outputs['n']} {counted.outputs['n']}")

    run = simulated(pipeline, {"build": {"outputs": {"n": "x"}}, "count": {"outputs": {"n": 3}}})
    assert run.phase == "Succeeded"
    kinds = {key for each in tiphys.compile(pipeline).workflow["spec"]["templates"] for key in each}
    assert {"containerSet", "script"} <= kinds


def test_recursion() -> None:
    @dsl.pipeline
    def until_good(score: float = 0.0) -> str:
        scored = work(text=f"{score}")
        with dsl.If(scored.output == "bad"):
            again = argo.recurse({"Output": str}, score=score)
        with dsl.Else():
            good = work(text="good")
        return dsl.OneOf(again.outputs["Output"], good.output)

    @dsl.pipeline
    def pipeline() -> str:
        return until_good(score=0.1).output

    workflow = tiphys.compile(pipeline).workflow
    assert validate_workflow(workflow) is None
    assert not [each for each in workflow["spec"]["templates"] if "again" in each["name"]]
    run = tiphys.simulate(pipeline, outcomes={"work": {"outputs": {"Output": "fine"}}})
    assert run.phase == "Succeeded"

    @dsl.pipeline
    def alone(score: float = 0.0):
        with dsl.If(score == 1.0):
            argo.recurse(score=score)

    with pytest.raises(tiphys.errors.Unsupported, match="the pipeline calls itself"):
        tiphys.compile(alone)


def test_retry_of_a_group() -> None:
    @dsl.pipeline
    def pipeline() -> None:
        loop = dsl.ParallelFor(["a", "b"])
        with loop as item:
            work(text=item)
        argo.retry(loop, 1)

    run = simulated(pipeline, {"work": "Failed"})
    assert run.phase == "Failed"
    assert run["for-loop-2[0]"].type == "Retry"


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def read(data: dsl.Input[dsl.Dataset], text: str = ""):
    print(data.uri, text)


def test_when_an_importer_runs() -> None:
    @dsl.pipeline
    def pipeline() -> None:
        first, second = work(), work(text="b")
        imported = dsl.importer(artifact_uri="s3://b/k", artifact_class=dsl.Dataset)
        argo.depends(imported, argo.failed(first))
        read(data=imported.output, text=second.output)

    assert tasks_of(tiphys.compile(pipeline).workflow)["read"]["depends"] == "(work-2) && (work.Failed)"
    assert simulated(pipeline, {"work": "Failed"})["read"].phase == "Succeeded"
    assert simulated(pipeline)["read"].phase == "Omitted"
