"""Recorded answers of the real Argo controller, replayed and compared.

Our own records lie beside this file. Those made of Argo's own manifests are not part of the project:
`TIPHYS_SUITES` says where they lie (default: `../shared` beside the project); without them their tests
are skipped, and say so.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tiphys.conformance import check, read_records

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
SUITES = Path(os.environ.get("TIPHYS_SUITES") or PROJECT.parent / "shared")
UPSTREAM = {
    SUITES / "upstream" / "argo" / "examples.jsonl": 1864,
    SUITES / "upstream" / "argo" / "validate.jsonl": 677,
}
GAPS: dict[str, str] = {
    gap["name"]: gap["why"] for gap in tomllib.loads((HERE / "gaps.toml").read_text("utf-8")).get("gap", [])
}

pytestmark = pytest.mark.suite


def records() -> Iterator[Any]:
    """All records; a suite that is not here is one skipped test."""
    for path in sorted(HERE.glob("*.jsonl*")):
        for record in read_records(path):
            yield pytest.param(record, id=f"{path.name.partition('.')[0]}:{record['name']}")
    for path, count in UPSTREAM.items():
        label = f"argo-{path.stem}"
        if path.exists():
            for record in read_records(path):
                yield pytest.param(record, id=f"{label}:{record['name']}")
        else:
            reason = f"{count} records of {path} are not here; set TIPHYS_SUITES"
            yield pytest.param({}, id=label, marks=pytest.mark.skip(reason=reason))


RECORDS = list(records())


@pytest.mark.parametrize("record", RECORDS)
def test_our_answer_is_argos(record: dict[str, Any]) -> None:
    found = check(record)
    if record["name"] in GAPS:
        assert found, f"{record['name']} agrees now: remove it from gaps.toml"
        pytest.xfail(GAPS[record["name"]])
    assert not found, "\n".join(str(each) for each in found)


def test_every_gap_names_a_record() -> None:
    here = {param.values[0].get("name") for param in RECORDS}
    missing = set(GAPS) - here
    if any(not path.exists() for path in UPSTREAM):
        pytest.skip("some suites are not here, so gaps cannot be told from mistakes")
    assert not missing
