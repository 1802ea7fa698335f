"""`argo.ttl`, `argo.pod_gc`, `argo.archive_logs`: what stays of a run, and how long."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.overlay import compose
from tiphys.authoring.settings import check_choice, run_settings

_POD_GC = ("OnPodCompletion", "OnPodSuccess", "OnWorkflowCompletion", "OnWorkflowSuccess")


def ttl(seconds: int | None = None, *, success: int | None = None, failure: int | None = None) -> None:
    """Delete the run's record so many seconds after it ended, by how it ended.

    Example:
        train(rate=0.1)
        argo.ttl(3600, failure=86400)
    """
    given = {
        "secondsAfterCompletion": seconds,
        "secondsAfterSuccess": success,
        "secondsAfterFailure": failure,
    }
    _set({"ttlStrategy": {name: value for name, value in given.items() if value is not None}})


def pod_gc(strategy: str = "OnPodCompletion", *, delay: str = "") -> None:
    """Delete pods when they have ended, or when the run has; `delay` (`"30s"`) keeps them a little longer.

    Example:
        train(rate=0.1)
        argo.pod_gc("OnPodSuccess", delay="1m")
    """
    gc = {"strategy": check_choice(strategy, _POD_GC, "strategy")}
    _set({"podGC": {**gc, "deleteDelayDuration": delay} if delay else gc})


def archive_logs(enabled: bool = True) -> None:
    """Keep the log of every pod as an artifact.

    Example:
        train(rate=0.1)
        argo.archive_logs()
    """
    _set({"archiveLogs": enabled})


def _set(fields: dict[str, Any]) -> None:
    run = run_settings()
    run.workflow = compose(run.workflow, fields)
