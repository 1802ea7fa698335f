"""`argo.service_account`: as whom a pod speaks to Kubernetes."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.kubernetes_objects import plain
from tiphys.authoring.settings import add_to_template, binder_of


def service_account(task: Any, name: Any, *, mount_token: bool | None = None) -> Any:
    """Run the pod of `task` under a service account; `mount_token=False` keeps its token out of the pod.

    The account needs the rights that Argo's executor needs.
    https://argo-workflows.readthedocs.io/en/latest/service-accounts/

    Example:
        argo.service_account(train(rate=0.1), "trainer")

    Returns `task`.
    """
    fields: dict[str, Any] = {"serviceAccountName": plain(name, binder_of(task))}
    if mount_token is not None:
        fields["automountServiceAccountToken"] = mount_token
    return add_to_template(task, "argo.service_account", fields)
