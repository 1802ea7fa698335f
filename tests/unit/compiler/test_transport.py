"""Values are data: what goes in comes out, whatever Argo does to texts on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiphys.compiler import transport
from tiphys.errors import CompileError
from tiphys.expressions import tags
from tiphys.expressions.expr import evaluate

TRICKY = [
    "{{",
    "}}",
    "{{{",
    "}}}",
    "{{item}}",
    "{{=1+1}}",
    "{{workflow.name}}",
    '"',
    "\\",
    "'",
    "\n",
    "\u2028",
]
texts = st.lists(st.one_of(st.sampled_from(TRICKY), st.text(max_size=5)), max_size=6).map("".join)
numbers = st.one_of(st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)


patient = settings(deadline=None, max_examples=60)


def read(text: str) -> Any:
    return json.loads(text)


@patient
@given(values)
def test_nothing_in_a_text_looks_like_a_tag(value: Any) -> None:
    text = transport.encode(value)
    assert "{{" not in text
    assert transport.decode(text) == value


@patient
@given(texts)
def test_a_literal_is_its_text(text: str) -> None:
    written = transport.literal(text)
    assert "{{" not in written
    assert "}}" not in written
    assert evaluate(written, {}) == text


@patient
@given(texts)
def test_a_literal_in_a_tag_is_its_text(text: str) -> None:
    """Argo takes the text of a field as JSON, finds the tag in it, and writes the result back."""
    assert (
        tags.replace(
            "{{=" + transport.literal(text) + "}}",
            {},
            allow_unresolved=False,
            strict_prefixes=["tasks", "steps"],
        )
        == text
    )


@patient
@given(values)
def test_both_spellings_of_a_constant(value: Any) -> None:
    spelt = transport.constant(value)
    assert evaluate(spelt.expression, {}) == spelt.field


@patient
@given(values, values)
def test_both_spellings_of_a_structure(inside: Any, beside: Any) -> None:
    whole = transport.structure({"a": [beside, transport.variable("inputs", "parameters", "x-y")], "{{": beside})
    scope = {"inputs.parameters.x-y": transport.encode(inside)}
    text = tags.replace(whole.field, scope, allow_unresolved=False, strict_prefixes=["tasks", "steps"])
    assert read(str(text)) == {"a": [beside, inside], "{{": beside}
    env = {"inputs": {"parameters": {"x-y": transport.encode(inside)}}}
    assert read(str(evaluate(whole.expression, env))) == {"a": [beside, inside], "{{": beside}


@patient
@given(texts)
def test_a_string_inside_a_longer_one(text: str) -> None:
    for type in ("STRING", ""):
        expression = transport.safe("'\"<' + " + transport.inner("x", type) + " + '>\"'")
        made = str(evaluate(expression, {"x": transport.encode(text)}))
        assert "{{" not in made
        assert read(made) == f"<{text}>"


@patient
@given(st.one_of(st.lists(values, max_size=3), st.dictionaries(texts, values, max_size=3)))
def test_a_document_inside_a_string(value: Any) -> None:
    text = transport.encode(value)
    made = str(evaluate(transport.safe("'\"' + " + transport.inner("x", "LIST") + " + '\"'"), {"x": text}))
    assert read(read(made)) == value


@patient
@given(texts)
def test_what_a_program_wrote(text: str) -> None:
    made = str(evaluate(transport.quoted("x"), {"x": text}))
    assert "{{" not in made
    assert read(made) == text


@patient
@given(values)
def test_as_text(value: Any) -> None:
    made = str(evaluate(transport.as_text("x"), {"x": transport.encode(value)}))
    if value is None:
        assert made == "null"
    elif isinstance(value, str):
        assert read(made) == value
    else:
        assert read(read(made)) == value


@patient
@given(texts)
def test_an_argument_of_the_workflow(text: str) -> None:
    """A literal is taken as it is, plain text is quoted."""
    source = transport.entry("x", "STRING", nullable=False)
    for written in (transport.encode(text), text):
        if written == text and text.startswith('"') and text.endswith('"') and len(text) > 1:
            continue
        scope = {"workflow.parameters.x": written}
        made = str(tags.replace(source.field, scope, allow_unresolved=False, strict_prefixes=["tasks", "steps"]))
        assert "{{" not in made
        assert read(made) == text


@pytest.mark.parametrize(
    ("type", "written", "value"),
    [
        ("NUMBER_INTEGER", "9007199254740993", 9007199254740993),
        ("NUMBER_DOUBLE", "1e-3", 0.001),
        ("BOOLEAN", "True", True),
        ("LIST", '["{{item}}", 1]', ["{{item}}", 1]),
        ("STRUCT", '{"a": "{{=1}}"}', {"a": "{{=1}}"}),
    ],
)
def test_arguments_of_other_types(type: str, written: str, value: Any) -> None:
    source = transport.entry("a-b", type, nullable=False)
    made = str(
        tags.replace(
            source.field,
            {"workflow.parameters.a-b": written},
            allow_unresolved=False,
            strict_prefixes=["tasks", "steps"],
        )
    )
    assert read(made) == value


def test_null_is_null_only_where_it_may_be() -> None:
    scope = {"workflow.parameters.x": "null"}
    for nullable, value in ((True, None), (False, "null")):
        source = transport.entry("x", "STRING", nullable=nullable)
        assert (
            read(str(tags.replace(source.field, scope, allow_unresolved=False, strict_prefixes=["tasks", "steps"])))
            is value
            or value == "null"
        )


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_what_json_cannot_say(value: Any) -> None:
    with pytest.raises(CompileError, match="JSON has no word"):
        transport.encode(value)


def test_lone_surrogates_are_escaped() -> None:
    assert transport.encode("\ud800") == '"\\ud800"'


@pytest.mark.parametrize(
    ("value", "type", "text"),
    [
        (3.0, "NUMBER_INTEGER", "3"),
        (3, "NUMBER_DOUBLE", "3.0"),
        ([1.0, {"a": 2.0}, 0.5], "LIST", '[1,{"a":2},0.5]'),
        (True, "BOOLEAN", "true"),
        ([1.0], "STRING", '"[1]"'),
        (None, "STRING", "null"),
    ],
)
def test_declared_types(value: Any, type: str, text: str) -> None:
    assert transport.encode(transport.typed(value, type)) == text


@pytest.mark.parametrize(
    ("type", "text", "plain"),
    [("STRING", '"a b"', "a b"), ("NUMBER_INTEGER", "7", "7"), ("", "null", ""), ("STRING", "null", "")],
)
def test_plain_text_for_settings(type: str, text: str, plain: str) -> None:
    assert evaluate(transport.plain("x", type), {"x": text}) == plain


def test_a_brace_before_a_tag_is_noticed() -> None:
    assert transport.meets_brace(["{", "{{x}}"])
    assert not transport.meets_brace(["{ ", "{{x}}"])
