from __future__ import annotations

import pytest

from tiphys.messages.decisions import StopPod
from tiphys.messages.events import RunResumed, RunStopped, RunSuspended, RunTerminated

from .playing import POD, Play, dag, given, steps, task


@pytest.mark.parametrize("kind", ["dag", "steps"])
def test_a_template_lets_so_many_run_at_once(kind: str) -> None:
    loop = task("a", withSequence={"count": "5"})
    main = dag(loop, parallelism=2) if kind == "dag" else steps([loop], parallelism=2)
    play = Play(main)
    names = [f"{'' if kind == 'dag' else '[0].'}a({number}:{number})" for number in range(5)]
    assert play.started == names[:2]
    play.end(names[1])
    assert play.started == names[:3]
    assert play.finish() == "Succeeded"
    assert play.started == names


def test_so_many_pods_of_the_workflow() -> None:
    inner = dag(task("x"), task("y"), name="inner")
    play = Play(dag(task("a", "inner"), task("b", "inner")), inner, parallelism=3)
    assert len(play.pods) == 3
    play.end("a.x")
    assert len(play.pods) == 3
    assert play.finish() == "Succeeded"


def test_fail_fast_starts_nothing_after_a_failure() -> None:
    play = Play(dag(task("a", withItems=[1, 2, 3]), failFast=True) | {"parallelism": 1, "failFast": True})
    play.fail("a(0:1)")
    assert play.started == ["a(0:1)"]
    assert play.run.phase.value == "Failed"
    assert play.node().message == "template has failed or errored children and failFast enabled"


def test_templates_that_call_themselves_end_at_a_depth() -> None:
    again = steps([task("next", "again", when="{{inputs.parameters.n}} != 0", arguments=given(n="1"))], name="again")
    again["inputs"] = {"parameters": [{"name": "n"}]}
    play = Play(dag(task("a", "again", arguments=given(n="1"))), again)
    deepest = max(play.nodes().values(), key=lambda node: len(node.name))
    assert deepest.message.startswith("Maximum recursion depth exceeded.")
    assert play.run.phase.value in ("Error", "Failed")


def test_a_deadline_of_the_run() -> None:
    play = Play(dag(task("a"), task("b", after="a")), activeDeadlineSeconds=5)
    play.pod("a", "Running")
    decisions = play.wait(6)
    assert [each.node_id for each in decisions if isinstance(each, StopPod)] == [play.node("a").id]
    assert play.phases() == {"a": "Failed"}
    assert play.node("a").message == "Step exceeded its deadline"


def test_a_deadline_of_a_pod_is_told_to_its_executor() -> None:
    play = Play({**POD, "name": "main", "activeDeadlineSeconds": 5})
    assert play.pods["wf"].spec["activeDeadlineSeconds"] == 5


def test_a_timeout_ends_what_is_pending_and_is_told_to_the_executor_of_what_runs() -> None:
    slow = {**POD, "name": "slow", "timeout": "7s"}
    play = Play(dag(task("a", "slow"), task("b", "slow")), slow)
    assert play.pods["b"].spec["activeDeadlineSeconds"] == 7
    play.pod("b", "Running")
    decisions = play.wait(8)
    assert play.phases() == {"a": "Failed", "b": "Running"}
    assert play.node("a").message == "timeout"
    assert [each.node_id for each in decisions if isinstance(each, StopPod)] == [play.node("a").id]


def test_a_run_is_stopped() -> None:
    play = Play(dag(task("a"), task("b", after="a")), onExit="pod")
    play.pod("a", "Running")
    decisions = play.step(RunStopped())
    assert [each.node_id for each in decisions if isinstance(each, StopPod)] == [play.node("a").id]
    play.fail("a", 143)
    assert play.started == ["a", "onExit"]
    play.end("onExit")
    assert play.run.phase.value == "Failed"
    assert play.run.message == "Stopped with strategy 'Stop'"


def test_a_run_is_terminated() -> None:
    play = Play(dag(task("a")), onExit="pod")
    play.pod("a", "Running")
    play.step(RunTerminated())
    play.fail("a", 143)
    assert play.started == ["a"]
    assert play.run.message == "Stopped with strategy 'Terminate'"


def test_a_suspended_run_starts_nothing() -> None:
    play = Play(dag(task("a"), task("b", after="a")))
    play.step(RunSuspended())
    play.end("a")
    assert play.started == ["a"]
    play.step(RunResumed())
    assert play.started == ["a", "b"]


def test_a_suspend_node_waits_for_its_time() -> None:
    pause = {"name": "pause", "suspend": {"duration": "20s"}}
    play = Play(dag(task("a", "pause"), task("b", after="a")), pause)
    play.wait(19)
    assert play.phases() == {"a": "Running"}
    play.wait(2)
    assert play.phases() == {"a": "Succeeded", "b": "Pending"}


def test_a_suspend_node_is_resumed() -> None:
    play = Play(dag(task("a", "pause"), task("b", after="a")), {"name": "pause", "suspend": {}})
    assert play.wake is None
    play.step(RunResumed())
    assert play.phases() == {"a": "Succeeded", "b": "Pending"}


def test_daemons_are_ready_when_they_run_and_stopped_at_the_end() -> None:
    server = {**POD, "name": "server", "daemon": True}
    play = Play(dag(task("a", "server"), task("b", after="a")), server)
    play.pod("a", "Running")
    assert play.started == ["a", "b"]
    decisions = play.end("b")
    assert [each.node_id for each in decisions if isinstance(each, StopPod)] == [play.node("a").id]
    play.fail("a", 143)
    assert play.run.phase.value == "Succeeded"
    assert play.phases()["a"] == "Succeeded"
