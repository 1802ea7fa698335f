"""`argo.tolerations`: the taints of nodes that a task's pod tolerates."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.kubernetes_objects import plain_objects
from tiphys.authoring.settings import binder_of, template_of


def tolerations(task: Any, *tolerations: Any) -> Any:
    """Add tolerations to the pod of `task`; given a group or a sub-pipeline, to every pod in it.

    Each is a `V1Toleration`, a dict or YAML text, or a list of these. Calls add up.

    https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/

    Example:
        trained = train(rate=0.1)
        argo.tolerations(trained, {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"})

    Returns `task`.
    """
    found = plain_objects(tolerations, "a toleration", binder_of(task))
    kept = template_of(task, "argo.tolerations").setdefault("tolerations", [])
    kept.extend(each for each in found if each not in kept)
    return task
