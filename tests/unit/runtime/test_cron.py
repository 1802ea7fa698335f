"""CronWorkflows on this machine: backfill for real, firing at a clock of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tiphys.errors import BadInput
from tiphys.runtime.cron import CronDriver
from tiphys.settings import Settings


def cron(**spec: Any) -> dict[str, Any]:
    template = {"name": "main", "container": {"image": "busybox", "command": ["true"]}}
    workflow = {"entrypoint": "main", "templates": [template]}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "CronWorkflow",
        "metadata": {"name": "tick"},
        "spec": {"schedules": ["* * * * *"], "workflowSpec": workflow, **spec},
    }


def driver(folder: Path, manifest: dict[str, Any], told: list[str]) -> CronDriver:
    settings = Settings(state_dir=folder, environments_dir=folder / "environments", executor="process")
    clock = [60.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    return CronDriver(manifest, settings, lambda: clock[0], sleep, told.append)


def test_backfill_runs_each_time_once(tmp_path: Path) -> None:
    told: list[str] = []
    job = driver(tmp_path, cron(), told)
    assert [result.run.name for result in job.backfill(60.0, 180.0)] == ["tick-60", "tick-120", "tick-180"]
    assert job.backfill(60.0, 180.0) == []
    assert told == [f"tick-{time}: Succeeded" for time in (60, 120, 180)]


def test_a_suspended_cron_says_so_at_each_time(tmp_path: Path) -> None:
    told: list[str] = []
    driver(tmp_path, cron(suspend=True), told).drive(until=180.0)
    assert told == ["CronWorkflow suspended, skipping execution"] * 2


def test_only_cron_workflows_have_schedules(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="a Workflow has no schedule"):
        driver(tmp_path, {**cron(), "kind": "Workflow"}, [])
