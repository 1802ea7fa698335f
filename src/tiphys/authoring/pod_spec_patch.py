"""`argo.pod_spec_patch`: any field of the pod."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_object
from tiphys.authoring.settings import add_to_pod_spec, binder_of
from tiphys.manifest.fields import POD_SPEC


def pod_spec_patch(task: Any, patch: Any) -> Any:
    """Lay a patch over the pod of `task` when it is made: what neither Argo nor this module has a word for.

    The main container is called `main`. Calls add up.
    https://argo-workflows.readthedocs.io/en/latest/fields/#template

    Example:
        argo.pod_spec_patch(train(rate=0.1), {"shareProcessNamespace": True, "hostname": "trainer"})

    Returns `task`.
    """
    found = typed_object(patch, POD_SPEC, "argo.pod_spec_patch", binder_of(task))
    return add_to_pod_spec(task, "argo.pod_spec_patch", found)
