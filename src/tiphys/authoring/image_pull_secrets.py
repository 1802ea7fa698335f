"""`argo.image_pull_secrets`: with which secrets images are pulled."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_objects
from tiphys.authoring.settings import add_to_pod_spec, binder_of


def image_pull_secrets(task: Any, *secrets: Any) -> Any:
    """Pull the images of the pod of `task` with these secrets: names, or references. Calls add up.

    For all pods of the run: `argo.workflow(imagePullSecrets=[{"name": "registry"}])`.
    https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/

    Example:
        argo.image_pull_secrets(train(rate=0.1), "registry")

    Returns `task`.
    """
    references = [{"name": each} if isinstance(each, str) else each for each in secrets]
    found = typed_objects(references, "v1.LocalObjectReference", "a pull secret", binder_of(task))
    return add_to_pod_spec(task, "argo.image_pull_secrets", {"imagePullSecrets": found})
