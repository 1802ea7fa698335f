"""Driving a CronWorkflow here: wait, fire, follow its runs; and runs for times that have passed.

Each run has a process of its own (`tiphys run`), so that runs overlap as the concurrency policy allows and
outlive this one. The state is a file beside the runs; it is replaced as a whole.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tiphys.engine.cron import CRON_LABEL, Cron, CronState
from tiphys.errors import BadInput, RunNotFound
from tiphys.manifest.dumping import dump
from tiphys.messages.events import RunTerminated
from tiphys.runtime.api import RunResult, ask, delete_run, open_store, start_run
from tiphys.runtime.submission import Submission
from tiphys.settings import Settings
from tiphys.store.records import Filter

LONGEST_WAIT = 5.0
"""Seconds after which the runs are looked at, however far the next time is."""


@dataclass
class CronDriver:
    """A CronWorkflow on this machine. `manifest` is of kind CronWorkflow; `resources` lie beside it."""

    manifest: dict[str, Any]
    settings: Settings
    now: Callable[[], float]
    sleep: Callable[[float], None]
    tell: Callable[[str], None] = lambda text: None
    resources: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.manifest.get("kind") != "CronWorkflow":
            raise BadInput(f"a {self.manifest.get('kind')} has no schedule", remedy="give a CronWorkflow")
        self.store = open_store(self.settings)
        name = str((self.manifest.get("metadata") or {}).get("name") or "")
        if not name or "/" in name:
            raise BadInput("the CronWorkflow has no name that can be used", remedy="give `metadata.name`")
        self.file = self.settings.state_dir / "cron" / f"{name}.json"
        self.cron = Cron(self.manifest, self._read())

    def drive(self, *, until: float | None = None) -> None:
        """Fire at every scheduled time, up to `until`; for ever without it."""
        now = self.now()
        missed = self.cron.missed_time(now)
        if missed is not None:
            self.fire(missed)
        due = self.cron.next_time(now)
        while due is not None and (until is None or due <= until):
            self.follow()
            if self.now() >= due:
                self.fire(due)
                due = self.cron.next_time(due)
                continue
            self.sleep(min(LONGEST_WAIT, due - self.now()))
        self.follow()

    def fire(self, scheduled: float) -> str:
        """Do what one scheduled time demands; the name of the run that began ("" if none)."""
        firing = self.cron.fire(scheduled, self.now())
        self._write()
        for name in firing.terminate:
            ask(self.store, name, RunTerminated())
            self.tell(f"{name}: asked to be terminated")
        if firing.workflow is None:
            self.tell(firing.reason)
            return ""
        name = str(firing.workflow["metadata"]["name"])
        self._spawn(firing.workflow, name)
        self.tell(f"{name}: started")
        return name

    def follow(self) -> None:
        """Take note of runs that have ended, and delete those beyond the history limits."""
        for name in list(self.cron.state.active):
            try:
                phase = self.store.run(name).phase
            except RunNotFound:
                continue
            if phase in ("Succeeded", "Failed", "Error"):
                self.cron.run_ended(name, phase, self.now())
                self._write()
                self.tell(f"{name}: {phase}")
        rows = self.store.runs(Filter(prefix=f"{self.cron.name}-", labels={CRON_LABEL: self.cron.name}))
        ended = [(row.name, row.phase, row.finished_at or 0.0) for row in rows if row.finished_at is not None]
        for name in self.cron.to_delete(ended):
            delete_run(self.store, self.settings, name)

    def backfill(self, start: float, end: float) -> list[RunResult]:
        """Run for every scheduled time from `start` to `end`, one after the other; known runs are left alone."""
        known = {row.name for row in self.store.runs(Filter(prefix=f"{self.cron.name}-"))}
        results = []
        for time in self.cron.times_between(start, end):
            workflow = self.cron.workflow(time)
            if workflow["metadata"]["name"] in known:
                continue
            result = start_run(Submission([workflow, *self.resources]), self.settings, store=self.store)
            self.tell(f"{result.run.name}: {result.run.phase}")
            results.append(result)
            if result.interrupted:
                break
        return results

    def _spawn(self, workflow: dict[str, Any], name: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder()))
        manifest = folder / "workflow.yaml"
        manifest.write_text(dump(workflow), encoding="utf-8")
        words = [sys.executable, "-m", "tiphys.cli.main", "--state-dir", str(self.settings.state_dir)]
        words += ["run", str(manifest), "--name", name, "--plain"]
        for index, resource in enumerate(self.resources):
            beside = folder / f"resource-{index}.yaml"
            beside.write_text(dump(resource), encoding="utf-8")
            words += ["--with", str(beside)]
        with (folder / "driver.log").open("wb") as log:
            subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)  # noqa: S603 # our own program

    def _folder(self) -> Path:
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.file.parent

    def _read(self) -> CronState:
        if not self.file.exists():
            return CronState()
        return msgspec.json.decode(self.file.read_bytes(), type=CronState)

    def _write(self) -> None:
        beside = self._folder() / f".{self.file.name}"
        beside.write_bytes(msgspec.json.encode(self.cron.state))
        beside.replace(self.file)
