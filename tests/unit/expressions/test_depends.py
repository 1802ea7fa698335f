"""`depends`, `dependencies` and `continueOn`: expansion, names, and evaluation."""

from __future__ import annotations

import pytest

from tiphys.errors import ExpressionError
from tiphys.expressions import depends
from tiphys.expressions.depends import ContinueOn, TaskResults

CONTINUE = {
    "fails": ContinueOn(failed=True),
    "errs": ContinueOn(error=True),
    "both": ContinueOn(failed=True, error=True),
}


def parse(text: str, *dependencies: str) -> depends.Depends:
    return depends.parse(text, dependencies, lambda name: CONTINUE.get(name, ContinueOn()))


def test_a_bare_name_waits_for_a_good_end() -> None:
    parsed = parse("a && b-1.Failed")
    assert parsed.logic == "(a.Succeeded || a.Skipped || a.Daemoned) && b-1.Failed"
    assert parsed.names == ("a", "b-1")


def test_dependencies_are_an_and_of_bare_names() -> None:
    assert parse("", "a", "b").logic == (
        "(a.Succeeded || a.Skipped || a.Daemoned) && (b.Succeeded || b.Skipped || b.Daemoned)"
    )
    assert parse("").logic == ""
    assert parse("a.Failed", "b").names == ("a",)


@pytest.mark.parametrize(
    ("name", "more"),
    [("fails", " || fails.Failed"), ("errs", " || errs.Errored"), ("both", " || both.Errored || both.Failed")],
)
def test_continue_on_adds_results(name: str, more: str) -> None:
    assert parse(name).logic == f"({name}.Succeeded || {name}.Skipped || {name}.Daemoned{more})"


def test_results_of_loop_items_are_known() -> None:
    parsed = parse("a.AnySucceeded || b.AllFailed || c.Failed")
    assert parsed.items == {"a", "b"}


def test_an_unknown_task_is_the_callers_matter() -> None:
    def continue_on(name: str) -> ContinueOn:
        raise KeyError(name)

    with pytest.raises(KeyError):
        depends.parse("a", [], continue_on)


def test_an_invalid_result_is_named() -> None:
    assert depends.invalid_result("a.Succeeded && b.Completed") == "task result 'Completed' for task 'b' is invalid"
    assert depends.invalid_result("a.Succeeded && b") is None


@pytest.mark.parametrize(
    ("logic", "expected"),
    [
        ("a.Succeeded", True),
        ("a.Failed", False),
        ("!a.Failed && (b-c.Failed || a.Errored)", True),
        ("a.Succeeded == b-c.Failed", True),
        ("a.Succeeded ? b-c.Failed : false", True),
        ("any([a.Succeeded], #)", True),
    ],
)
def test_evaluation(logic: str, expected: bool) -> None:
    assert depends.evaluate(logic, {"a": TaskResults(succeeded=True), "b-c": TaskResults(failed=True)}) is expected


@pytest.mark.parametrize(
    ("logic", "message"),
    [
        ("a.Succeeded &&", "unexpected token EOF"),
        ("a.Succeeded + 1", "invalid operation: + (mismatched types bool and int)"),
        ("a.Nothing", "type controller.TaskResults has no field Nothing"),
        ("'x'", "unable to cast expression result 'x' to bool"),
    ],
)
def test_broken_logic(logic: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        depends.evaluate(logic, {"a": TaskResults()})
    assert message in caught.value.message


def test_hundreds_of_tasks_with_long_names() -> None:
    names = [f"a-task-with-a-name-that-goes-on-and-on-and-on-{index:04}" for index in range(800)]
    logic = parse("", *names).logic
    assert len(logic) > 64 * 1024
    results = dict.fromkeys(names, TaskResults(succeeded=True))
    assert depends.evaluate(logic, results)
    assert not depends.evaluate(logic, {**results, names[700]: TaskResults(failed=True)})
    with pytest.raises(ExpressionError, match="maximum allowed nodes"):
        depends.evaluate(parse("", *names, *(f"more-{index}" for index in range(100))).logic, results)
