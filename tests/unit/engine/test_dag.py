from __future__ import annotations

import pytest

from tiphys.messages.phases import NodeType

from .playing import ECHO, Play, dag, given, task


def test_tasks_start_when_those_before_them_are_done() -> None:
    play = Play(dag(task("a"), task("b", after="a"), task("c", after="a"), task("d", after="b c")))
    assert play.started == ["a"]
    play.end("a")
    assert play.started == ["a", "b", "c"]
    play.end("c")
    assert play.phases() == {"a": "Succeeded", "b": "Pending", "c": "Succeeded"}
    play.end("b")
    assert play.started[3:] == ["d"]
    assert play.finish() == "Succeeded"


def test_new_nodes_hang_below_the_ends_of_what_they_waited_for() -> None:
    inner = dag(task("x"), task("y", after="x"), name="inner")
    play = Play(dag(task("a", "inner"), task("b", after="a")), inner)
    play.finish()
    assert play.node("a").outbound_nodes == [play.node("a.y").id]
    assert play.node("a.y").children == [play.node("b").id]
    assert play.node().children == [play.node("a").id]


def test_tasks_are_looked_at_in_the_order_of_the_walk_from_the_targets() -> None:
    play = Play(dag(task("c"), task("b"), task("a", after="c"), task("d")))
    assert play.started == ["c", "b", "d"]


def test_only_what_the_target_needs_is_run() -> None:
    play = Play(dag(task("a"), task("b", after="a"), task("c"), target="b"))
    assert play.finish() == "Succeeded"
    assert play.started == ["a", "b"]


@pytest.mark.parametrize(
    ("depends", "phase"),
    [
        ("a", "Omitted"),
        ("a.Failed", "Pending"),
        ("a.Succeeded || a.Failed", "Pending"),
        ("a && b", "Omitted"),
        ("a.Failed && b", "Pending"),
        ("!a.Succeeded && !b.Errored", "Pending"),
        ("a.Skipped", "Omitted"),
    ],
)
def test_depends_asks_for_ends(depends: str, phase: str) -> None:
    play = Play(dag(task("a"), task("b"), task("c", depends=depends)))
    play.fail("a")
    play.end("b")
    assert play.phases()["c"] == phase


def test_what_depends_on_something_omitted_is_omitted_too() -> None:
    play = Play(dag(task("a"), task("b", depends="a.Failed"), task("c", depends="b")))
    play.end("a")
    assert play.phases() == {"a": "Succeeded", "b": "Omitted", "c": "Omitted"}
    assert play.node("c").message == "omitted: depends condition not met"
    assert play.node("c").type is NodeType.SKIPPED
    assert play.ended is not None


def test_a_condition_that_does_not_hold_skips_the_task_and_not_those_behind_it() -> None:
    play = Play(dag(task("a", when="1 == 2"), task("b", after="a")))
    assert play.phases() == {"a": "Skipped", "b": "Pending"}
    assert play.node("a").message == "when '1 == 2' evaluated false"


def test_a_condition_without_sense_is_an_error() -> None:
    play = Play(dag(task("a", when="1 =="), task("b", after="a")))
    assert play.phases() == {"a": "Error", "b": "Omitted"}
    assert play.run.phase.value == "Error"


def test_values_go_from_task_to_task() -> None:
    giver = {**ECHO, "name": "giver", "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]}}
    play = Play(
        dag(
            task("a", "giver"),
            task("b", "echo", "a", arguments=given(x="{{tasks.a.outputs.parameters.o}}-{{tasks.a.status}}")),
        ),
        giver,
    )
    play.end("a", o="7")
    assert play.pods["b"].containers[0]["args"] == ["7-Succeeded"]


def test_a_dag_hands_on_what_it_declares() -> None:
    giver = {**ECHO, "name": "giver", "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]}}
    inner = dag(
        task("x", "giver"),
        name="inner",
        outputs={"parameters": [{"name": "p", "valueFrom": {"parameter": "{{tasks.x.outputs.parameters.o}}"}}]},
    )
    play = Play(
        dag(
            task("a", "inner"),
            task("b", "echo", "a", arguments=given(x="{{tasks.a.outputs.parameters.p}}")),
        ),
        inner,
        giver,
    )
    play.end("a.x", o="deep")
    assert play.pods["b"].containers[0]["args"] == ["deep"]


def test_a_result_is_asked_for_only_where_something_refers_to_it() -> None:
    play = Play(
        dag(
            task("a", "script"),
            task("b", "script"),
            task("c", "echo", "a b", arguments=given(x="{{tasks.a.outputs.result}}")),
        )
    )
    assert play.pods["a"].include_result
    assert not play.pods["b"].include_result


def test_a_task_that_waits_for_an_output_which_never_comes_waits_for_ever() -> None:
    play = Play(
        dag(
            task("a", "script"),
            task("b", "echo", "a", arguments=given(x="{{tasks.a.outputs.result}}")),
        )
    )
    play.end("a", result=None)
    assert "b" not in play.phases()
    assert play.run.phase.value == "Running"
    assert play.wake == play.now + 10
    assert "tasks.a.outputs.result" in play.machine.stuck_reason()


def test_a_failure_ends_the_dag_when_what_runs_beside_it_is_done() -> None:
    play = Play(dag(task("a"), task("b"), task("c", after="b")))
    play.fail("a")
    assert play.run.phase.value == "Running"
    play.end("b")
    assert play.finish() == "Failed"
    assert play.phases()["c"] == "Succeeded"
    assert play.node().phase.value == "Failed"


def test_what_may_fail_does_not_fail_the_dag() -> None:
    play = Play(dag(task("a", continueOn={"failed": True}), task("b", after="a")))
    play.fail("a")
    assert play.pods.keys() == {"b"}
    assert play.finish() == "Succeeded"


def test_outputs_that_cannot_be_had_make_an_error_of_the_dag() -> None:
    play = Play(
        dag(
            task("a", "script"),
            outputs={"parameters": [{"name": "p", "valueFrom": {"parameter": "{{tasks.a.outputs.result}}"}}]},
        )
    )
    play.end("a")
    assert play.node().phase.value == "Error"
    assert play.run.phase.value == "Error"
