"""`argo.volume`, `argo.mount`: volumes of a pod and where they are mounted."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import named_fields, typed_object
from tiphys.authoring.settings import add_to_container, add_to_template, binder_of


def volume(task: Any, volume: Any, path: Any = None, *, read_only: bool = False, sub_path: Any = None) -> Any:
    """Give the pod of `task` a volume, and mount it in the main container if `path` says where.

    Any kind: emptyDir, persistentVolumeClaim, configMap, secret, hostPath, NFS, CSI, projected, ephemeral.
    Init containers and sidecars of the same pod mount it by its name.
    https://kubernetes.io/docs/concepts/storage/volumes/

    Example:
        trained = train(rate=0.1)
        argo.volume(trained, {"name": "shared", "emptyDir": {}}, "/shared")
        argo.init_container(
            trained,
            name="fetch",
            image="busybox:1.36",
            command=["touch", "/in/ready"],
            volumeMounts=[{"name": "shared", "mountPath": "/in"}],
        )

    Returns `task`.
    """
    found = typed_object(volume, "v1.Volume", "a volume", binder_of(task))
    add_to_template(task, "argo.volume", {"volumes": [found]})
    if path is not None:
        mount(task, found.get("name"), path, read_only=read_only, sub_path=sub_path)
    return task


def mount(task: Any, name: Any, path: Any, *, read_only: bool = False, sub_path: Any = None, **fields: Any) -> Any:
    """Mount a volume of the pod or of the run (`argo.workflow(volumes=...)`) in the main container of `task`.

    Example:
        argo.workflow(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}])
        argo.mount(train(rate=0.1), "data", "/data", read_only=True)

    Returns `task`.
    """
    given: dict[str, Any] = {"name": name, "mountPath": path, **fields}
    if read_only:
        given["readOnly"] = True
    if sub_path is not None:
        given["subPath"] = sub_path
    found = named_fields(given, "v1.VolumeMount", binder_of(task))
    return add_to_container(task, "argo.mount", {"volumeMounts": [found]})
