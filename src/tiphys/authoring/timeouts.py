"""`argo.timeout`: how long a task may take."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.kubernetes_objects import plain
from tiphys.authoring.settings import add_to_template, binder_of


def timeout(task: Any, seconds: Any = None, *, total: str = "", pending: str = "") -> Any:
    """End `task` when it takes too long: it fails then.

    `seconds` is for each attempt, from the start of its pod. `total` (`"10m"`) is for the task with all that
    it waits for, `pending` for the time until its pod runs.
    https://argo-workflows.readthedocs.io/en/latest/walk-through/timeouts/

    Example:
        argo.timeout(train(rate=0.1), 600, pending="5m")

    Returns `task`.
    """
    fields: dict[str, Any] = {}
    if seconds is not None:
        fields["activeDeadlineSeconds"] = plain(seconds, binder_of(task))
    if total:
        fields["timeout"] = total
    if pending:
        fields["pendingTimeout"] = pending
    if not fields:
        raise refuse("argo.timeout says nothing", remedy="Give `seconds`, `total` or `pending`.")
    return add_to_template(task, "argo.timeout", fields)
