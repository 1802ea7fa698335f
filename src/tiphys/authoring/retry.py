"""`argo.retry`: when a task is tried again, after how long, on which node, with how much memory."""

from __future__ import annotations

import re
from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.kubernetes_objects import plain
from tiphys.authoring.settings import add_to_pod_spec, add_to_template, binder_of, check_choice

_POLICIES = ("Always", "OnFailure", "OnError", "OnTransientError")
_OUT_OF_MEMORY = "lastRetry.exitCode == '137'"
_QUANTITY = re.compile(r"(\d+)(Ki|Mi|Gi|Ti|K|M|G|T)")


def retry(
    task: Any,
    limit: Any = None,
    *,
    policy: str = "",
    expression: str = "",
    wait: str = "",
    factor: int = 0,
    max_wait: str = "",
    max_duration: str = "",
    other_node: bool = False,
    memory: str = "",
) -> Any:
    """Try `task` again when it ends badly; of a group or sub-pipeline, all of it is tried again.

    `limit` is how often at most (nothing: for ever). `policy` is `OnFailure` (the program failed),
    `OnError` (the pod was lost), `OnTransientError` or `Always`; `expression` decides by
    `lastRetry.exitCode`, `.status`, `.duration` and `.message` (all text). `wait` (`"10s"`) is multiplied
    by `factor` for each retry, up to `max_wait`; no retry starts after `max_duration`. `other_node` tries
    on another node.

    `memory` (`"2Gi"`) is the limit of the first attempt and grows by as much with each retry; without an
    expression or policy only an attempt that ran out of memory is retried.
    https://argo-workflows.readthedocs.io/en/latest/retries/

    Example:
        argo.retry(train(rate=0.1), 3, policy="Always", wait="10s", factor=2, max_wait="5m")
        argo.retry(train(rate=0.2), 2, memory="2Gi")
        argo.retry(train(rate=0.3), 2, expression="lastRetry.exitCode != '3'", other_node=True)

    Returns `task`.
    """
    strategy: dict[str, Any] = {}
    if limit is not None:
        strategy["limit"] = plain(limit, binder_of(task))
    if policy:
        strategy["retryPolicy"] = check_choice(policy, _POLICIES, "policy")
    if memory and not (expression or policy):
        expression = _OUT_OF_MEMORY
    if expression:
        strategy["expression"] = expression
    backoff = {"duration": wait, "factor": factor, "cap": max_wait, "maxDuration": max_duration}
    given = {name: value for name, value in backoff.items() if value}
    if given:
        strategy["backoff"] = given
    if other_node:
        strategy["affinity"] = {"nodeAntiAffinity": {}}
    if memory:
        _grow(task, memory)
    return add_to_template(task, "argo.retry", {"retryStrategy": strategy})


def _grow(task: Any, memory: str) -> None:
    match = _QUANTITY.fullmatch(memory)
    if match is None:
        raise refuse(f"argo.retry: memory `{memory}` is not an amount", remedy='Such as `"2Gi"` or `"512Mi"`.')
    amount = f"{{{{=(asInt(retries) + 1) * {match[1]}}}}}{match[2]}"
    limits = {"name": "main", "resources": {"limits": {"memory": amount}, "requests": {"memory": amount}}}
    add_to_pod_spec(task, "argo.retry", {"containers": [limits]})
