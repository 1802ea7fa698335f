"""CronWorkflows: policies, conditions, missed times and history, as Argo's cron operator has them."""

from __future__ import annotations

from typing import Any

from tiphys.engine.cron import Cron, CronState

MINUTE = 60.0


def cron(**spec: Any) -> Cron:
    whole = {"schedules": ["* * * * *"], "workflowSpec": {"entrypoint": "main"}, **spec}
    return Cron(
        {"kind": "CronWorkflow", "metadata": {"name": "nightly", "labels": {"team": "a"}}, "spec": whole}
    )


def test_a_run_is_named_for_its_time() -> None:
    firing = cron(workflowMetadata={"labels": {"x": "y"}}).fire(120.0, 121.0)
    assert firing.workflow is not None
    assert firing.workflow["metadata"]["name"] == "nightly-120"
    assert firing.workflow["metadata"]["labels"] == {
        "workflows.argoproj.io/cron-workflow": "nightly",
        "x": "y",
    }
    assert firing.workflow["metadata"]["annotations"] == {
        "workflows.argoproj.io/scheduled-time": "1970-01-01T00:02:00Z"
    }


def test_forbid_waits_for_the_active_run() -> None:
    job = cron(concurrencyPolicy="Forbid")
    assert job.fire(MINUTE, MINUTE).workflow
    assert "Forbid" in job.fire(2 * MINUTE, 2 * MINUTE).reason
    job.run_ended("nightly-60", "Failed", 2 * MINUTE)
    assert job.fire(3 * MINUTE, 3 * MINUTE).workflow
    assert job.state.failed == 1


def test_replace_terminates_the_active_run() -> None:
    job = cron(concurrencyPolicy="Replace")
    job.fire(MINUTE, MINUTE)
    firing = job.fire(2 * MINUTE, 2 * MINUTE)
    assert firing.terminate == ("nightly-60",)
    assert firing.workflow


def test_stop_strategy_counts_ends() -> None:
    job = cron(stopStrategy={"expression": "cronworkflow.failed >= 2"})
    for number in (1, 2):
        job.fire(number * MINUTE, number * MINUTE)
        job.run_ended(f"nightly-{60 * number}", "Failed", number * MINUTE)
    assert job.state.phase == "Stopped"
    assert job.fire(3 * MINUTE, 3 * MINUTE).workflow is None


def test_when_sees_the_last_time() -> None:
    age = "(now() - cronworkflow.lastScheduledTime).Seconds()"
    condition = f"{{{{= cronworkflow.lastScheduledTime == nil || {age} > 90 }}}}"
    job = cron(when=condition)
    assert job.fire(MINUTE, MINUTE).workflow
    assert job.fire(2 * MINUTE, 2 * MINUTE).workflow is None
    assert job.fire(3 * MINUTE, 3 * MINUTE).workflow


def test_a_condition_that_cannot_be_evaluated_is_an_error_not_false() -> None:
    job = cron(when="a b c")
    assert job.fire(MINUTE, MINUTE).workflow is None
    assert job.state.conditions[0]["type"] == "SubmissionError"
    assert job.state.failed == 1


def test_missed_times_are_made_up_within_the_deadline_only() -> None:
    job = cron(schedules=["0 * * * *"], startingDeadlineSeconds=600)
    job.fire(3600.0, 3600.0)
    assert job.missed_time(3 * 3600 + 300.0) == 3 * 3600.0
    assert job.missed_time(3 * 3600 + 900.0) is None


def test_a_changed_schedule_makes_nothing_up() -> None:
    state = CronState(last_scheduled_time=3600.0, schedules=["5 * * * *"])
    job = Cron(cron(schedules=["0 * * * *"], startingDeadlineSeconds=600).manifest, state)
    assert job.missed_time(3 * 3600 + 300.0) is None


def test_backfill_lists_every_time_once() -> None:
    job = cron(schedules=["*/20 * * * *", "0 * * * *"])
    assert list(job.times_between(0.0, 3600.0)) == [0.0, 1200.0, 2400.0, 3600.0]


def test_history_keeps_the_newest() -> None:
    ended = [(f"ok-{number}", "Succeeded", float(number)) for number in range(5)]
    ended += [("bad-0", "Failed", 0.0), ("bad-1", "Error", 1.0)]
    assert cron().to_delete(ended) == ["ok-1", "ok-0", "bad-0"]
    assert cron(failedJobsHistoryLimit=0).to_delete(ended)[-2:] == ["bad-1", "bad-0"]
