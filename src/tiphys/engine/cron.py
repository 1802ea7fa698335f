"""A CronWorkflow: when it makes a run. Pure: the driver submits, terminates and tells how runs end.

Copied behaviour: Argo's workflow/cron/operator.go. Docs:
https://argo-workflows.readthedocs.io/en/latest/cron-workflows/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from tiphys.engine.times import rfc3339
from tiphys.errors import BadInput, ExpressionError
from tiphys.expressions import expr, tags, when
from tiphys.expressions.ambient import Ambient
from tiphys.expressions.cron_schedule import Schedule, parse_schedule
from tiphys.expressions.go_format import to_json
from tiphys.expressions.go_time import Time, from_unix
from tiphys.messages.outputs import Json

CRON_LABEL: Final = "workflows.argoproj.io/cron-workflow"
SCHEDULED_TIME: Final = "workflows.argoproj.io/scheduled-time"
INSTANCE_LABEL: Final = "workflows.argoproj.io/controller-instanceid"
KEPT_SUCCESSFUL: Final = 3
KEPT_FAILED: Final = 1
MAX_TIMES: Final = 10_000
"""A backfill or a long sleep asks for no more times than this."""


class CronState(msgspec.Struct, omit_defaults=True):
    """Argo's CronWorkflowStatus: `active` holds names of runs; `phase` is "", `Active` or `Stopped`."""

    active: list[str] = []
    succeeded: int = 0
    failed: int = 0
    phase: str = ""
    last_scheduled_time: float | None = None
    schedules: list[str] = []
    conditions: list[dict[str, str]] = []


class Firing(msgspec.Struct, frozen=True):
    """What one scheduled time comes to: runs to terminate, the run to submit (None: none, and why)."""

    terminate: tuple[str, ...] = ()
    workflow: dict[str, Json] | None = None
    reason: str = ""


class Cron:
    """A CronWorkflow and its state. Times are seconds since the epoch.

    Raises `BadInput` for a schedule that cannot be read.
    """

    def __init__(self, manifest: dict[str, Json], state: CronState | None = None) -> None:
        self.manifest = manifest
        self.spec: dict[str, Json] = manifest.get("spec") or {}
        self.state = state or CronState()
        self.name = str((manifest.get("metadata") or {}).get("name") or "")
        texts = self.spec.get("schedules") or []
        if not texts:
            raise BadInput(
                "cron workflow must have at least one schedule",
                remedy="give `spec.schedules`; Argo 4 does not know `spec.schedule`",
            )
        self.schedules: list[Schedule] = [
            parse_schedule(text, self.spec.get("timezone") or "") for text in texts
        ]

    def next_time(self, after: float) -> float | None:
        """The first time after `after` at which one of the schedules fires."""
        times = [time for schedule in self.schedules if (time := schedule.next_after(after)) is not None]
        return min(times, default=None)

    def times_between(self, start: float, end: float) -> Iterator[float]:
        """Every scheduled time t with start <= t <= end, for a backfill."""
        time = self.next_time(start - 1)
        for _ in range(MAX_TIMES):
            if time is None or time > end:
                return
            yield time
            time = self.next_time(time)
        raise BadInput(f"more than {MAX_TIMES} times lie between", remedy="backfill a shorter span")

    def missed_time(self, now: float) -> float | None:
        """The latest missed time that `startingDeadlineSeconds` still allows, after a pause of the driver."""
        deadline = self.spec.get("startingDeadlineSeconds")
        last = self.state.last_scheduled_time
        if last is None or deadline is None or self.state.schedules != self._schedule_texts():
            return None
        for schedule in self.schedules:
            missed = None
            time = schedule.next_after(last)
            while time is not None and time < now:
                missed, time = time, schedule.next_after(time)
            if missed is not None and now < missed + deadline:
                return missed
        return None

    def fire(self, scheduled: float, now: float) -> Firing:
        """Do what the schedule demands at the time `scheduled`; the state is brought up to date."""
        self.state.schedules = self._schedule_texts()
        self._stop_if_done(now)
        if self.spec.get("suspend"):
            return Firing(reason="CronWorkflow suspended, skipping execution")
        if self.state.phase == "Stopped":
            return Firing(reason="CronWorkflow is marked as stopped since it achieved the stopping condition")
        try:
            if not self._when(now):
                return Firing(reason=f"when '{self.spec['when']}' is false")
        except ExpressionError as error:
            return self._refuse("SubmissionError", f"run policy error: {error.message}")
        policy = self.spec.get("concurrencyPolicy") or "Allow"
        if policy not in ("Allow", "Forbid", "Replace"):
            return self._refuse("SubmissionError", f"run policy error: invalid ConcurrencyPolicy: {policy}")
        if policy == "Forbid" and self.state.active:
            return Firing(reason="'ConcurrencyPolicy: Forbid' and has an active Workflow so it was not run")
        replaced = tuple(self.state.active) if policy == "Replace" else ()
        workflow = self.workflow(scheduled)
        self.state.active.append(workflow["metadata"]["name"])
        self.state.phase = "Active"
        self.state.last_scheduled_time = scheduled
        self.state.conditions = [each for each in self.state.conditions if each["type"] != "SubmissionError"]
        return Firing(replaced, workflow)

    def run_ended(self, name: str, phase: str, now: float) -> None:
        """One of its runs came to its end."""
        if name not in self.state.active:
            return
        self.state.active.remove(name)
        if phase == "Succeeded":
            self.state.succeeded += 1
        elif phase in ("Failed", "Error"):
            self.state.failed += 1
        self._stop_if_done(now)

    def to_delete(self, ended: list[tuple[str, str, float]]) -> list[str]:
        """Of its ended runs (name, phase, end), those beyond the history limits, the oldest."""
        limits = (
            (True, self.spec.get("successfulJobsHistoryLimit"), KEPT_SUCCESSFUL),
            (False, self.spec.get("failedJobsHistoryLimit"), KEPT_FAILED),
        )
        names: list[str] = []
        for succeeded, given, default in limits:
            keep = given if isinstance(given, int) and given >= 0 else default
            newest_first = sorted(
                (run for run in ended if (run[1] == "Succeeded") is succeeded), key=lambda run: -run[2]
            )
            names.extend(name for name, _, _ in newest_first[keep:])
        return names

    def workflow(self, scheduled: float) -> dict[str, Json]:
        """The Workflow of one scheduled time (`ConvertCronWorkflowToWorkflowWithProperties`)."""
        more = self.spec.get("workflowMetadata") or {}
        own = (self.manifest.get("metadata") or {}).get("labels") or {}
        labels = {CRON_LABEL: self.name, **(more.get("labels") or {})}
        if INSTANCE_LABEL in own:
            labels = {INSTANCE_LABEL: own[INSTANCE_LABEL], **labels}
        metadata: dict[str, Json] = {
            "name": f"{self.name}-{int(scheduled)}",
            "labels": labels,
            "annotations": {SCHEDULED_TIME: rfc3339(scheduled), **(more.get("annotations") or {})},
        }
        if namespace := (self.manifest.get("metadata") or {}).get("namespace"):
            metadata["namespace"] = namespace
        return {
            "apiVersion": self.manifest.get("apiVersion", "argoproj.io/v1alpha1"),
            "kind": "Workflow",
            "metadata": metadata,
            "spec": self.spec.get("workflowSpec") or {},
        }

    def _schedule_texts(self) -> list[str]:
        zone = self.spec.get("timezone") or ""
        return [f"CRON_TZ={zone} {schedule.text}" if zone else schedule.text for schedule in self.schedules]

    def _when(self, now: float) -> bool:
        condition = self.spec.get("when") or ""
        if not condition:
            return True
        scope = {f"cronworkflow.{name}": value for name, value in self._variables().items()}
        text = tags.replace(condition, scope, allow_unresolved=False, ambient=Ambient(time=now))
        return when.evaluate(text)

    def _stop_if_done(self, now: float) -> None:
        expression = (self.spec.get("stopStrategy") or {}).get("expression")
        if not expression:
            return
        try:
            done = expr.evaluate_bool(
                expression, {"cronworkflow": self._variables()}, ambient=Ambient(time=now)
            )
        except ExpressionError as error:
            self._refuse(
                "SpecError",
                f"failed to check CronWorkflow '{self.name}' stopping condition: "
                f"failed to evaluate stop expression: {error.message}",
            )
            return
        if done:
            self.state.phase = "Stopped"

    def _refuse(self, kind: str, message: str) -> Firing:
        self.state.conditions = [each for each in self.state.conditions if each["type"] != kind]
        self.state.conditions.append({"type": kind, "message": message, "status": "True"})
        if kind == "SubmissionError":
            self.state.failed += 1
        return Firing(reason=message)

    def _variables(self) -> dict[str, Any]:
        metadata = self.manifest.get("metadata") or {}
        labels: dict[str, str] = metadata.get("labels") or {}
        last = self.state.last_scheduled_time
        scheduled: Time | None = None if last is None else from_unix(last)
        return {
            "name": self.name,
            "namespace": metadata.get("namespace") or "default",
            "labels": labels,
            # Argo gives the labels here too (`expressionEnv` in workflow/cron/operator.go).
            "annotations": labels,
            "labels.json": to_json(labels),
            "annotations.json": to_json(metadata.get("annotations") or {}),
            "failed": self.state.failed,
            "succeeded": self.state.succeeded,
            "lastScheduledTime": scheduled,
        }
