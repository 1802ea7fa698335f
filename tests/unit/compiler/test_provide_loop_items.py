"""Items of loops inside longer texts, in nested groups: the SDK forgets to pass them down."""

from typing import Any

import pytest
from kfp import dsl
from kfp.dsl import pipeline_channel

import tiphys
from tiphys.authoring.gather import install


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def say(text: str) -> str:
    return text


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def names() -> list:
    return ["u"]


def in_a_condition(flag: str = "y"):
    with dsl.ParallelFor(["a", "b"]) as item, dsl.If(flag == "y"):
        say(text=f"item {item}")


def in_a_loop():
    with dsl.ParallelFor(["a", "b"]) as outer, dsl.ParallelFor([1, 2]) as inner:
        say(text=f"{outer}-{inner}")


def member():
    with dsl.ParallelFor([{"k": "a"}, {"k": "b"}]) as item, dsl.If(item.k == "a"):
        say(text=f"item {item.k}")


def member_of_an_outer_item():
    with dsl.ParallelFor([{"k": "a"}]) as item, dsl.ParallelFor([1]), dsl.ParallelFor([2]) as number:
        say(text=f"item {item.k} {number}")


def three_deep(items: list = ["u", "v"]):  # noqa: B006
    with dsl.ParallelFor(items) as outer, dsl.If(outer == "u"), dsl.ParallelFor([1]) as inner:
        say(text=f"{outer}{inner}")


def of_an_output():
    with dsl.ParallelFor(names().output) as outer, dsl.ParallelFor([1]) as inner:
        say(text=f"{outer}{inner}")


TEXTS: list[tuple[Any, int]] = [
    (in_a_condition, 2),
    (in_a_loop, 4),
    (member, 1),
    (member_of_an_outer_item, 1),
    (three_deep, 1),
]
OUTCOMES = {"names": {"outputs": {"Output": ["u"]}}}


def said_by(pipeline: Any, outcomes: Any = None) -> int:
    """How many tasks ran, of a run that succeeded."""
    run = tiphys.simulate(pipeline, outcomes=outcomes)
    assert run.phase == "Succeeded"
    return len([node for node in run.select("say") if node.phase == "Succeeded"])


@pytest.mark.parametrize(("function", "count"), TEXTS, ids=[function.__name__ for function, _ in TEXTS])
def test_as_the_stock_sdk_compiles_it(function: Any, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "extract_pipeline_channels_from_string"
    mended = getattr(pipeline_channel, name)
    monkeypatch.setattr(pipeline_channel, name, getattr(mended, "_tiphys_mends", mended))
    pipeline = dsl.pipeline(function)
    monkeypatch.undo()
    assert said_by(pipeline) == count
    assert tiphys.compile(pipeline).text == tiphys.compile(pipeline).text


@pytest.mark.parametrize(("function", "count"), [*TEXTS, (of_an_output, 1)])
def test_as_the_mended_sdk_compiles_it(function: Any, count: int) -> None:
    install()
    assert said_by(dsl.pipeline(function), OUTCOMES if function is of_an_output else None) == count
