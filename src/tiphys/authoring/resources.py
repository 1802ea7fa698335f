"""`argo.resources`: what a container asks for and may use, extended resources included."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import conform
from tiphys.authoring.kubernetes_objects import plain
from tiphys.authoring.settings import add_to_container, binder_of


def resources(task: Any, *, requests: Any = None, limits: Any = None) -> Any:
    """Set requests and limits of the main container of `task` by the names of resources.

    Any resource: cpu, memory, ephemeral-storage, `nvidia.com/gpu`, hugepages, what a device plugin offers.
    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/

    Example:
        argo.resources(train(rate=0.1), requests={"ephemeral-storage": "2Gi"}, limits={"example.com/fpga": 1})

    Returns `task`.
    """
    bind = binder_of(task)
    given = {"requests": requests, "limits": limits}
    found = {
        kind: conform(plain(wanted, bind), "{}string", kind) for kind, wanted in given.items() if wanted is not None
    }
    return add_to_container(task, "argo.resources", {"resources": found})
