"""Fourteen ways in which users say: report whatever came out, though some trainings failed.

Each either does what KFP documents or what its author asked for; where the SDK itself refuses, its reason
is shown with our remedy.
"""

from pathlib import Path

import pytest

from tiphys.errors import CompileError
from tiphys.loading.sources import load
from tiphys.simulate.simulation import simulate

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


TRAIN, SKIP, OK, FAIL = "Failed", "Omitted", "Succeeded", "Failed"
LOOP = {
    "for-loop-2": FAIL,
    "for-loop-2[0]": OK,
    "for-loop-2[0]/{train}": OK,
    "for-loop-2[0]/{predict}": OK,
    "for-loop-2[1]": FAIL,
    "for-loop-2[1]/{train}": FAIL,
    "for-loop-2[1]/{predict}": SKIP,
    "for-loop-2[2]": OK,
    "for-loop-2[2]/{train}": OK,
    "for-loop-2[2]/{predict}": OK,
}


def loop(train: str, predict: str, prefix: str = "", number: int = 2) -> dict[str, str]:
    """The states of the loop when its second training fails."""
    return {
        prefix + path.format(train=train, predict=predict).replace("for-loop-2", f"for-loop-{number}"): state
        for path, state in LOOP.items()
    }


def unrolled(train: str, predict: str) -> dict[str, str]:
    """The states of three trainings with their predictions when the second training fails."""
    return {
        train: OK,
        f"{train}-2": FAIL,
        f"{train}-3": OK,
        predict: OK,
        f"{predict}-2": SKIP,
        f"{predict}-3": OK,
    }


STATES: dict[str, tuple[dict[str, str], str, dict[str, str]]] = {
    "s1": ({"for-loop-2[1]/train": "Failed"}, FAIL, {**loop("train", "predict"), "report-art": SKIP}),
    "s3": ({"for-loop-2[1]/train-p": "Failed"}, OK, {**loop("train-p", "predict-p"), "report-list": OK}),
    "s4": ({"train-p-2": "Failed"}, OK, {**unrolled("train-p", "predict-p"), "report-opt": OK}),
    "s5": (
        {"exit-handler-1/for-loop-3[1]/train-p": "Failed"},
        FAIL,
        {
            "exit-handler-1": FAIL,
            **loop("train-p", "predict-p", "exit-handler-1/", 3),
            "report-status": OK,
        },
    ),
    "s6": ({"for-loop-2[1]/train-p": "Failed"}, OK, {**loop("train-p", "predict-p"), "report-none": OK}),
    "s10": ({"train-p": "Failed"}, OK, {"train-p": FAIL, "report-x": OK, "report-x-2": OK}),
    "s11": ({"train-p": "Failed"}, OK, {"train-p": FAIL, "report-list": OK, "report-opt": OK}),
    "s12": (
        {"for-loop-2[1]/train": "Failed"},
        OK,
        {**loop("train", "predict"), "report-art-opt": OK},
    ),
    "s13": ({"train-2": "Failed"}, OK, {**unrolled("train", "predict"), "report-one": OK}),
    "s14": (
        {"train-p": "Failed", "train-p-2": "Failed"},
        OK,
        {"train-p": FAIL, "train-p-2": FAIL, "report-x": OK},
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_a_training_fails(name: str) -> None:
    outcomes, phase, states = STATES[name]
    run = simulate(SPELLINGS / f"{name}.py", outcomes=outcomes)
    assert run.states() == states
    assert run.phase == phase


def test_errors_as_values() -> None:
    """s8: no training fails; where one says that it did, its prediction is skipped."""
    said = {
        f"for-loop-2[{item}]/train-tolerant": {"outputs": {"Output": text}}
        for item, text in enumerate(["ok", "failed", "ok"])
    }
    run = simulate(SPELLINGS / "s8.py", outcomes=said)
    assert run.phase == OK
    assert run["report-art"].phase == OK
    assert [run[f"for-loop-2[{item}]/condition-3"].phase for item in range(3)] == [OK, "Skipped", OK]
