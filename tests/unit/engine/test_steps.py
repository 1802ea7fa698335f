from __future__ import annotations

from tiphys.messages.phases import NodeType

from .playing import ECHO, POD, Play, given, steps, task


def test_groups_follow_one_another_and_steps_of_a_group_run_side_by_side() -> None:
    play = Play(steps([task("a"), task("b")], [task("c")]))
    assert play.started == ["[0].a", "[0].b"]
    play.end("[0].b")
    assert "[1].c" not in play.phases()
    play.end("[0].a")
    assert play.started[2:] == ["[1].c"]
    assert play.finish() == "Succeeded"
    assert play.node("[0]").type is NodeType.STEP_GROUP
    assert play.node("[0]").display_name == "[0]"
    assert play.node("[0].a").display_name == "a"


def test_groups_hang_below_the_steps_of_the_one_before() -> None:
    play = Play(steps([task("a"), task("b")], [task("c")]))
    play.finish()
    ids = {name: node.id for name, node in play.nodes().items()}
    assert play.node().children == [ids["[0]"]]
    assert play.node("[0]").children == [ids["[0].a"], ids["[0].b"]]
    assert play.node("[0].a").children == play.node("[0].b").children == [ids["[1]"]]
    assert play.node().outbound_nodes == [ids["[1].c"]]


def test_a_step_that_fails_fails_its_group_when_the_others_are_done() -> None:
    play = Play(steps([task("a"), task("b")], [task("c")]))
    play.fail("[0].a")
    assert play.run.phase.value == "Running"
    play.end("[0].b")
    failed = play.node("[0].a").id
    assert play.node("[0]").message == play.node().message == f"child '{failed}' failed"
    assert play.run.phase.value == "Failed"
    assert "[1]" not in play.phases()


def test_a_step_that_may_fail() -> None:
    play = Play(steps([task("a", continueOn={"failed": True})], [task("b")]))
    play.fail("[0].a")
    assert play.finish() == "Succeeded"


def test_a_condition_without_sense_is_an_error_of_the_group() -> None:
    play = Play(steps([task("a"), task("b", continueOn={"error": True}, when="1 ==")], [task("c")]))
    assert play.phases() == {"[0]": "Error"}
    assert play.node("[0]").message.startswith("failed to resolve references: Invalid 'when' expression '1 =='")
    assert play.run.phase.value == "Failed"


def test_values_of_earlier_groups() -> None:
    giver = {**ECHO, "name": "giver", "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]}}
    play = Play(
        steps(
            [task("a", "giver")],
            [task("b", "echo", arguments=given(x="{{steps.a.outputs.parameters.o}} {{steps.a.id}}"))],
        ),
        giver,
    )
    play.end("[0].a", o="7")
    assert play.pods["[1].b"].containers[0]["args"] == [f"7 {play.node('[0].a').id}"]


def test_what_a_skipped_step_would_give_is_missing() -> None:
    giver = {**ECHO, "name": "giver", "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]}}
    play = Play(
        steps(
            [task("a", "giver", when="1 == 2")],
            [task("b", "pod", when="{{steps.a.status}} == Skipped")],
        ),
        giver,
    )
    assert play.phases()["[0].a"] == "Skipped"
    assert play.phases()["[1].b"] == "Pending"


def test_an_empty_list_skips_the_step() -> None:
    play = Play(steps([task("a", withParam="[]")], [task("b")]))
    assert play.phases() == {"[0]": "Succeeded", "[0].a": "Skipped", "[1]": "Running", "[1].b": "Pending"}
    assert play.node("[0].a").message == "Skipped, empty params"


def test_steps_in_steps() -> None:
    inner = steps([task("x")], [task("y")], name="inner")
    play = Play(steps([task("a", "inner"), task("b", "inner")], [task("c")]), inner, POD)
    assert play.finish() == "Succeeded"
    assert play.started == ["[0].a[0].x", "[0].b[0].x", "[0].a[1].y", "[0].b[1].y", "[1].c"]
