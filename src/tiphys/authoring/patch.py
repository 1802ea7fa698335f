"""`argo.patch`: a strategic merge patch onto the template that a task is compiled to."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.kubernetes_objects import plain_object
from tiphys.authoring.overlay import compose
from tiphys.authoring.settings import binder_of, template_of


def patch(task: Any, patch: Any) -> Any:
    """Lay `patch` over the compiled template of `task`, as Kubernetes merges.

    Maps merge, null deletes, lists of named things (containers, volumes, env) merge by name, `$patch: delete`
    and `$patch: replace` work. The patch is a dict or YAML text in Argo's own field names.

    Example:
        trained = train(rate=0.1)
        argo.patch(trained, {"container": {"env": [{"name": "LOG", "value": "1"}]}, "archiveLocation": None})

    Returns `task`.
    """
    fields = plain_object(patch, "argo.patch", binder_of(task))
    template = template_of(task, "argo.patch")
    composed = compose(template, fields)
    template.clear()
    template.update(composed)
    return task
