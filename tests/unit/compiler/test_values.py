"""Any value reaches any component unchanged: through tasks, groups, loops, collections and texts."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .playing import Pipeline, literal_argument, loop, play, task
from .test_transport import texts, values

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
plain_numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(-1e6, 1e6, allow_nan=False))


@functools.cache
def through_groups() -> Any:
    p = Pipeline()
    p.python("make", outputs={"Output": "STRUCT"})
    p.python("use", inputs={"x": "STRUCT"})
    p.dag(
        "inner",
        {"use": task("use", given={"x": "@pipelinechannel--x"})},
        inputs={"pipelinechannel--x": "STRUCT"},
    )
    p.dag("outer", {"inner": task("inner", given={"pipelinechannel--x": "@x"})}, inputs={"x": "STRUCT"})
    p.task("make")
    p.task("outer", given={"x": "make.Output"}, after=["make"])
    return p.compile()


@quick
@given(values)
def test_through_groups(value: Any) -> None:
    played = play(through_groups(), lambda path, given: {"Output": value} if path == "make" else {})
    assert played.phase == "Succeeded"
    assert played.given("outer/inner/use")["x"] == value


@functools.cache
def collected(type: str, limit: int) -> Any:
    p = Pipeline(xs="LIST")
    p.python("make", inputs={"x": type}, outputs={"Output": type})
    p.python("use", inputs={"xs": "LIST"})
    p.dag(
        "for-loop-1",
        {"make": task("make", given={"x": "@pipelinechannel--item"})},
        {"parameters": {"out": {"valueFromParameter": {"producerSubtask": "make", "outputParameterKey": "Output"}}}},
        inputs={"pipelinechannel--item": type, "xs": "LIST"},
        hands_out={"out": "LIST"},
    )
    p.task("for-loop-1", given={"xs": "@xs"}, **loop("xs", "pipelinechannel--item", limit))
    p.task("use", given={"xs": "for-loop-1.out"}, after=["for-loop-1"])
    return p.compile()


def echo(path: str, given: dict[str, Any]) -> Mapping[str, Any]:
    return {"Output": given["inputs"].get("parameterValues", {}).get("x")}


@quick
@pytest.mark.parametrize("limit", [0, 2])
@given(items=st.lists(texts, max_size=4))
def test_strings_in_loops(items: list[str], limit: int) -> None:
    played = play(collected("STRING", limit), echo, {"xs": literal_argument(items, "LIST")})
    assert played.phase == "Succeeded"
    assert played.given("use")["xs"] == items


@quick
@pytest.mark.parametrize("type", ["STRUCT", "LIST"])
@given(data=st.data())
def test_documents_in_loops(data: st.DataObject, type: str) -> None:
    # Argo reads the keys of an item that is a map and writes them again: a tag in a key is one
    one = st.dictionaries(st.text("ab é", max_size=3), values, max_size=3)
    if type == "LIST":
        one = st.lists(values, max_size=3)
    items = data.draw(st.lists(one, max_size=3))
    played = play(collected(type, 0), echo, {"xs": literal_argument(items, "LIST")})
    assert played.phase == "Succeeded"
    assert played.given("use")["xs"] == items


@quick
@given(st.lists(st.integers(-(2**60), 2**60), max_size=4))
def test_integers_in_loops_are_exact(items: list[int]) -> None:
    played = play(collected("NUMBER_INTEGER", 0), echo, {"xs": literal_argument(items, "LIST")})
    assert played.given("use")["xs"] == items


@quick
@given(st.lists(st.one_of(texts, plain_numbers, st.booleans(), st.none()), min_size=1, max_size=5))
def test_items_written_in_the_pipeline(items: list[Any]) -> None:
    p = Pipeline()
    p.python("use", inputs={"x": ""})
    p.dag("for-loop-1", {"use": task("use", given={"x": "@item"})}, inputs={"item": ""})
    p.task("for-loop-1", **loop(items, "item"))
    played = play(p.compile(), echo)
    assert [played.given(f"for-loop-1[{index}]/use")["x"] for index in range(len(items))] == items


@quick
@given(a=texts, n=st.integers(-(2**60), 2**60), text=texts)
def test_values_inside_texts_and_documents(a: str, n: int, text: str) -> None:
    text = text.replace("{{$", "{{ $")
    p = Pipeline(a="STRING", n="NUMBER_INTEGER")
    p.python("use", inputs={"s": "STRING", "d": "STRUCT"})
    a_, n_ = "{{$.inputs.parameters['pipelinechannel--a']}}", "{{$.inputs.parameters['pipelinechannel--n']}}"
    p.task(
        "use",
        given={
            "s": [text + a_ + "{" + n_ + a_],
            "d": [{"k": a_, "l": [n_, text], "run": "{{$.pipeline_job_name}}"}],
            "pipelinechannel--a": "@a",
            "pipelinechannel--n": "@n",
        },
    )
    arguments = {"a": literal_argument(a, "STRING"), "n": str(n)}
    played = play(p.compile(), lambda path, given: {}, arguments)
    assert played.given("use") == {"s": f"{text}{a}{{{n}{a}", "d": {"k": a, "l": [n, text], "run": "w"}}


@quick
@given(x=texts, n=st.integers(-(2**60), 2**60), script=texts)
def test_arguments_of_a_container(x: str, n: int, script: str) -> None:
    script = script.replace("{{$", "{{ $")
    p = Pipeline(x="STRING", n="NUMBER_INTEGER")
    p.container(
        "show",
        inputs={"x": "STRING", "n": "NUMBER_INTEGER"},
        command=["sh", "-c", script],
        args=[
            "{{$.inputs.parameters['x']}}",
            "n={{$.inputs.parameters['n']}}",
            "<{{$.inputs.parameters['x']}}>",
        ],
    )
    p.task("show", given={"x": "@x", "n": "@n"})
    arguments = {"x": literal_argument(x, "STRING"), "n": str(n)}
    played = play(p.compile(), lambda path, given: {}, arguments)
    container = played.containers["show"]
    assert container["command"][-3:] == ["sh", "-c", script]
    assert container["args"] == [x, f"n={n}", f"<{x}>"]


@quick
@given(
    texts.filter(lambda text: all(ord(sign) < 0x7F or (sign.isprintable() and ord(sign) < 0x10000) for sign in text))
)
def test_what_a_container_wrote(text: str) -> None:
    p = Pipeline()
    p.container(
        "write",
        outputs={"out": "STRING"},
        command=["sh"],
        args=["{{$.outputs.parameters['out'].output_file}}"],
    )
    p.python("use", inputs={"x": "STRING"})
    p.task("write")
    p.task("use", given={"x": "write.out"}, after=["write"])
    played = play(p.compile(), lambda path, given: {"out": text} if path == "write" else {})
    assert played.given("use")["x"] == text
