"""Hostile expressions end soon, small, and with an error of ours or a value."""

from __future__ import annotations

import contextlib
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tiphys.errors import ExpressionError
from tiphys.expressions import depends, duration, items, tags, when
from tiphys.expressions.ambient import Ambient
from tiphys.expressions.depends import ContinueOn, TaskResults

BOMBS = yaml.safe_load(Path(__file__).with_name("bombs.yaml").read_text(encoding="utf-8"))
AMBIENT = Ambient(time=1714953600.0, seed=b"x")
SECONDS = 1.5  # 0.3 on an idle machine; processor time stretches on a busy one
MEBIBYTES = 48


def written_out(bomb: str) -> str:
    return re.sub(r"«(\d+) (.*?)»", lambda match: match[2] * int(match[1]), bomb)


def expression(source: str) -> None:
    tags.replace("{{=" + source + "}}", {}, allow_unresolved=False, ambient=AMBIENT)


def logic(source: str) -> None:
    parsed = depends.parse(source, [], lambda name: ContinueOn())
    depends.evaluate(parsed.logic, {name: TaskResults() for name in parsed.names})


DO: dict[str, Callable[[str], Any]] = {"expr": expression, "when": when.evaluate, "depends": logic}
CASES = [pytest.param(DO[kind], bomb, id=f"{kind}:{bomb[:60]}") for kind, bombs in BOMBS.items() for bomb in bombs]


def bounded(act: Callable[[], Any]) -> None:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    with contextlib.suppress(ExpressionError):
        act()
    assert time.process_time() - start < SECONDS
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
    assert grown * (1 if sys.platform == "darwin" else 1024) < MEBIBYTES << 20


@pytest.mark.parametrize(("act", "bomb"), CASES)
def test_bomb(act: Callable[[str], Any], bomb: str) -> None:
    source = written_out(bomb)
    bounded(lambda: act(source))


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 30000,
        "{{a}}" * 100_000,
        "{{=1+1}}" * 8000,
        "{{=1+" * 10000,
        "{{={a:{b:1}}}}" * 3000,
        "{{=inputs.x + 1}}" * 3000,
    ],
    ids=["open", "tags", "expressions", "open expressions", "braces", "unresolved"],
)
def test_many_tags(text: str) -> None:
    bounded(lambda: tags.replace(text, {"a": "b" * 1000}, allow_unresolved=True))


def test_all_expressions_of_a_text_share_their_steps() -> None:
    cheap = "{{=count(1..99, # > 3)}}"
    assert tags.replace(cheap * 50, {}, allow_unresolved=False) == "96" * 50
    with pytest.raises(tags.UnresolvedTag, match="too many steps"):
        tags.replace("{{=count(1..50000, # > 3)}}" * 3, {}, allow_unresolved=True)
    with pytest.raises(tags.UnresolvedTag, match="too many steps"):
        tags.replace_tree(["{{=count(1..50000, # > 3)}}"] * 3, {}, allow_unresolved=True)


def test_a_value_is_at_most_a_mebibyte() -> None:
    assert len(tags.replace("{{=repeat('a', 999999)}}", {}, allow_unresolved=False)) == 999_999
    with pytest.raises(tags.UnresolvedTag, match="larger than 1048576"):
        tags.replace("{{=repeat('a', 800000) + sprig.repeat(800000, 'a')}}", {}, allow_unresolved=False)


def test_a_refusal_is_never_left_for_later() -> None:
    with pytest.raises(tags.UnresolvedTag, match="too many steps") as caught:
        tags.replace("{{=count(1..999999, # > 3)}}", {}, allow_unresolved=True)
    assert not caught.value.missing_variable


@pytest.mark.parametrize("text", ["[" * 100_000, "[" + "1," * 300_000 + "1]", '{"a":' * 50_000, '"' + "a" * 5_000_000])
def test_items(text: str) -> None:
    bounded(lambda: items.list_of(text))


@pytest.mark.parametrize("text", ["1h" * 100_000, "9" * 100_000 + "h", "0." + "9" * 100_000 + "h"])
def test_durations(text: str) -> None:
    bounded(lambda: duration.parse(text))


WORDS = r"""
1 1.5 'a' a a.b ( ) [ ] { } , : ? ?? ?. . .. | # #acc let ; + - * / % ** ^ == < >= && || ! not in matches contains =~ !~
& >> map( filter( reduce( len( sprig. sprig.list( string( fromJSON( nil true \ ' " ` é
"""
WORD = st.sampled_from([*WORDS.split(), " ", "\n", "\x00", "let x = "])
SOURCES = st.lists(WORD, max_size=24).map("".join) | st.text(max_size=60)


@given(SOURCES)
def test_any_text_gives_a_value_or_an_error_of_ours(source: str) -> None:
    for ask in (expression, when.evaluate, logic):
        with contextlib.suppress(ExpressionError):
            ask(source)
