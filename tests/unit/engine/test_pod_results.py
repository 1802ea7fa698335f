from __future__ import annotations

from typing import Any

import pytest

from tiphys.messages.events import PodDeleted
from tiphys.messages.outputs import ContainerStatus, Outputs

from .playing import ECHO, POD, Play, dag, task


def one(**pod: Any) -> Play:
    """A run of a single pod."""
    return Play({**POD, "name": "main", **pod})


def containers(*codes: int | None, reason: str = "", message: str = "") -> list[ContainerStatus]:
    """`main` and `wait` with these exit codes."""
    return [
        ContainerStatus(name, code, reason if code else "", message if code else "")
        for name, code in zip(("main", "wait"), codes, strict=False)
    ]


@pytest.mark.parametrize(
    ("status", "phase", "message"),
    [
        ({"containers": containers(1, 0, reason="Error")}, "Failed", "main: Error (exit code 1)"),
        (
            {"containers": containers(2, 0, reason="Error", message="no luck")},
            "Failed",
            "main: Error (exit code 2): no luck",
        ),
        ({"containers": containers(0, 64, reason="Error")}, "Error", "wait: Error (exit code 64)"),
        ({"containers": containers(137, 0, reason="OOMKilled")}, "Failed", "main: OOMKilled (exit code 137)"),
        ({"containers": containers(0, 0)}, "Succeeded", ""),
        ({"containers": containers(0, None)}, "Failed", "pod failed: wait container did not complete successfully"),
        ({"containers": containers(None, 0)}, "Failed", "pod failed: main container did not complete successfully"),
        ({"message": "The node was low on resource", "reason": "Evicted"}, "Failed", "The node was low on resource"),
        ({"containers": []}, "Failed", "can't find failed message for pod wf namespace default"),
        (
            {"containers": [*containers(0, 0), ContainerStatus("sidecar", 137, "Error")]},
            "Succeeded",
            "",
        ),
        (
            {"containers": [*containers(0, 0), ContainerStatus("sidecar", 3, "Error")]},
            "Failed",
            "sidecar: Error (exit code 3)",
        ),
    ],
)
def test_how_a_pod_failed(status: dict[str, Any], phase: str, message: str) -> None:
    play = one()
    play.fail("wf", **status)
    assert (play.node().phase.value, play.node().message) == (phase, message)
    assert play.run.phase.value == phase


def test_a_pending_pod_says_why() -> None:
    play = one()
    play.pod("wf", "Pending", reason="Unschedulable", message="0/3 nodes are available")
    assert play.node().phase.value == "Pending"
    assert play.node().message == "Unschedulable: 0/3 nodes are available"
    play.pod("wf", "Running", pod_ip="10.0.0.1", host="host-1")
    assert play.node().phase.value == "Running"
    assert play.node().host_node_name == "host-1"
    assert play.finish() == "Succeeded"
    assert play.node().message == ""


def test_outputs_and_exit_code_are_kept() -> None:
    giver = {**ECHO, "name": "giver", "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]}}
    play = Play(dag(task("a", "giver")), giver)
    play.end("a", o="7")
    outputs = play.node("a").outputs
    assert outputs is not None
    assert outputs.parameters == [{"name": "o", "valueFrom": {"path": "/o"}, "value": "7"}]
    assert outputs.exit_code == "0"


def test_a_report_that_comes_twice_changes_nothing() -> None:
    play = Play(dag(task("a"), task("b", after="a")))
    started = play.pods["a"]
    play.end("a")
    before = play.node("a")
    play.pods["a"] = started
    play.end("a")
    assert play.started == ["a", "b"]
    assert play.node("a") == before


def test_a_running_pod_that_vanished_is_an_error_after_a_while() -> None:
    play = Play(dag(task("a", "script")))
    play.pod("a", "Running")
    play.step(PodDeleted(play.node("a").id))
    assert play.node("a").phase.value == "Running"
    play.wait(21)
    assert (play.node("a").phase.value, play.node("a").message) == ("Error", "pod deleted")


def test_a_container_that_vanished_early_begins_again() -> None:
    play = Play(dag(task("a")))
    play.pod("a", "Running")
    play.step(PodDeleted(play.node("a").id))
    assert play.started == ["a", "a"]


def test_a_pending_pod_that_vanished_is_made_again() -> None:
    play = one()
    play.step(PodDeleted("wf"))
    assert play.started == ["wf", "wf"]


def test_global_outputs() -> None:
    declared = [{"name": "o", "globalName": "out", "valueFrom": {"path": "/o"}}]
    giver = {**ECHO, "name": "giver", "outputs": {"parameters": declared}}
    after = task(
        "b", "echo", "a", arguments={"parameters": [{"name": "x", "value": "{{workflow.outputs.parameters.out}}"}]}
    )
    play = Play(dag(task("a", "giver"), after), giver)
    play.end("a", o="7")
    assert play.pods["b"].containers[0]["args"] == ["7"]
    assert play.run.outputs == Outputs(parameters=[{"name": "out", "value": "7"}])


def test_progress_is_what_pods_report() -> None:
    play = Play(dag(task("a"), task("b")))
    assert play.run.progress == "0/2"
    play.pod("a", "Running", progress="30/100")
    assert play.node("a").progress == "30/100"
    assert play.run.progress == "30/101"
    play.end("a")
    assert play.node("a").progress == "100/100"
    play.machine.update_progress()
    assert play.node().progress == "100/101"
