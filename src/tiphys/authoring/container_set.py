"""`argo.container_set`: several containers in one pod, with an order among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.authoring.fields import typed_objects
from tiphys.authoring.settings import add_to_template, binder_of
from tiphys.authoring.steps import new_step


def container_set(
    name: str,
    *containers: Any,
    mounts: list[Any] | None = None,
    volumes: list[Any] | None = None,
    outputs: Mapping[str, str] | None = None,
    retries: int = 0,
) -> Any:
    """Make a task whose pod runs several containers; each names the `dependencies` that must end before.

    They share `volumes`, mounted in all by `mounts`. `outputs` maps names to files of the container `main`.
    https://argo-workflows.readthedocs.io/en/latest/container-set-template/

    Example:
        made = argo.container_set(
            "build",
            {"name": "fetch", "image": "busybox:1.36", "command": ["sh", "-c", "echo 1 > /work/n"]},
            {
                "name": "main",
                "image": "busybox:1.36",
                "command": ["sh", "-c", "cat /work/n > /work/out"],
                "dependencies": ["fetch"],
            },
            volumes=[{"name": "work", "emptyDir": {}}],
            mounts=[{"name": "work", "mountPath": "/work"}],
            outputs={"n": "/work/out"},
        )
        clean(text=made.outputs["n"])

    Returns the task.
    """
    found = {output: {"path": file} for output, file in (outputs or {}).items()}
    task = new_step(name, "argo.container_set", {}, found)
    bind = binder_of(task)
    fields: dict[str, Any] = {"containers": typed_objects(containers, "v1alpha1.ContainerNode", "a container", bind)}
    if mounts:
        fields["volumeMounts"] = typed_objects(mounts, "v1.VolumeMount", "a mount", bind)
    if retries:
        fields["retryStrategy"] = {"retries": str(retries)}
    said: dict[str, Any] = {"containerSet": fields}
    if volumes:
        said["volumes"] = typed_objects(volumes, "v1.Volume", "a volume", bind)
    return add_to_template(task, "argo.container_set", said)
