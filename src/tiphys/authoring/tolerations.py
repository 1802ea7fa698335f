"""`argo.tolerations`: the taints of nodes that a task's pod tolerates."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_objects
from tiphys.authoring.settings import add_to_template, binder_of


def tolerations(task: Any, *tolerations: Any) -> Any:
    """Add tolerations to the pod of `task`; given a group or a sub-pipeline, to every pod in it.

    Each is a `V1Toleration`, a dict or YAML text, or a list of these. Calls add up.

    https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/

    Example:
        trained = train(rate=0.1)
        argo.tolerations(trained, {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"})

    Returns `task`.
    """
    found = typed_objects(tolerations, "v1.Toleration", "a toleration", binder_of(task))
    unique = [each for index, each in enumerate(found) if each not in found[:index]]
    return add_to_template(task, "argo.tolerations", {"tolerations": unique})
