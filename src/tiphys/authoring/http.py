"""`argo.http`: a request over HTTP, without a pod of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.authoring.fields import named_fields
from tiphys.authoring.settings import add_to_template, binder_of
from tiphys.authoring.steps import new_step


def http(
    url: Any,
    *,
    method: str = "GET",
    headers: Mapping[str, Any] | None = None,
    body: Any = None,
    timeout: int | None = None,
    success: str = "",
    insecure: bool = False,
    name: str = "http",
) -> Any:
    """Make a task that requests `url`; its output is the body of the answer.

    `success` is an expression over `response.statusCode`, `response.body` and `response.headers`; without it
    any status below 400 is good. Header values are constants, values of the run, or where they come from
    (`{"secretKeyRef": {"name": ..., "key": ...}}`).
    https://argo-workflows.readthedocs.io/en/latest/http-template/

    Example:
        asked = argo.http("https://example.com/state", success="response.statusCode == 200", timeout=10)
        clean(text=asked.output)

    Returns the task.
    """
    task = new_step(name, "argo.http", {}, {"Output": {"expression": "tasks.request.outputs.result"}})
    bind = binder_of(task)
    given: dict[str, Any] = {
        "url": url,
        "method": method,
        "headers": [_header(header, value) for header, value in (headers or {}).items()],
        "body": body,
        "timeoutSeconds": timeout,
        "successCondition": success,
        "insecureSkipVerify": insecure,
    }
    said = {field: value for field, value in given.items() if value not in (None, "", [], False)}
    request = named_fields(said, "v1alpha1.HTTP", bind)
    tasks = [{"name": "request", "inline": {"http": request}}]
    return add_to_template(task, "argo.http", {"dag": {"tasks": tasks}})


def _header(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "valueFrom": value} if isinstance(value, Mapping) else {"name": name, "value": value}
