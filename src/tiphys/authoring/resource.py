"""`argo.resource`: make, change, read or delete any object of Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.authoring.kubernetes_objects import plain_object
from tiphys.authoring.settings import add_to_template, binder_of, check_choice
from tiphys.authoring.steps import new_step

_ACTIONS = ("apply", "create", "delete", "get", "patch", "replace")


def resource(
    action: str,
    manifest: Any,
    *,
    name: str = "",
    success: str = "",
    failure: str = "",
    outputs: Mapping[str, str] | None = None,
    merge: str = "",
    flags: list[str] | None = None,
    owned: bool = False,
) -> Any:
    """Make a task that does `action` with an object of Kubernetes, and waits for what it comes to.

    `success` and `failure` are conditions on fields of the object (`status.succeeded > 0`); without them the
    task ends when the action is done. `outputs` maps names to JSONPaths (`"{.metadata.name}"`). `owned` lets
    the object go when the run's record goes. The service account of the run needs the right to do it.
    https://argo-workflows.readthedocs.io/en/latest/walk-through/kubernetes-resources/

    Example:
        job = argo.resource(
            "create",
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"generateName": "found-"},
                "data": {"rate": "0.1"},
            },
            outputs={"name": "{.metadata.name}"},
        )
        clean(text=job.outputs["name"])

    Returns the task.
    """
    chosen = check_choice(action, _ACTIONS, "action")
    found = {output: {"jsonPath": jsonpath} for output, jsonpath in (outputs or {}).items()}
    task = new_step(name or f"{chosen}-{_kind_of(manifest)}", "argo.resource", {}, found)
    fields: dict[str, Any] = {
        "action": chosen,
        "manifest": manifest_text(manifest, task),
        "successCondition": success,
        "failureCondition": failure,
        "mergeStrategy": merge,
        "flags": flags or [],
        "setOwnerReference": owned,
    }
    said = {field: value for field, value in fields.items() if value}
    return add_to_template(task, "argo.resource", {"resource": said})


def manifest_text(manifest: Any, task: Any) -> str:
    """The object as YAML text, with tags where values of the run stand."""
    import yaml

    found = plain_object(manifest, "argo.resource: the object", binder_of(task))
    return yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=2**31 - 1)


def _kind_of(manifest: Any) -> str:
    kind = getattr(manifest, "kind", None)
    if kind is None:
        found = plain_object(manifest, "argo.resource: the object", str)
        kind = found.get("kind")
    return str(kind or "object").lower()
