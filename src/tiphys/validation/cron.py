"""CronWorkflows.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/validate/validate.go (`CronWorkflow`)
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any, Final

from tiphys.errors import BadInput
from tiphys.expressions.cron_schedule import parse_schedule
from tiphys.expressions.go_quote import quote
from tiphys.validation.invalid import Invalid, Origin
from tiphys.validation.templates import Getters
from tiphys.validation.workflow import Found, Mode, check_name_length, check_workflow

Json = Any

_LONGEST_NAME: Final = 52  # a timestamp is appended
_POLICIES: Final = frozenset({"", "Allow", "Forbid", "Replace"})
_SCHEDULED_TIME: Final = "workflows.argoproj.io/scheduled-time"
_CRON_WORKFLOW: Final = "workflows.argoproj.io/cron-workflow"
_INSTANCE: Final = "workflows.argoproj.io/controller-instanceid"


def check_cron_workflow(
    cron: Mapping[str, Json], getters: Getters, _mode: Mode, found: Found | None = None
) -> None:
    """Validate a CronWorkflow and the workflow that it would start, as `check_workflow` does."""
    metadata, spec = cron.get("metadata") or {}, cron.get("spec") or {}
    name = metadata.get("name") or ""
    check_name_length(name, "cron workflow", _LONGEST_NAME)
    try:
        _check_times(spec)
    except Invalid as error:
        raise error.at(Origin("local", name, ("spec",))) from None
    policy = spec.get("concurrencyPolicy") or ""
    if policy not in _POLICIES:
        origin = Origin("local", name, ("spec", "concurrencyPolicy"))
        raise Invalid(f"'{policy}' is not a valid concurrencyPolicy", origin=origin)
    if (spec.get("startingDeadlineSeconds") or 0) < 0:
        origin = Origin("local", name, ("spec", "startingDeadlineSeconds"))
        raise Invalid("startingDeadlineSeconds must be positive", origin=origin)
    prefix = "cannot validate Workflow: "
    inner: Found | None = None if found is None else []
    try:
        check_workflow(_workflow_of(metadata, spec), getters, "controller", inner)
    except Invalid as error:
        raise _within_cron(error, name).under(prefix) from None
    if found is not None:
        found += [_within_cron(error, name).under(prefix) for error in inner or []]


def _within_cron(error: Invalid, name: str) -> Invalid:
    """The error with its place in the CronWorkflow instead of the workflow that it would start."""
    origin = error.origin
    if origin is None or origin.scope != "local":
        return error
    path = ("spec", "workflowSpec", *origin.path[1:]) if origin.path[:1] == ("spec",) else origin.path
    return Invalid(*error.messages, origin=Origin("local", name, path))


def _check_times(spec: Mapping[str, Json]) -> None:
    schedules = spec.get("schedules") or []
    if not schedules:
        raise Invalid("cron workflow must have at least one schedule")
    for schedule in schedules:
        try:
            parse_schedule(schedule or "")
        except BadInput as error:
            raise Invalid(f"cron schedule {schedule or ''} is malformed: {error.message}") from None
    timezone = spec.get("timezone") or ""
    if problem := zone_problem(timezone):
        raise Invalid(f"invalid timezone {quote(timezone)}: {problem}")


def zone_problem(name: str) -> str:
    """What Go says to a time zone that it does not know; "" if it knows it."""
    if name in ("", "UTC", "Local"):
        return ""
    if ".." in name or name[0] in "/\\" or "\\" in name:
        return "time: invalid location name"
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return f"unknown time zone {name}"
    return ""


def _workflow_of(metadata: Mapping[str, Json], spec: Mapping[str, Json]) -> dict[str, Json]:
    own, of_workflows = metadata.get("labels") or {}, spec.get("workflowMetadata") or {}
    labels = {_INSTANCE: own[_INSTANCE]} if _INSTANCE in own else {}
    labels[_CRON_WORKFLOW] = metadata.get("name") or ""
    labels.update(of_workflows.get("labels") or {})
    annotations = {_SCHEDULED_TIME: "", **(of_workflows.get("annotations") or {})}
    workflow_spec = spec.get("workflowSpec") or {}
    return {"metadata": {"labels": labels, "annotations": annotations}, "spec": workflow_spec}
