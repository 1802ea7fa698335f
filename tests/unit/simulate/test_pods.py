"""The imitated kubelet and executor: when pods end, and what is reported of them."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.messages.decisions import StartPod
from tiphys.messages.events import PodChanged, PodDeleted
from tiphys.messages.outputs import PodStatus
from tiphys.simulate.outcomes import Outcome
from tiphys.simulate.pods import Pods
from tiphys.simulate.values import PlainValues


def start(name: str = "A", **fields: Any) -> StartPod:
    template = fields.pop("template", {})
    containers = fields.pop("containers", [{"name": "main"}])
    return StartPod(name, f"wf.{name}", f"wf-{name}", template, containers, **fields)


def end_of(decision: StartPod, outcome: Outcome, at: float) -> PodStatus:
    pods = Pods(PlainValues())
    pods.start(decision, decision.node_id, outcome, 0.0)
    assert pods.next_end() == at
    [event] = pods.end_until(at)
    assert isinstance(event, PodChanged)
    return event.status


def codes(status: PodStatus) -> dict[str, int | None]:
    return {container.name: container.exit_code for container in status.containers}


def test_a_pod_succeeds_after_a_second() -> None:
    status = end_of(start(), Outcome(), 1.0)
    assert status.phase == "Succeeded"
    assert codes(status) == {"main": 0, "wait": 0}


def test_a_failed_pod_has_its_exit_code_and_message() -> None:
    status = end_of(start(), Outcome("Failed", exit_code=7, message="boom", duration=3), 3.0)
    assert status.phase == "Failed"
    assert codes(status) == {"main": 7, "wait": 0}
    assert status.containers[0].message == "boom"


def test_an_error_is_the_executors() -> None:
    status = end_of(start(), Outcome("Error"), 1.0)
    assert codes(status) == {"main": 0, "wait": 64}
    assert status.containers[1].message == "scripted error"


def test_an_error_in_init_is_told_of_the_init_container() -> None:
    status = end_of(start(), Outcome("Error", message="e", error_in="init"), 1.0)
    assert status.phase == "Failed"
    assert [(each.name, each.exit_code) for each in status.init_containers] == [("init", 64)]


def test_the_containers_of_a_set_fail_together_unless_told_apart() -> None:
    decision = start(containers=[{"name": "a"}, {"name": "main"}, {"name": "side"}], main=("a", "main"))
    status = end_of(decision, Outcome("Failed", containers={"a": 3}), 1.0)
    assert codes(status) == {"a": 3, "main": 1, "side": 0, "wait": 0}


def test_the_kubelet_ends_a_pod_that_is_active_for_too_long() -> None:
    status = end_of(start(spec={"activeDeadlineSeconds": 2}), Outcome(duration=5), 2.0)
    assert (status.phase, status.message) == (
        "Failed",
        "Pod was active on the node longer than the specified deadline",
    )
    assert codes(status)["main"] == 143


def test_the_executor_ends_a_pod_at_its_deadline() -> None:
    status = end_of(start(deadline=4.0), Outcome(duration=5), 4.0)
    assert (status.phase, status.message, codes(status)["main"]) == ("Failed", "", 143)


def test_a_daemon_runs_until_it_is_stopped() -> None:
    pods = Pods(PlainValues())
    pods.start(start(daemon=True), "A", Outcome(), 0.0)
    assert pods.next_end() is None
    event = pods.stop("A")
    assert isinstance(event, PodChanged)
    assert codes(event.status) == {"main": 143, "wait": 0}
    assert pods.stop("A") is None


def test_a_pod_that_never_started_is_gone_when_stopped() -> None:
    pods = Pods(PlainValues())
    event = pods.start(start(), "A", Outcome("Pending", pod_message="no nodes"), 0.0)
    assert isinstance(event, PodChanged)
    assert event.status.message == "no nodes"
    assert pods.next_end() is None
    assert isinstance(pods.stop("A"), PodDeleted)


def test_pods_that_end_together_are_told_in_order_of_creation() -> None:
    pods = Pods(PlainValues())
    pods.start(start("late"), "late", Outcome(duration=2), 0.0)
    pods.start(start("early"), "early", Outcome(duration=1), 1.0)
    events = pods.end_until(2.0)
    assert [event.node_id for event in events if isinstance(event, PodChanged)] == ["late", "early"]


PARAMETER = {"name": "o", "valueFrom": {"path": "/tmp/o"}}
NO_FILE = "open /mainctrfs/tmp/o: no such file or directory"
WITH_DEFAULT = {"name": "o", "valueFrom": {"path": "/tmp/o", "default": "D"}}


@pytest.mark.parametrize(
    ("parameter", "outcome", "value", "trouble"),
    [
        (PARAMETER, Outcome(), "out_A_o", ""),
        (PARAMETER, Outcome(parameters={"o": "v\n\n"}), "v\n", ""),
        (
            PARAMETER,
            Outcome(parameters={"o": None}),
            None,
            "open /mainctrfs/tmp/o: no such file or directory",
        ),
        (WITH_DEFAULT, Outcome(parameters={"o": None}), "D", ""),
        (WITH_DEFAULT, Outcome("Failed"), "D", ""),
        (WITH_DEFAULT, Outcome("Failed", parameters={"o": "v"}), "v", ""),
        (PARAMETER, Outcome("Failed"), None, NO_FILE),
    ],
)
def test_parameters(parameter: dict[str, Any], outcome: Outcome, value: str | None, trouble: str) -> None:
    status = end_of(start(template={"outputs": {"parameters": [parameter]}}), outcome, 1.0)
    assert status.outputs is not None
    [reported] = status.outputs.parameters
    assert reported.get("value") == value
    assert status.containers[-1].message == trouble
    assert status.containers[-1].exit_code == (64 if trouble else 0)


def test_a_required_artifact_that_is_missing_is_an_error() -> None:
    artifacts = [{"name": "a", "path": "/a"}, {"name": "b", "path": "/b", "optional": True}]
    template = {"outputs": {"artifacts": artifacts}, "archiveLocation": {"s3": {"key": "wf/pod"}}}
    status = end_of(start(template=template), Outcome(artifacts=frozenset()), 1.0)
    assert status.containers[-1].message == "artifact a failed to save: path /a not found; "
    status = end_of(start(template=template), Outcome(), 1.0)
    assert status.outputs is not None
    assert [artifact["s3"]["key"] for artifact in status.outputs.artifacts] == [
        "wf/pod/a.tgz",
        "wf/pod/b.tgz",
    ]


def test_the_result_is_reported_when_somebody_wants_it() -> None:
    assert end_of(start(), Outcome(result="r"), 1.0).outputs is None
    wanted = start(include_result=True)
    for outcome, result in [(Outcome(), "out_A"), (Outcome(result="r\n"), "r"), (Outcome("Failed"), "")]:
        outputs = end_of(wanted, outcome, 1.0).outputs
        assert outputs is not None
        assert outputs.result == result
