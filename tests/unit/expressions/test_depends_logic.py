"""The short way of evaluating `depends` answers as the expression language does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiphys.errors import ExpressionError
from tiphys.expressions import depends
from tiphys.expressions.depends import RESULTS, TaskResults
from tiphys.expressions.depends_logic import plain_logic

NAMES = ("A", "b-c", "b_c", "d1", "len", "map")
OPERANDS = st.builds("{}.{}".format, st.sampled_from(NAMES), st.sampled_from(RESULTS))
LOGIC = st.recursive(
    OPERANDS,
    lambda inner: st.one_of(
        st.builds(lambda a, sign, b: f"{a}{sign}{b}", inner, st.sampled_from([" && ", "||", "&&"]), inner),
        st.builds(lambda a: f"!{a}", inner),
        st.builds(lambda a: f"({a})", inner),
    ),
    max_leaves=8,
)
ANSWERS = st.dictionaries(st.sampled_from(NAMES), st.builds(TaskResults, *(st.booleans() for _ in RESULTS)), min_size=6)


@given(LOGIC, ANSWERS)
def test_both_ways_agree(logic: str, answers: dict[str, TaskResults]) -> None:
    named = {name: answers[name] for name in NAMES if f"{name}." in logic}
    quick = plain_logic(logic)
    if quick is not None and quick.names == named.keys():
        # A blank before the dot is the same to the expression language, and not plain.
        slow = logic.replace(".", " .")
        assert plain_logic(slow) is None
        assert quick.holds(named) == depends.evaluate(slow, named)


@pytest.mark.parametrize(
    "text",
    ["", "A", "A.Succeeded &&", "A.Succeeded A.Failed", "(A.Failed", "A.Failed)", "A.Completed", "A.Failed.x",
     "A.Failed ? 1 : 2", "A.Failed or A.Failed", "A.Failed & A.Failed", "true.Failed", "1a.Failed",
     "a-b.Failed || a_b.Failed", " && ".join(["A.Failed"] * 3000)],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_expression_language(text: str) -> None:
    assert plain_logic(text) is None


def test_errors_stay_argos() -> None:
    with pytest.raises(ExpressionError, match="unexpected token EOF"):
        depends.evaluate("A.Succeeded &&", {"A": TaskResults()})
