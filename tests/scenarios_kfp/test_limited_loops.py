"""A loop with `parallelism` means to everybody who waits for it what the same loop without it means."""

import itertools
from typing import Any

import pytest
from kfp import dsl

import tiphys
from tiphys import argo
from tiphys.validation.answers import validate_workflow


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def train(rate: float) -> float:
    return rate


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def report(scores: list = []):  # noqa: B006
    print(scores)


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def tell(text: str = ""):
    print(text)


def pipeline_of(parallelism: int, rule: str, beside: str) -> Any:
    @dsl.pipeline
    def pipeline() -> None:
        loop = dsl.ParallelFor([0.1, 0.2, 0.3], parallelism=parallelism)
        with loop as rate:
            trained = train(rate=rate)
        argo.run_when(report(scores=dsl.Collected(trained.output)), rule)
        match beside:
            case "failed":
                argo.depends(tell(), argo.failed(loop))
            case "succeeded":
                argo.depends(tell(), argo.succeeded(loop))
            case "after":
                tell().after(trained)

    return pipeline


RULES = ("all_success", "all_done", "none_failed", "one_failed")
BESIDE = ("", "failed", "succeeded", "after")


@pytest.mark.parametrize(("rule", "beside"), list(itertools.product(RULES, BESIDE)))
def test_the_same_with_and_without_a_limit(rule: str, beside: str) -> None:
    free, limited = pipeline_of(0, rule, beside), pipeline_of(2, rule, beside)
    assert validate_workflow(tiphys.compile(limited).workflow) is None
    for one, inner in (
        (None, None),
        ("for-loop-2[0]/train", "for-loop-2/for-loop-2[0]/train"),
        ("train", "train"),
    ):
        plain = tiphys.simulate(free, outcomes={one: "Failed"} if one else {})
        around = tiphys.simulate(limited, outcomes={inner: "Failed"} if inner else {})
        assert around.phase == plain.phase
        assert around["report"].phase == plain["report"].phase
        assert around["report"].inputs == plain["report"].inputs
        if beside:
            assert around["tell"].phase == plain["tell"].phase
