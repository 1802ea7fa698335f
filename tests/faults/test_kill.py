"""kill -9 at any point loses no recorded result and runs nothing twice at once (a slice of the sweep)."""

import re
from pathlib import Path

import pytest
from tests.faults.sweep import RECOVERY, points, recovery_trial, trial

from tiphys import failpoints

SOURCE = Path(failpoints.__file__).parent
SLICE = [each for each in points("chain", (2,)) if not each[0].startswith(("run.", "pod.supervised"))]


@pytest.mark.parametrize(("name", "hit", "most_starts"), SLICE, ids=[name for name, _, _ in SLICE])
def test_a_killed_run_goes_on(tmp_path: Path, name: str, hit: int, most_starts: int) -> None:
    assert trial(tmp_path, "chain", name, hit, most_starts) == []


@pytest.mark.parametrize("name", RECOVERY)
def test_recovery_itself_may_be_killed(tmp_path: Path, name: str) -> None:
    assert recovery_trial(tmp_path, "fan-out", name) == []


def test_every_failpoint_is_registered_and_stands_somewhere() -> None:
    pattern = re.compile(r'failpoint\("([a-z._]+)"\)')
    found = {name for path in SOURCE.rglob("*.py") for name in pattern.findall(path.read_text())}
    assert found - {"name"} == failpoints.NAMES
