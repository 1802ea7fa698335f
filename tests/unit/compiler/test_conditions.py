"""CEL becomes an expression of Argo with the same meaning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tiphys.compiler.conditions import translate
from tiphys.errors import CompileError, Unsupported
from tiphys.expressions.expr import evaluate

VALUES = {"s": 'it\'s "x"', "n": 6, "d": 2.5, "b": True, "l": [1, "a"], "o": {"k": 1}, "null": None}


def holds(condition: str) -> Any:
    expression = translate(condition, lambda name: f"v['{name}']")
    return evaluate(expression, {"v": {name: json.dumps(value) for name, value in VALUES.items()}})


def x(name: str) -> str:
    return f"inputs.parameter_values['{name}']"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f"int({x('n')}) > 5", True),
        (f"int({x('n')}) >= 6 && !(int({x('n')}) > 6)", True),
        (f"int({x('n')}) == int({x('d')})", False),
        (f"double({x('d')}) < 2.75", True),
        (f"{x('d')} == 2.5e0", True),
        (f"{x('b')} == true", True),
        (f"!{x('b')} || {x('b')}", True),
        (f"{x('s')} == 'it\\'s \"x\"'", True),
        (f'{x("s")} == "it\'s \\"x\\""', True),
        (f"{x('s')} != '''it's \"x\"'''", False),
        (f"{x('s')} == r'\\n'", False),
        (f"{x('s')}.startsWith('it') && {x('s')}.endsWith('\"')", True),
        (f'{x("s")}.contains("\'s")', True),
        (f"{x('s')}.matches('^it')", True),
        (f"size({x('l')}) == 2 && {x('l')}.size() == 2", True),
        (f"{x('l')}[1] == 'a' && 'a' in {x('l')}", True),
        (f"{x('o')}.k == 1 && {x('o')}['k'] == 1", True),
        (f"{x('null')} == null", True),
        (f"({x('b')} ? 1 : 2) + 3 * 2 == 7", True),
        (f"-int({x('n')}) < 0x10 && int({x('n')}) % 4 - 2 == 0", True),
        (f"string({x('n')}) == '6'", True),
        ("inputs.parameters['n'].int_value == 6", True),
        ("'\\u00e9\\x41\\101' == 'éAA'", True),
        ("1 in [1, 2] && !(3 in [1, 2])", True),
        ("'{{x}}' == '{' + '{x}' + '}'", True),
    ],
)
def test_meaning(condition: str, expected: bool) -> None:
    assert holds(condition) is expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("1 ==", "ends too early"),
        ("1 == 1)", "`\\)` is not expected"),
        ("(1 == 1", "`\\)` is missing"),
        ("1 == #", "cannot be read at `#`"),
        ("inputs.parameters['n'].list_value == 1", "string_value"),
        ("x. == 1", "x"),
        ("(" * 200 + "1" + ")" * 200, "too deep"),
    ],
)
def test_broken(condition: str, message: str) -> None:
    with pytest.raises((CompileError, Unsupported), match=message):
        translate(condition, lambda name: name, "root/t")


@pytest.mark.parametrize("condition", ["timestamp('x') == 1", "has(a.b)", "[1].exists(x, x > 0)", "foo == 1"])
def test_beyond_argo(condition: str) -> None:
    with pytest.raises(Unsupported, match="Argo cannot evaluate"):
        translate(condition, lambda name: name)
