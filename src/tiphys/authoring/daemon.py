"""`argo.daemon`, `argo.address`: a service that others use while they run."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.fields import typed_object
from tiphys.authoring.kubernetes_objects import Address
from tiphys.authoring.settings import Kind, add_to_template, binder_of, kind_of


def daemon(task: Any, *, readiness: Any = None) -> Any:
    """Let what depends on `task` run as soon as its pod is ready, while it goes on.

    The pod is ended when the tasks of its group have ended. `readiness` is a probe that says when it is
    ready.
    https://argo-workflows.readthedocs.io/en/latest/walk-through/daemon-containers/

    Example:
        server = clean()
        argo.daemon(server, readiness={"httpGet": {"path": "/ready", "port": 8080}})
        argo.env(train(rate=0.1), SERVER=argo.address(server))

    Returns `task`.
    """
    fields: dict[str, Any] = {"daemon": True}
    if readiness is not None:
        probe = typed_object(readiness, "v1.Probe", "a readiness probe", binder_of(task))
        fields["container"] = {"readinessProbe": probe}
    return add_to_template(task, "argo.daemon", fields)


def address(task: Any) -> Address:
    """The address of a daemon, for settings of tasks that use it (`argo.env`, `argo.template`).

    A task that is given the address waits until the daemon is ready. Daemon and user stand in the same group.

    Example:
        server = argo.daemon(clean())
        argo.env(train(rate=0.1), SERVER=argo.address(server))

    Returns something that becomes the pod's IP address.
    """
    if kind_of(task) is not Kind.POD:
        raise refuse(f"argo.address: `{task.name}` runs no pod of its own")
    return Address(task)
