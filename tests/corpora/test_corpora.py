"""Every case of the corpora runs here and gives what it must; those that only a cluster can run are named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.corpora.expectation import Case, cases, differences
from tests.corpora.running import refusal, run_case

SUITES = Path(os.environ.get("TIPHYS_SUITES", Path(__file__).parents[2].parent / "shared"))
FOLDERS = ("kfp2", "kfp18", "hera")
NOT_HERE: dict[str, str] = {
    "k_containerized/run1": "needs an image that is built first",
    "k_notebook/run1": "needs nbclient and ipykernel in the component's environment",
    "v27_volume_op/run1": "deletes its volume with kubectl, which wants a cluster",
    "k_secrets_configmaps/run1": "the Secrets and ConfigMaps that it needs are no part of the case",
}
"""Case/run → why only a cluster, or a network, can run it."""

ALL = [(case, run) for folder in FOLDERS for case in cases(SUITES / "corpora" / folder) for run in case.runs]


@pytest.mark.suite
@pytest.mark.skipif(not ALL, reason=f"no corpora below {SUITES}; set TIPHYS_SUITES")
@pytest.mark.parametrize(("case", "run"), ALL, ids=[f"{case.name}/{run['id']}" for case, run in ALL])
def test_case(case: Case, run: dict[str, object], tmp_path: Path) -> None:
    label = f"{case.name}/{run['id']}"
    if label in NOT_HERE:
        pytest.skip(NOT_HERE[label])
    if why := refusal(run):
        pytest.skip(why)
    assert differences(run, run_case(case, run, tmp_path)) == []
