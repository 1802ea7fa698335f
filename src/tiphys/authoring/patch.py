"""`argo.patch`: a strategic merge patch onto the template that a task is compiled to."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_object
from tiphys.authoring.settings import add_to_template, binder_of
from tiphys.manifest.fields import TEMPLATE


def patch(task: Any, patch: Any) -> Any:
    """Lay `patch` over the compiled template of `task`, as Kubernetes merges.

    Maps merge, null deletes, lists of named things (containers, volumes, env) merge by name, `$patch: delete`
    and `$patch: replace` work. The patch is a dict or YAML text in Argo's own field names.

    Example:
        trained = train(rate=0.1)
        argo.patch(trained, {"container": {"env": [{"name": "LOG", "value": "1"}]}, "archiveLocation": None})

    Returns `task`.
    """
    return add_to_template(task, "argo.patch", typed_object(patch, TEMPLATE, "argo.patch", binder_of(task)))
