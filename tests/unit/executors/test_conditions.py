"""Success and failure conditions."""

import pytest

from tiphys.errors import ExecutorError
from tiphys.executors.conditions import parse, unmet

DATA = {
    "status": {"phase": "Bound", "failed": 4, "conditions": [{"type": "Ready", "status": "True"}]},
    "none": None,
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("status.phase == Bound", True),
        ("status.phase=Bound,status.failed > 3", True),
        ("status.failed < 4", False),
        ("status.phase != Bound", False),
        ("status.missing != Bound", True),
        ("status.phase in (Pending, Bound)", True),
        ("status.phase notin (Bound)", False),
        ("status.conditions.0.status == True", True),
        ("status.conditions.# == 1", True),
        ("status.phase", True),
        ("!status.phase", False),
        ("!status.missing", True),
        ("status.missing > 1", False),
        ("", True),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    assert (not unmet(parse(condition), DATA)) is holds


@pytest.mark.parametrize("condition", ["a ==== b c", "(", "a in b", "= x"])
def test_what_makes_no_sense(condition: str) -> None:
    with pytest.raises(ExecutorError, match="failed to parse"):
        parse(condition)
