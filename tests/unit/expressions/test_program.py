"""Programs are cached, and fit the types and names that they meet."""

from __future__ import annotations

import pytest

from tiphys.expressions import expr
from tiphys.expressions.ambient import Ambient


def test_the_same_source_is_the_same_program() -> None:
    assert expr.compile("1 + a") is expr.compile("1 + a")
    assert expr.compile("1 + a", {"a": 2}) is expr.compile("1 + a")


def test_one_program_meets_several_types() -> None:
    program = expr.compile("a + a")
    assert program.run({"a": 1}) == 2
    assert program.run({"a": "x"}) == "xx"
    with pytest.raises(expr.CompileFailure, match="mismatched types bool and bool"):
        program.run({"a": True})
    with pytest.raises(expr.CompileFailure, match="unknown name a"):
        program.run({})
    assert program.run({"a": 1.5}) == 3.0


def test_a_name_of_the_environment_hides_a_builtin() -> None:
    assert expr.compile("len", {"len": 3}).run({"len": 3}) == 3
    assert expr.evaluate("count + 1", {"count": 1}) == 2
    assert expr.evaluate("filter.x", {"filter.x": "y"}) == "y"


def test_what_a_program_needs() -> None:
    program = expr.compile("a.b + (c.d ?? 'x') + e?.f + len(g)")
    assert program.needed == ("a", "a.b", "c", "e", "e.f", "g") or set(program.needed) >= {"a", "a.b", "c", "e", "g"}


def test_a_program_gets_only_what_it_can_reach() -> None:
    program = expr.compile("a.b")
    assert program.environment({"a.b": "1", "a.c": "2", "z": "3"}) == {"a": {"b": "1"}}
    assert "c" in expr.compile("a['c']").environment({"a.b": "1", "a.c": "2"})["a"]
    assert set(expr.compile("a").environment({"a.b": "1", "a.c": "2"})["a"]) == {"b", "c"}


def test_truth() -> None:
    assert expr.evaluate_bool("retries < 3", {"retries": 2}) is True
    with pytest.raises(expr.RunFailure, match=r"unable to cast expression result '%!s\(int=2\)' to bool"):
        expr.evaluate_bool("retries", {"retries": 2})
    with pytest.raises(expr.CompileFailure):
        expr.evaluate_bool("retries <", {"retries": 2})


def test_errors_show_the_place() -> None:
    with pytest.raises(expr.RunFailure) as caught:
        expr.evaluate("1 +\n  int('x')", {})
    assert caught.value.message == "invalid operation: int(x) (2:3)\n |   int('x')\n | ..^"


def test_time_comes_from_outside() -> None:
    assert expr.evaluate("now().Unix()", {}, Ambient(time=5.0)) == 5
    with pytest.raises(expr.RefusedExpression, match="the time is not known"):
        expr.evaluate("now()", {})


def test_values_nested_too_deep_or_too_large() -> None:
    with pytest.raises(expr.RefusedExpression, match="nested too deeply"):
        expr.evaluate("reduce(1..300, [#acc], [])", {})
    with pytest.raises(expr.RefusedExpression, match="too large"):
        expr.evaluate("reduce(1..40, [#acc, #acc], [])", {})
    value = expr.evaluate("reduce(1..150, [#acc], [])", {})
    for _ in range(150):
        value = value[0]
    assert value == []
