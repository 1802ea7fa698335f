"""`argo.node_selector`: the labels of the nodes on which pods run."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import named_fields
from tiphys.authoring.settings import add_to_template, binder_of
from tiphys.manifest.fields import TEMPLATE


def node_selector(task: Any, labels: Any) -> Any:
    """Run the pod of `task` on nodes with these labels. Calls add up.

    https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodeselector

    Example:
        argo.node_selector(train(rate=0.1), {"zone": "eu-1"})

    Returns `task`.
    """
    fields = named_fields({"nodeSelector": labels}, TEMPLATE, binder_of(task))
    return add_to_template(task, "argo.node_selector", fields)
