from __future__ import annotations

from typing import Any

import pytest

from tiphys.messages.outputs import ContainerStatus
from tiphys.messages.phases import NodeType

from .playing import POD, Play, dag, task


def retried(**strategy: Any) -> dict[str, Any]:
    return {**POD, "name": "retried", "retryStrategy": strategy}


def play_one(**strategy: Any) -> Play:
    return Play(dag(task("a", "retried")), retried(**strategy))


def test_a_failure_is_followed_by_another_attempt() -> None:
    play = play_one(limit="2")
    assert play.phases() == {"a": "Running", "a(0)": "Pending"}
    assert play.node("a").type is NodeType.RETRY
    play.fail("a(0)")
    assert play.phases() == {"a": "Running", "a(0)": "Failed", "a(1)": "Pending"}
    play.end("a(1)")
    assert play.phases()["a"] == "Succeeded"
    assert play.node("a").children == [play.node("a(0)").id, play.node("a(1)").id]
    assert play.node("a(1)").node_flag == {"retried": True}


def test_when_no_attempt_is_left_the_node_ends_like_the_last() -> None:
    play = play_one(limit=1)
    play.fail("a(0)")
    play.fail("a(1)", exit_code=3)
    assert play.node("a").message == "No more retries left"
    assert play.phases()["a"] == "Failed"
    assert play.run.phase.value == "Failed"


@pytest.mark.parametrize("limit", ["0", 0])
def test_no_retries(limit: object) -> None:
    play = play_one(limit=limit)
    play.fail("a(0)")
    assert play.phases()["a"] == "Failed"


def test_without_a_limit_there_is_no_end() -> None:
    play = play_one()
    for number in range(20):
        play.fail(f"a({number})")
    assert play.phases()["a(20)"] == "Pending"


@pytest.mark.parametrize(
    ("policy", "how", "again"),
    [
        ("Always", "failure", True),
        ("Always", "error", True),
        ("OnFailure", "failure", True),
        ("OnFailure", "error", False),
        ("OnError", "failure", False),
        ("OnError", "error", True),
        ("OnTransientError", "failure", False),
    ],
)
def test_policies(policy: str, how: str, again: bool) -> None:
    play = play_one(limit=2, retryPolicy=policy)
    exit_codes = {"main": 1, "wait": 0} if how == "failure" else {"main": 0, "wait": 64}
    play.fail("a(0)", containers=[ContainerStatus(*each) for each in exit_codes.items()])
    assert play.phases()["a(0)"] == ("Failed" if how == "failure" else "Error")
    assert ("a(1)" in play.phases()) is again


@pytest.mark.parametrize(
    ("expression", "exit_code", "again"),
    [
        ("asInt(lastRetry.exitCode) > 1", 2, True),
        ("asInt(lastRetry.exitCode) > 1", 1, False),
        ("lastRetry.status == 'Failed' && lastRetry.message matches 'exit code 7'", 7, True),
        ("asInt(lastRetry.duration) >= 5", 1, True),
    ],
)
def test_an_expression_decides(expression: str, exit_code: int, again: bool) -> None:
    play = play_one(limit=2, expression=expression)
    play.now += 5
    play.fail("a(0)", exit_code)
    assert ("a(1)" in play.phases()) is again
    if not again:
        assert play.node("a").message == "retryStrategy.expression evaluated to false"


def test_an_expression_without_sense_is_an_error() -> None:
    play = play_one(limit=2, expression="lastRetry.exitCode + 1")
    play.fail("a(0)")
    assert play.phases()["a"] == "Error"


@pytest.mark.parametrize(
    ("backoff", "waits"),
    [
        ({"duration": "10"}, [10, 10, 10]),
        ({"duration": "10s", "factor": 2}, [10, 20, 40]),
        ({"duration": "1m", "factor": "3"}, [60, 180, 540]),
        ({"duration": "10s", "factor": 2, "cap": "25s"}, [10, 20, 25]),
    ],
)
def test_backoff(backoff: dict[str, Any], waits: list[float]) -> None:
    play = play_one(limit=9, backoff=backoff)
    for number, wait in enumerate(waits):
        play.fail(f"a({number})")
        assert play.node("a").message.startswith("Backoff for ")
        play.wait(wait - 1)
        assert f"a({number + 1})" not in play.phases()
        play.wait(2)
        assert play.phases()[f"a({number + 1})"] == "Pending"


def test_a_longest_time_for_all_attempts_together() -> None:
    play = play_one(limit=9, backoff={"duration": "10s", "factor": 2, "maxDuration": "45s"})
    play.fail("a(0)")
    play.wait(11)
    play.fail("a(1)")
    play.wait(21)
    play.fail("a(2)")
    assert play.node("a").message == "Backoff would exceed max duration limit"
    assert play.phases()["a"] == "Failed"


def test_a_dag_is_retried_whole() -> None:
    inner = dag(task("x"), task("y", after="x"), name="inner", retryStrategy={"limit": 1})
    play = Play(dag(task("a", "inner"), task("b", after="a")), inner)
    play.end("a(0).x")
    play.fail("a(0).y")
    assert play.started == ["a(0).x", "a(0).y", "a(1).x"]
    play.end("a(1).x")
    play.end("a(1).y")
    assert play.phases()["a"] == "Succeeded"
    assert play.started[-1] == "b"


def test_the_number_of_the_attempt() -> None:
    template = retried(limit=2)
    template["container"] = {"image": "busybox", "args": ["{{retries}} {{lastRetry.exitCode}}"]}
    play = Play(dag(task("a", "retried")), template)
    assert play.pods["a(0)"].containers[0]["args"] == ["0 0"]
    play.fail("a(0)", 4)
    assert play.pods["a(1)"].containers[0]["args"] == ["1 4"]


def test_a_strategy_for_the_whole_workflow() -> None:
    play = Play(dag(task("a")), retryStrategy={"limit": 1})
    play.fail("(0).a(0)")
    assert play.phases()["(0).a(1)"] == "Pending"
