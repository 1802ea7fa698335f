"""`argo.container`, `argo.init_container`, `argo.sidecar`: the containers of a pod."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import named_fields, typed_object
from tiphys.authoring.settings import add_to_container, add_to_template, binder_of
from tiphys.manifest.fields import CONTAINER

_USER_CONTAINER = "v1alpha1.UserContainer"


def container(task: Any, **fields: Any) -> Any:
    """Set any field of the main container of `task`: probes, ports, lifecycle, tty, working directory.

    https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container

    Example:
        argo.container(train(rate=0.1), workingDir="/work", tty=True, ports=[{"containerPort": 8080}])

    Returns `task`.
    """
    return add_to_container(task, "argo.container", named_fields(fields, CONTAINER, binder_of(task)))


def init_container(task: Any, container: Any = None, **fields: Any) -> Any:
    """Run a container before the main one of `task`; several run one after the other.

    A model, a dict or YAML text, or its fields by name. `mirrorVolumeMounts=True` gives it the volumes of the
    main container. `restartPolicy="Always"` makes it a sidecar as Kubernetes has them.
    https://argo-workflows.readthedocs.io/en/latest/fields/#usercontainer

    Example:
        command = ["sh", "-c", "echo ready"]
        argo.init_container(train(rate=0.1), name="fetch", image="busybox:1.36", command=command)

    Returns `task`.
    """
    return _add(task, "argo.init_container", "initContainers", container, fields)


def sidecar(task: Any, container: Any = None, **fields: Any) -> Any:
    """Run a container beside the main one of `task`; it ends when the main container has ended.

    A model, a dict or YAML text, or its fields by name.
    https://argo-workflows.readthedocs.io/en/latest/walk-through/sidecars/

    Example:
        argo.sidecar(train(rate=0.1), client.V1Container(name="cache", image="redis:7"))

    Returns `task`.
    """
    return _add(task, "argo.sidecar", "sidecars", container, fields)


def _add(task: Any, power: str, kind: str, container: Any, fields: dict[str, Any]) -> Any:
    bind = binder_of(task)
    found = typed_object(container, _USER_CONTAINER, "a container", bind) if container is not None else {}
    found.update(named_fields(fields, _USER_CONTAINER, bind))
    return add_to_template(task, power, {kind: [found]})
