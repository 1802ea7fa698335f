from __future__ import annotations

from typing import Any

import pytest

from tiphys.engine import fan_out
from tiphys.errors import NodeError
from tiphys.expressions.items import Item
from tiphys.messages.phases import NodeType

from .playing import ECHO, Play, dag, given, steps, task

GIVER = {**ECHO, "name": "giver", "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]}}


@pytest.mark.parametrize(
    ("loop", "items"),
    [
        ({"withItems": [1, "a", {"b": 2}, [3], True]}, ["1", '"a"', '{"b":2}', "[3]", "true"]),
        ({"withParam": '[1.0, "a", null]'}, ["1.0", '"a"', "null"]),
        ({"withSequence": {"count": "3"}}, ['"0"', '"1"', '"2"']),
        ({"withSequence": {"start": 3, "end": "1", "format": "n%02d"}}, ['"n03"', '"n02"', '"n01"']),
        ({"withSequence": {"count": 0}}, []),
    ],
)
def test_items(loop: dict[str, Any], items: list[str]) -> None:
    assert fan_out.is_loop(loop)
    assert fan_out.items_of(loop) == [Item(item) for item in items]


def test_what_is_no_list_is_an_error_unless_nobody_wants_it() -> None:
    with pytest.raises(NodeError, match="withParam value could not be parsed as a JSON list"):
        fan_out.items_of({"withParam": "{}"})
    assert fan_out.items_of({"withParam": "{}", "when": "1 == 2"}) == []


def test_a_loop_has_a_group_with_a_node_for_each_item() -> None:
    play = Play(dag(task("a", "echo", withItems=["x", "y"], arguments=given(x="<{{item}}>")), task("b", after="a")))
    assert play.started == ["a(0:x)", "a(1:y)"]
    assert play.pods["a(1:y)"].containers[0]["args"] == ["<y>"]
    assert play.node("a").type is NodeType.TASK_GROUP
    play.end("a(1:y)")
    assert play.phases()["a"] == "Running"
    play.end("a(0:x)")
    assert play.phases()["a"] == "Succeeded"
    assert play.started[2:] == ["b"]
    assert play.node("a(1:y)").children == [play.node("b").id]


def test_an_empty_loop_is_a_skipped_task() -> None:
    play = Play(dag(task("a", withParam="[]"), task("b", after="a")))
    assert play.phases() == {"a": "Skipped", "b": "Pending"}
    assert play.node("a").message == "Skipped, empty params"


def test_items_of_maps() -> None:
    play = Play(
        dag(task("a", "echo", withItems=[{"k": "(v)", "n": 1}], arguments=given(x="{{item.k}} {{item.n}} {{item}}")))
    )
    assert play.pods["a(0:k:v,n:1)"].containers[0]["args"] == ['(v) 1 {"k":"(v)","n":1}']


def test_one_item_that_cannot_be_filled_in_spoils_all() -> None:
    play = Play(dag(task("a", "echo", withParam='[{"k": 1}, {}]', arguments=given(x="{{item.k}}"))))
    assert not play.started
    assert play.phases() == {"a": "Error"}


def test_a_condition_may_look_at_the_item() -> None:
    play = Play(dag(task("a", withItems=[1, 2, 3], when="{{item}} != 2")))
    assert play.phases() == {"a": "Running", "a(0:1)": "Pending", "a(1:2)": "Skipped", "a(2:3)": "Pending"}
    assert play.finish() == "Succeeded"


def test_a_loop_fails_with_one_of_its_items_when_all_are_done() -> None:
    play = Play(dag(task("a", withItems=[1, 2])))
    play.fail("a(0:1)")
    assert play.phases()["a"] == "Running"
    play.end("a(1:2)")
    assert play.phases()["a"] == "Failed"
    assert play.run.phase.value == "Failed"


@pytest.mark.parametrize("kind", ["dag", "steps"])
def test_what_the_items_gave_comes_as_lists(kind: str) -> None:
    loop = task("a", "giver", withItems=[1, 2, 3])
    prefix = "tasks" if kind == "dag" else "steps"
    texts = f"{{{{{prefix}.a.outputs.parameters.o}}}} {{{{{prefix}.a.outputs.parameters}}}}"
    after = task("b", "echo", arguments=given(x=texts))
    play = Play(dag(loop, {**after, "dependencies": ["a"]}) if kind == "dag" else steps([loop], [after]), GIVER)
    place = "" if kind == "dag" else "[0]."
    play.end(f"{place}a(1:2)", o="two")
    play.end(f"{place}a(0:1)", o='{"one": 1}')
    play.end(f"{place}a(2:3)", o="3")
    args = next(iter(play.pods.values())).containers[0]["args"]
    assert args == ['["{\\"one\\": 1}","two","3"] [{"o":"{\\"one\\": 1}"},{"o":"two"},{"o":"3"}]']


def test_lists_of_json_are_nested() -> None:
    after = task("b", "echo", "a", arguments=given(x="{{tasks.a.outputs.parameters.o}}"))
    play = Play(dag(task("a", "giver", withItems=[1, 2]), after), GIVER)
    play.end("a(0:1)", o="[1, 2]")
    play.end("a(1:2)", o='{"b": 3, "a": null}')
    assert play.pods["b"].containers[0]["args"] == ['[[1,2],{"a":null,"b":3}]']


def test_an_item_that_failed_gives_nothing() -> None:
    after = task("b", "echo", "a", arguments=given(x="{{tasks.a.outputs.parameters.o}}"))
    play = Play(dag(task("a", "giver", withItems=[1, 2], continueOn={"failed": True}), after), GIVER)
    play.fail("a(0:1)")
    play.end("a(1:2)", o="two")
    assert play.pods["b"].containers[0]["args"] == ['["two"]']


def test_a_loop_over_what_another_task_gave() -> None:
    play = Play(
        dag(
            task("a", "giver"),
            task("b", "echo", "a", withParam="{{tasks.a.outputs.parameters.o}}", arguments=given(x="{{item}}")),
        ),
        GIVER,
    )
    play.end("a", o='["p", "q"]')
    assert play.started[1:] == ["b(0:p)", "b(1:q)"]


def test_loops_in_loops() -> None:
    inner = dag(
        task("y", "echo", withSequence={"count": "{{inputs.parameters.n}}"}, arguments=given(x="{{item}}")),
        name="inner",
        inputs={"parameters": [{"name": "n"}]},
    )
    play = Play(dag(task("x", "inner", withItems=[1, 2], arguments=given(n="{{item}}"))), inner)
    assert play.started == ["x(0:1).y(0:0)", "x(1:2).y(0:0)", "x(1:2).y(1:1)"]
    assert play.finish() == "Succeeded"
