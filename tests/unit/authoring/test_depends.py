"""When a task runs: `depends`, trigger rules, continueOn, and the names that the IR has."""

from collections.abc import Callable
from typing import Any

import pytest
from kfp import dsl

from tiphys import argo
from tiphys.authoring.conditions import ENDED
from tiphys.errors import AuthoringError

from .components import clean, predict, report, train


def depends_of(section: dict[str, Any], executor: str) -> str:
    return section["deploymentSpec"]["executors"][executor]["task"]["depends"]


EXPRESSIONS: list[tuple[str, Callable[[Any, Any], Any], str]] = [
    ("text", lambda a, b: "train.Failed || predict.Omitted", "train.Failed || predict.Omitted"),
    (
        "text with bare names",
        lambda a, b: "train && (predict || predict.Failed)",
        "train && (predict || predict.Failed)",
    ),
    ("text keeps its form", lambda a, b: "train.Failed  &&\n !predict", "train.Failed  &&\n !predict"),
    ("one result", lambda a, b: argo.failed(a), "train.Failed && predict"),
    ("and, not", lambda a, b: argo.succeeded(a) & ~argo.failed(b), "train.Succeeded && !predict.Failed"),
    ("or", lambda a, b: argo.succeeded(a) | argo.omitted(b), "train.Succeeded || predict.Omitted"),
    (
        "parentheses only where they matter",
        lambda a, b: (argo.succeeded(a) | argo.failed(a)) & argo.skipped(b),
        "(train.Succeeded || train.Failed) && predict.Skipped",
    ),
    (
        "not of a group",
        lambda a, b: ~(argo.errored(a) | argo.daemoned(b)),
        "!(train.Errored || predict.Daemoned)",
    ),
    ("several tasks", lambda a, b: argo.succeeded(a, b), "train.Succeeded && predict.Succeeded"),
    (
        "names instead of tasks",
        lambda a, b: argo.failed("train", "predict"),
        "train.Failed && predict.Failed",
    ),
    (
        "done",
        lambda a, b: argo.done(b) & argo.succeeded(a),
        "(" + " || ".join(f"predict.{each}" for each in ENDED) + ") && train.Succeeded",
    ),
]


@pytest.mark.parametrize(
    ("expression", "expected"), [case[1:] for case in EXPRESSIONS], ids=[case[0] for case in EXPRESSIONS]
)
def test_expression(compile_ir: Any, expression: Callable[[Any, Any], Any], expected: str) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        a = train(rate=0.1)
        b = predict(score=a.output)
        argo.depends(report().after(b), expression(a, b))

    ir, section = compile_ir(pipeline)
    assert depends_of(section, "exec-report") == expected
    named = {"train", "predict"} if "train" in expected else {"predict"}
    assert set(ir["root"]["dag"]["tasks"]["report"]["dependentTasks"]) == named


def each(*results: str, join: str = " && ") -> str:
    """All upstreams of the test, each in one of `results`."""
    parts = [" || ".join(f"{name}.{result}" for result in results) for name in ("train", "predict")]
    return join.join(f"({part})" if join == " && " and len(results) > 1 else part for part in parts)


FAILED = ("Failed", "Errored", "Omitted")
RULES = {
    "all_success": each("Succeeded"),
    "all_done": each("Succeeded", "Failed", "Errored", "Skipped", "Omitted"),
    "all_failed": each(*FAILED),
    "all_skipped": each("Skipped"),
    "one_failed": each(*FAILED, join=" || "),
    "none_failed": "train && predict",
    "none_failed_min_one_success": "train && predict && (train.Succeeded || predict.Succeeded)",
    "none_skipped": each("Succeeded", *FAILED),
}


@pytest.mark.parametrize("rule", RULES)
def test_trigger_rule(compile_ir: Any, rule: str) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        a = train(rate=0.1)
        b = predict(score=1.0)
        argo.run_when(report(), rule, a, b)

    assert depends_of(compile_ir(pipeline)[1], "exec-report") == RULES[rule]


def test_rule_over_all_upstreams_of_a_loop(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        with dsl.ParallelFor([0.1, 0.2]) as rate:
            t = train(rate=rate)
        argo.run_when(report(lines=dsl.Collected(t.output)), "one_success")

    assert depends_of(compile_ir(pipeline)[1], "exec-report").endswith(") && for-loop-2.AnySucceeded")


def test_task_in_another_group_means_the_group(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline(which: str = "a") -> None:
        with dsl.If(which == "a"):
            inner = train(rate=0.1)
        argo.depends(report(), argo.succeeded(inner) | argo.skipped(inner))

    ir, section = compile_ir(pipeline)
    assert depends_of(section, "exec-report") == "condition-1.Succeeded || condition-1.Skipped"
    assert ir["root"]["dag"]["tasks"]["report"]["dependentTasks"] == ["condition-1"]


def test_group_that_kfp_renames_later(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline(which: str = "a") -> None:
        branch = dsl.If(which == "a")
        with branch:
            train(rate=0.1)
        argo.depends(clean(), argo.done(branch))

    assert depends_of(compile_ir(pipeline)[1], "exec-clean").startswith("condition-1.Succeeded")

    @dsl.pipeline
    def with_else(which: str = "a") -> None:
        branch = dsl.If(which == "a")
        with branch:
            train(rate=0.1)
        with dsl.Else():
            train(rate=0.2)
        argo.depends(clean(), argo.done(branch))

    assert depends_of(compile_ir(with_else)[1], "exec-clean").startswith("condition-branches-1.Succeeded")


def test_inside_a_loop(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        with dsl.ParallelFor([0.1, 0.2]) as rate:
            t = train(rate=rate)
            argo.depends(clean(), argo.failed(t))

    assert depends_of(compile_ir(pipeline)[1], "exec-clean") == "train.Failed"


def test_groups_calls_and_importers(compile_ir: Any) -> None:
    @dsl.pipeline
    def inner() -> None:
        train(rate=0.1)

    @dsl.pipeline
    def pipeline() -> None:
        t = train(rate=0.1)
        loop = dsl.ParallelFor([1, 2])
        with loop:
            clean()
        called = inner()
        imported = dsl.importer(artifact_uri="s3://b/k", artifact_class=dsl.Dataset)
        argo.depends(loop, argo.failed(t))
        argo.depends(called, argo.done(loop))
        argo.run_when(imported, "all_done", called)
        argo.continue_on(called)

    ir, section = compile_ir(pipeline)
    tasks = section["config"]["dags"]["root"]["tasks"]
    assert tasks["for-loop-2"] == {"depends": "train.Failed"}
    assert tasks["inner"]["depends"].startswith("for-loop-2.Succeeded || ")
    assert tasks["inner"]["continueOn"] == {"failed": True, "error": True}
    assert tasks["importer"]["depends"].startswith("inner.Succeeded || ")
    assert ir["root"]["dag"]["tasks"]["importer"]["dependentTasks"] == ["inner"]
    assert section["config"]["apiVersion"] == "tiphys.io/v1"


def test_exit_task(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        last = clean()
        with dsl.ExitHandler(last):
            train(rate=0.1)
        argo.depends(report(), argo.succeeded(last))

    assert depends_of(compile_ir(pipeline)[1], "exec-report") == "clean.Succeeded"


def _twice(a: Any, b: Any) -> None:
    argo.run_when(b, "all_done", a)
    argo.depends(b, argo.failed(a))


REFUSED: list[tuple[str, Callable[[Any, Any], Any], str]] = [
    ("unknown name", lambda a, b: argo.depends(b, "trian.Failed"), "Did you mean `train`"),
    ("unknown result", lambda a, b: argo.depends(b, "train.Faild"), "Did you mean `Failed`"),
    ("unknown rule", lambda a, b: argo.run_when(b, "all_don", a), "Did you mean `all_done`"),
    ("syntax", lambda a, b: argo.depends(b, "(train.Failed"), "parenthesis"),
    ("syntax end", lambda a, b: argo.depends(b, "train.Failed &&"), "ends too early"),
    ("words of Python", lambda a, b: argo.depends(b, "train.Failed or train.Succeeded"), "not expected"),
    ("empty", lambda a, b: argo.depends(b, " "), "empty"),
    ("not an expression", lambda a, b: argo.depends(b, a), "not an expression"),
    ("and instead of &", lambda a, b: argo.depends(b, argo.failed(a) and argo.failed(b)), "`&`"),
    ("itself", lambda a, b: argo.depends(b, argo.failed(b)), "itself"),
    ("an output", lambda a, b: argo.depends(a.output, "x"), "without `.output`"),
    ("twice", _twice, "told already"),
    ("no upstream", lambda a, b: argo.run_when(b, "all_done"), "no upstream"),
    ("nothing", lambda a, b: argo.continue_on(a, failed=False, error=False), "says nothing"),
]


@pytest.mark.parametrize(("say", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(say: Callable[[Any, Any], Any], message: str) -> None:
    def pipeline() -> None:
        a = train(rate=0.1)
        b = report()
        say(a, b)

    with pytest.raises(AuthoringError, match=message) as caught:
        dsl.pipeline(pipeline)
    assert caught.value.place.file == __file__
    assert caught.value.place.line > 0


def test_refused_across_groups() -> None:
    def loop_item() -> None:
        with dsl.ParallelFor([1, 2]) as item:
            clean()
        argo.depends(report(), argo.done(item))

    with pytest.raises(AuthoringError, match="the item of a loop"):
        dsl.pipeline(loop_item)

    def outside() -> None:
        t = train(rate=0.1)
        with dsl.ParallelFor([1, 2]):
            argo.depends(clean(), argo.failed(t))

    with pytest.raises(AuthoringError, match="outside of `for-loop-2`"):
        dsl.pipeline(outside)

    def own_group() -> None:
        loop = dsl.ParallelFor([1, 2])
        with loop:
            argo.depends(clean(), argo.failed(loop))

    with pytest.raises(AuthoringError, match="stands inside"):
        dsl.pipeline(own_group)

    with pytest.raises(AuthoringError, match="no pipeline is being defined"):
        argo.workflow(parallelism=1)


def test_importers_are_no_upstreams(compile_ir: Any) -> None:
    @dsl.component(base_image="python:3.11", install_kfp_package=False)
    def read(data: dsl.Input[dsl.Dataset], score: float = 0.0):
        print(data.uri, score)

    @dsl.pipeline
    def pipeline() -> None:
        first = clean()
        imported = dsl.importer(artifact_uri="s3://b/k", artifact_class=dsl.Dataset).after(first)
        trained = train(rate=0.1)
        argo.run_when(read(data=imported.output, score=trained.output), "none_failed")

    assert depends_of(compile_ir(pipeline)[1], "exec-read") == "clean && train"


def test_what_argo_cannot_ask() -> None:
    def limited() -> None:
        loop = dsl.ParallelFor([0.1, 0.2], parallelism=1)
        with loop as rate:
            train(rate=rate)
        argo.run_when(report(), "one_success", loop)

    with pytest.raises(AuthoringError, match="`AnySucceeded` of `for-loop-2`, a loop with `parallelism`"):
        dsl.pipeline(limited)

    def imported() -> None:
        found = dsl.importer(artifact_uri="s3://b/k", artifact_class=dsl.Dataset)
        argo.depends(report(), argo.succeeded(found))

    with pytest.raises(AuthoringError, match="never ends"):
        dsl.pipeline(imported)
