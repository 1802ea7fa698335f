"""Loops, conditions, choices, failures: states of compiled pipelines on the real machine."""

from __future__ import annotations

from typing import Any

import pytest

from .playing import Pipeline, loop, play, task

STATUS = {"taskFinalStatus": {"producerTask": "exit-handler-1"}}
TOLERANT = {"triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}}


def when(condition: str) -> dict[str, Any]:
    return {"triggerPolicy": {"condition": condition}}


def selected(task: str, key: str) -> dict[str, Any]:
    return {"valueFromParameter": {"producerSubtask": task, "outputParameterKey": key}}


def simple(*names: str, **parameters: Any) -> Pipeline:
    p = Pipeline(**parameters)
    for name in names:
        p.python(name, inputs={"x": {"parameterType": "STRING", "isOptional": True}}, outputs={"Output": "STRING"})
    return p


def fails(*paths: str) -> Any:
    """Pods hand out their own path, but for those that fail."""
    return lambda path, given: None if path in paths else {"Output": path}


def dag_of(workflow: dict[str, Any], name: str = "root") -> dict[str, Any]:
    found: dict[str, Any] = next(t for t in workflow["spec"]["templates"] if t["name"] == name)["dag"]
    return found


def test_plain_needs_are_dependencies() -> None:
    p = simple("a", "b")
    p.task("a")
    p.task("b", given={"x": "a.Output"}, after=["a"])
    dag = dag_of(p.compile())
    assert dag["failFast"] is False
    assert "target" not in dag
    assert dag["tasks"][1]["dependencies"] == ["a"]
    played = play(p.compile(), fails("a"))
    assert (played.phase, played.states()) == ("Failed", {"a": "Failed", "b": "Omitted"})


def test_one_tolerant_task_makes_all_of_its_dag_read_results() -> None:
    p = simple("a", "b", "c")
    p.task("a")
    p.task("b", after=["a"])
    p.task("c", given={"x": "b.Output"}, after=["b"], **TOLERANT)
    tasks = dag_of(p.compile())["tasks"]
    assert tasks[1]["depends"] == "a"
    assert "b.Errored || b.Skipped || b.Omitted" in tasks[2]["depends"]
    played = play(p.compile(), fails("a"))
    assert (played.phase, played.states()) == ("Succeeded", {"a": "Failed", "b": "Omitted", "c": "Succeeded"})
    assert played.given("c") == {"x": None}


def test_a_failure_that_one_handles_and_one_does_not() -> None:
    p = simple("a", "handles", "needs")
    p.task("a")
    p.task("handles", after=["a"], **TOLERANT)
    p.task("needs", after=["a"])
    played = play(p.compile(), fails("a"))
    assert played.states() == {"a": "Failed", "handles": "Succeeded", "needs": "Omitted"}
    assert played.phase == "Failed"


def exit_handler(**exit_task: Any) -> Pipeline:
    p = simple("a", "b", "after")
    p.python("bye", inputs={"status": {"parameterType": "TASK_FINAL_STATUS", "isOptional": True}})
    p.dag("exit-handler-1", {"a": task("a"), "b": task("b", after=["a"])})
    p.task("exit-handler-1")
    p.task("bye", given={"status": STATUS}, after=["exit-handler-1"], **TOLERANT)
    return p


def test_an_exit_handler_does_not_forgive() -> None:
    p = exit_handler()
    dag = dag_of(p.compile())
    assert dag["target"] == "exit-handler-1 bye"
    played = play(p.compile(), fails("exit-handler-1/a"))
    assert played.phase == "Failed"
    assert played.states()["bye"] == "Succeeded"
    assert played.given("bye")["status"] == {
        "state": "FAILED",
        "pipelineJobResourceName": "w",
        "pipelineTaskName": "exit-handler-1",
    }
    played = play(p.compile(), fails())
    assert (played.phase, played.given("bye")["status"]["state"]) == ("Succeeded", "SUCCEEDED")


def test_a_task_behind_an_exit_handler_decides_for_it() -> None:
    p = exit_handler()
    p.task("after", after=["exit-handler-1"])
    assert "target" not in dag_of(p.compile()) or "after" in dag_of(p.compile())["target"]
    assert play(p.compile(), fails("exit-handler-1/a")).phase == "Failed"


def test_a_failing_exit_task_fails_the_run() -> None:
    assert play(exit_handler().compile(), fails("bye")).phase == "Failed"


def looped(limit: int = 0, **consumer: Any) -> Pipeline:
    p = simple("make", "use")
    p.python("use", inputs={"xs": {"parameterType": "LIST", "isOptional": True}})
    p.dag(
        "for-loop-1",
        {"make": task("make", given={"x": "@item"})},
        {"parameters": {"out": selected("make", "Output")}},
        inputs={"item": "STRING"},
        hands_out={"out": "LIST"},
    )
    p.task("for-loop-1", **loop(["a", "b", "c"], "item", limit))
    p.task("use", given={"xs": "for-loop-1.out"}, after=["for-loop-1"], **consumer)
    return p


def item(number: int, limit: int) -> str:
    return f"for-loop-1/for-loop-1[{number}]/make" if limit else f"for-loop-1[{number}]/make"


@pytest.mark.parametrize("limit", [0, 2])
def test_a_list_of_what_succeeded(limit: int) -> None:
    played = play(looped(limit, **TOLERANT).compile(), fails(item(1, limit)))
    assert played.phase == "Succeeded"
    assert played.given("use")["xs"] == [item(0, limit), item(2, limit)]


@pytest.mark.parametrize("limit", [0, 2])
def test_all_items_failed(limit: int) -> None:
    played = play(looped(limit, **TOLERANT).compile(), fails(*(item(number, limit) for number in range(3))))
    assert (played.phase, played.given("use")["xs"]) == ("Succeeded", [])


@pytest.mark.parametrize("limit", [0, 2])
def test_nobody_tolerates(limit: int) -> None:
    played = play(looped(limit).compile(), fails(item(1, limit)))
    assert (played.phase, played.states()["use"]) == ("Failed", "Omitted")


def test_a_limit_is_that_of_a_dag_that_holds_only_the_loop() -> None:
    workflow = looped(2).compile()
    around = next(t for t in workflow["spec"]["templates"] if t["name"] == "for-loop-1-at-most-2")
    assert around["parallelism"] == 2
    assert [each["name"] for each in around["dag"]["tasks"]] == ["for-loop-1"]


def test_a_verdict_for_those_who_need_all_items() -> None:
    """With a limit the DAG around the loop succeeds so that it can hand out; another task then fails."""
    p = looped(2, **TOLERANT)
    p.python("strict", outputs={"Output": "STRING"})
    p.task("strict", after=["for-loop-1"])
    workflow = p.compile()
    played = play(workflow, fails(item(1, 2)))
    states = played.states()
    assert played.phase in ("Failed", "Error")
    assert played.given("use")["xs"] == [item(0, 2), item(2, 2)]
    assert (states["for-loop-1-verdict"], states["strict"]) == ("Error", "Omitted")
    fine = play(workflow, fails())
    assert (fine.phase, fine.states()["strict"]) == ("Succeeded", "Succeeded")


@pytest.mark.parametrize("limit", [0, 2])
def test_an_empty_list(limit: int) -> None:
    p = Pipeline(xs={"parameterType": "LIST", "defaultValue": [], "isOptional": True})
    p.python("make", inputs={"x": "STRING"}, outputs={"Output": "STRING"})
    p.python("use", inputs={"xs": "LIST"})
    p.dag(
        "for-loop-1",
        {"make": task("make", given={"x": "@item"})},
        {"parameters": {"out": selected("make", "Output")}},
        inputs={"item": "STRING", "xs": "LIST"},
        hands_out={"out": "LIST"},
    )
    p.task("for-loop-1", given={"xs": "@xs"}, **loop("xs", "item", limit))
    p.task("use", given={"xs": "for-loop-1.out"}, after=["for-loop-1"])
    workflow = p.compile()
    played = play(workflow, fails())
    assert (played.phase, played.given("use")) == ("Succeeded", {"xs": []})
    body = next(t for t in workflow["spec"]["templates"] if t["name"] == "for-loop-1")
    assert [each["name"] for each in body["inputs"]["parameters"]] == ["item"]


def test_a_gap_in_the_list_where_the_condition_does_not_hold() -> None:
    p = simple("make")
    p.python("use", inputs={"xs": "LIST"})
    p.dag(
        "condition-2",
        {"make": task("make", given={"x": "@item"})},
        {"parameters": {"out": selected("make", "Output")}},
        inputs={"item": "STRING"},
        hands_out={"out": "STRING"},
    )
    p.dag(
        "for-loop-1",
        {"condition-2": task("condition-2", given={"item": "@item"}, **when("inputs.parameter_values['item'] != 'b'"))},
        {"parameters": {"out": selected("condition-2", "out")}},
        inputs={"item": "STRING"},
        hands_out={"out": "LIST"},
    )
    p.task("for-loop-1", **loop(["a", "b", "c"], "item"))
    p.task("use", given={"xs": "for-loop-1.out"}, after=["for-loop-1"])
    played = play(p.compile(), lambda path, given: {"Output": given["inputs"].get("parameterValues", {}).get("x")})
    assert (played.phase, played.given("use")["xs"]) == ("Succeeded", ["a", "c"])


@pytest.mark.parametrize(("value", "ran"), [("1", 2), ("2", 3), ("3", 4)])
def test_one_of_several_branches(value: str, ran: int) -> None:
    p = simple("leaf", "use", n="STRING")
    n = "inputs.parameter_values['n']"
    conditions = [f"{n} == '1'", f"!({n} == '1') && {n} == '2'", f"!({n} == '1') && !({n} == '2')"]
    branches = {}
    for number, condition in enumerate(conditions, 2):
        name = f"condition-{number}"
        p.dag(
            name,
            {"leaf": task("leaf", given={"x": [name]})},
            {"parameters": {f"o-{number}": selected("leaf", "Output")}},
            inputs={"n": "STRING"},
            hands_out={f"o-{number}": "STRING"},
        )
        branches[name] = task(name, given={"n": "@n"}, **when(condition))
    selectors = [{"producerSubtask": f"condition-{n}", "outputParameterKey": f"o-{n}"} for n in (2, 3, 4)]
    p.dag(
        "condition-branches-1",
        branches,
        {"parameters": {"one": {"valueFromOneof": {"parameterSelectors": selectors}}}},
        inputs={"n": "STRING"},
        hands_out={"one": "STRING"},
    )
    p.task("condition-branches-1", given={"n": "@n"})
    p.task("use", given={"x": "condition-branches-1.one"}, after=["condition-branches-1"])
    played = play(p.compile(), fails(), {"n": value})
    assert played.phase == "Succeeded"
    assert played.given("use")["x"] == f"condition-branches-1/condition-{ran}/leaf"


def test_what_needs_a_skipped_group_does_not_run() -> None:
    p = simple("leaf", "use", go="STRING")
    p.dag("condition-1", {"leaf": task("leaf")}, inputs={"go": "STRING"})
    p.task("condition-1", given={"go": "@go"}, **when("inputs.parameter_values['go'] == 'yes'"))
    p.task("use", after=["condition-1"])
    workflow = p.compile()
    assert dag_of(workflow)["tasks"][1]["depends"] == "condition-1.Succeeded"
    assert play(workflow, fails(), {"go": "no"}).states() == {"condition-1": "Skipped", "use": "Omitted"}
    assert play(workflow, fails(), {"go": "yes"}).states()["use"] == "Succeeded"


def test_outputs_that_may_be_missing_inside_a_group() -> None:
    """In a DAG that is a task Argo knows `tasks` from the start: the guess must wait for the task."""
    p = simple("a", "use")
    p.dag("inner", {"a": task("a"), "use": task("use", given={"x": "a.Output"}, after=["a"], **TOLERANT)})
    p.task("inner")
    assert play(p.compile(), fails()).given("inner/use")["x"] == "inner/a"
    assert play(p.compile(), fails("inner/a")).given("inner/use")["x"] is None


def test_a_loop_over_a_component_without_a_group() -> None:
    p = Pipeline()
    p.python("make", inputs={"x": "STRING"}, outputs={"Output": "LIST"})
    p.python("use", inputs={"xs": "LIST"})
    p.task("make", **loop(["a", "b"], "x"))
    p.task("use", given={"xs": "make.Output"}, after=["make"])
    played = play(p.compile(), lambda path, given: {"Output": [path, 2**60]})
    assert played.given("use")["xs"] == [["make[0]/make", 2**60], ["make[1]/make", 2**60]]


def test_a_circle_is_named() -> None:
    p = simple("a", "b")
    p.task("a", after=["b"])
    p.task("b", after=["a"])
    with pytest.raises(Exception, match=r"wait for each other: `[ab]` → `[ab]` → `[ab]`"):
        p.compile()
