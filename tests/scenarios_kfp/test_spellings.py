"""Fourteen ways in which users say: report whatever came out, though some trainings failed.

Each either does what KFP documents or what its author asked for; where the SDK itself refuses, its reason
is shown with our remedy.
"""

from pathlib import Path

import pytest

from tiphys.errors import CompileError
from tiphys.loading.sources import load

SPELLINGS = Path(__file__).parent / "spellings"

REFUSED = {
    "s2": (r"s2\.py:7: kfp refuses this: .*'preds' has no default value", 'argo.run_when(task, "all_done")'),
    "s7": (r"s7\.py:3: kfp refuses this: ExitHandler can only be used", 'argo.run_when(report, "all_done")'),
    "s9": (r"s9\.py:6: kfp refuses this: .*'model' has no default value", 'argo.run_when(task, "all_done")'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_the_sdk(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SPELLINGS)
    reason, remedy = REFUSED[name]
    with pytest.raises(CompileError, match=reason) as caught:
        load(f"{name}.py")
    assert remedy in caught.value.remedy


@pytest.mark.parametrize("name", sorted({f"s{number}" for number in range(1, 15)} - set(REFUSED)))
def test_accepted(name: str) -> None:
    loaded = load(SPELLINGS / f"{name}.py")
    assert loaded.name.startswith(f"{name}-")
