"""The failure logic of both pipelines, tested without running a training."""

from pathlib import Path

import pytest

from tiphys.testing import simulate

HERE = Path(__file__).parent
LOOP, EXPLICIT = HERE / "pipeline.py", HERE / "explicit.py"


def test_two_of_five_trainings_fail():
    run = simulate(LOOP, outcomes={"for-loop-1[3]/train": "Failed", "for-loop-1[4]/train": "Failed"})
    assert run.phase == "Succeeded"
    assert run["for-loop-1[0]/predict"].phase == "Succeeded"
    assert run["for-loop-1[3]/predict"].phase == "Omitted"
    assert run["report"].phase == "Succeeded"


def test_every_training_fails():
    run = simulate(LOOP, outcomes={"train": "Failed"})
    assert run.phase == "Succeeded"
    assert {node.phase for node in run.select("predict")} == {"Omitted"}
    assert run["report"].phase == "Succeeded"


def test_a_lost_pod_is_no_worse_than_a_failure():
    run = simulate(LOOP, outcomes={"for-loop-1[0]/train": "Error"})
    assert (run.phase, run["report"].phase) == ("Succeeded", "Succeeded")


def test_nothing_to_train():
    run = simulate(LOOP, {"rates": []})
    assert run.states() == {"for-loop-1": "Skipped", "report": "Succeeded"}


def test_a_broken_report_fails_the_run():
    assert simulate(LOOP, outcomes={"report": "Failed"}).phase == "Failed"


@pytest.mark.parametrize("failing", [[], ["train-mean"], ["train-mean", "train-ends", "train-descent"]])
def test_explicit(failing):
    run = simulate(EXPLICIT, outcomes=dict.fromkeys(failing, "Failed"))
    assert run.phase == "Succeeded"
    assert run["report"].phase == "Succeeded"
    predictions = [run[name].phase for name in ("predict", "predict-2", "predict-3")]
    assert predictions.count("Omitted") == len(failing)
