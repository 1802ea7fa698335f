"""`simulate` and what it answers; `matrix`."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import pytest

import tiphys
from tiphys.errors import BadInput
from tiphys.simulate.matrix import matrix
from tiphys.simulate.simulation import simulate

POD: dict[str, Any] = {"name": "pod", "container": {"image": "busybox", "command": ["work"]}}
RETRIED: dict[str, Any] = {**POD, "name": "retried", "retryStrategy": {"limit": "1"}}
WORKFLOW: dict[str, Any] = {
    "kind": "Workflow",
    "metadata": {"name": "wf"},
    "spec": {
        "entrypoint": "main",
        "templates": [
            {
                "name": "main",
                "dag": {
                    "failFast": False,
                    "tasks": [
                        {"name": "prepare", "template": "pod"},
                        {"name": "train", "template": "retried", "withItems": [1, 2], "depends": "prepare"},
                        {"name": "report", "template": "pod", "depends": "train || train.Failed"},
                        {"name": "cry", "template": "pod", "depends": "prepare.Failed"},
                    ],
                },
            },
            POD,
            RETRIED,
        ],
    },
}


def test_everything_succeeds_unless_told_otherwise() -> None:
    run = simulate(WORKFLOW)
    assert run.phase == "Succeeded"
    assert run.states() == {
        "prepare": "Succeeded",
        "train": "Succeeded",
        "train[0]": "Succeeded",
        "train[1]": "Succeeded",
        "report": "Succeeded",
        "cry": "Omitted",
    }


def test_nodes_are_found_by_selectors() -> None:
    run = simulate(WORKFLOW, outcomes={"train[1]": {"exit_code": 3, "message": "diverged"}})
    assert run["train[1]"].phase == "Failed"
    assert run["train[1]#1"].message == "main: Error (exit code 3): diverged"
    assert run["report"].started_at == 3.0
    assert "train[0]" in run
    assert "train[7]" not in run
    assert [node.path for node in run.select("train[0]")] == ["train[0]"]


def test_a_selector_of_several_nodes_wants_select() -> None:
    run = simulate({**WORKFLOW, "spec": {**WORKFLOW["spec"], "entrypoint": "main"}})
    assert len(run.select("train#0")) == 2
    with pytest.raises(BadInput, match="names 2 nodes"):
        run["train#0"]


def test_an_attempt_may_fail_and_the_next_succeed() -> None:
    run = simulate(WORKFLOW, outcomes={"train#0": "Failed"})
    assert (run.phase, run["train"].phase) == ("Succeeded", "Succeeded")
    assert {node.phase for node in run.select("train#0")} == {"Failed"}


def test_a_retry_without_an_end_is_told() -> None:
    endless = {**POD, "name": "main", "retryStrategy": {}}
    workflow = {**WORKFLOW, "spec": {"entrypoint": "main", "templates": [endless]}}
    run = simulate(workflow, outcomes={"main": "Failed"})
    assert (run.phase, run.stuck) == ("Running", "wf(1000) is tried again without end")


def test_people_may_do_things_meanwhile() -> None:
    stopped = simulate(WORKFLOW, outcomes={"prepare": {"duration": 9}}, actions=[{"do": "stop", "at": 2}])
    assert (stopped.phase, stopped.message) == ("Failed", "Stopped with strategy 'Stop'")
    retried = simulate(WORKFLOW, outcomes={"prepare": "Failed"}, actions=[{"do": "retry", "completed": True}])
    assert retried.run.retries == 1


def test_what_never_started_is_told() -> None:
    run = simulate(WORKFLOW, outcomes={"cry": "Failed"})
    assert run.unused == ("cry",)
    assert "never started: cry" in run.table()


def test_the_same_every_time() -> None:
    assert simulate(WORKFLOW).to_json() == simulate(WORKFLOW).to_json()


def test_reports() -> None:
    run = simulate(WORKFLOW, outcomes={"prepare": "Failed"})
    told = json.loads(run.to_json())
    assert told["phase"] == "Failed"
    assert told["nodes"][1] == {
        "path": "prepare",
        "phase": "Failed",
        "message": "main: Error (exit code 1)",
        "template": "pod",
        "type": "Pod",
        "started_at": 0.0,
        "finished_at": 1.0,
    }
    suite = ElementTree.fromstring(run.junit())
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
    }
    assert run.table().splitlines()[1] == "  prepare  Failed     1.0 s  main: Error (exit code 1)"
    assert repr(run).startswith("<SimulatedRun wf Failed; prepare: Failed")


def test_arguments_are_checked() -> None:
    with pytest.raises(BadInput, match="has no parameter"):
        simulate(WORKFLOW, {"rate": 1})


def test_resources_are_found() -> None:
    template = {"kind": "WorkflowTemplate", "metadata": {"name": "lib"}, "spec": {"templates": [POD]}}
    task = {"name": "A", "templateRef": {"name": "lib", "template": "pod"}}
    workflow = {
        **WORKFLOW,
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "dag": {"tasks": [task]}}]},
    }
    assert simulate(workflow, resources=[template]).states() == {"A": "Succeeded"}
    missing = simulate(workflow)
    assert (missing.phase, "lib" in missing.message) == ("Failed", True)


def test_a_matrix_fails_one_task_after_the_other() -> None:
    found = matrix(WORKFLOW)
    assert [row.task for row in found.rows] == ["prepare", "train", "train[0]", "report"]
    assert {row.task: row.phase for row in found.rows} == {
        "prepare": "Failed",
        "train": "Succeeded",
        "train[0]": "Succeeded",
        "report": "Failed",
    }
    assert found["prepare"].changed["report"] == "Omitted"
    assert found["train[0]"].handled
    assert found.table().splitlines()[1] == "prepare        Failed      Succeeded: cry; Omitted: train, report"


def test_the_function_stays_a_function_when_its_room_is_imported() -> None:
    assert tiphys.simulate is simulate
    assert tiphys.matrix is matrix
    with pytest.raises(AttributeError, match="no attribute 'simulates'"):
        tiphys.simulates  # type: ignore[attr-defined]  # noqa: B018
