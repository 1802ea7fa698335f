"""Inputs that may be one of some values only."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.errors import CompileError, Unsupported

from .playing import Pipeline, play

SIZE = {"parameterType": "STRING", "literals": ["small", "large"]}
COUNT = {"parameterType": "NUMBER_INTEGER", "literals": [1.0, 2.0]}


def test_the_run_is_offered_them() -> None:
    p = Pipeline(size={**SIZE, "defaultValue": "small"}, count=COUNT, maybe={**SIZE, "isOptional": True})
    p.python("t", inputs={"size": SIZE, "count": COUNT})
    p.task("t", given={"size": "@size", "count": "@count"})
    workflow = p.compile()
    assert workflow["spec"]["arguments"]["parameters"] == [
        {"name": "size", "value": "small", "enum": ["small", "large"]},
        {"name": "count", "enum": ["1", "2"]},
        {"name": "maybe", "value": "null", "enum": ["small", "large", "null"]},
    ]
    played = play(workflow, lambda path, _: {}, {"size": "large", "count": "2"})
    assert played.given("t") == {"size": "large", "count": 2}


@pytest.mark.parametrize(("spec", "value"), [(SIZE, "large"), (COUNT, 2.0), ({**SIZE, "isOptional": True}, None)])
def test_a_constant_that_is_one_of_them(spec: Any, value: Any) -> None:
    p = Pipeline()
    p.python("t", inputs={"x": spec})
    p.task("t", given={"x": [value]})
    assert play(p.compile(), lambda path, _: {}).given("t") == {"x": value}


@pytest.mark.parametrize(("spec", "value"), [(SIZE, "medium"), (COUNT, 3), (SIZE, None)])
def test_a_constant_that_is_not(spec: Any, value: Any) -> None:
    p = Pipeline()
    p.python("t", inputs={"x": spec})
    p.task("t", given={"x": [value]})
    with pytest.raises(CompileError, match="t: input `x` cannot be"):
        p.compile()


@pytest.mark.parametrize("outer", ["STRING", {**SIZE, "literals": ["small", "medium"]}])
def test_what_only_the_run_knows(outer: Any) -> None:
    p = Pipeline(x=outer)
    p.python("t", inputs={"x": SIZE})
    p.task("t", given={"x": "@x"})
    with pytest.raises(Unsupported, match="may only be one of `small`, `large`"):
        p.compile()
