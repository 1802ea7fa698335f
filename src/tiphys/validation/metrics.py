"""Metrics that a template emits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tiphys.validation.invalid import Invalid

Json = Any

_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")


def check_metric(owner: str, metric: Mapping[str, Json]) -> None:
    """Refuse a metric with bad names, without help, or without a value."""
    name = metric.get("name") or ""
    where = f"templates.{owner} metric '{name}'"
    if not _NAME.match(name):
        problem = "is invalid. Metric names must contain alphanumeric characters or '_'"
        raise Invalid(f"templates.{owner} metric name '{name}' {problem}")
    for label in metric.get("labels") or []:
        key = (label or {}).get("key") or ""
        if not _NAME.match(key):
            raise Invalid(
                f"metric label '{key}' is invalid: keys may only contain alphanumeric characters or '_'"
            )
    if not metric.get("help"):
        raise Invalid(f"{where} must contain a help string under 'help: ' field")
    if problem := _value_problem(metric):
        raise Invalid(f"{where} error: {problem}")


def _value_problem(metric: Mapping[str, Json]) -> str:
    gauge = metric.get("gauge")
    if gauge is not None:
        if not gauge.get("value"):
            return "missing gauge.value"
        if gauge.get("realtime") and "resourcesDuration." in gauge["value"]:
            return "'resourcesDuration.*' metrics cannot be used in real-time"
    for kind in ("counter", "histogram"):
        if metric.get(kind) is not None and not metric[kind].get("value"):
            return f"missing {kind}.value"
    return ""
