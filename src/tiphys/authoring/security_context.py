"""`argo.security_context`, `argo.pod_security_context`: users, groups, capabilities."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_object
from tiphys.authoring.settings import add_to_container, add_to_template, binder_of


def security_context(task: Any, context: Any) -> Any:
    """Set the security context of the main container of `task`: user, capabilities, read-only root and so on.

    https://kubernetes.io/docs/tasks/configure-pod-container/security-context/

    Example:
        context = client.V1SecurityContext(run_as_user=1000, capabilities=client.V1Capabilities(drop=["ALL"]))
        argo.security_context(train(rate=0.1), context)

    Returns `task`.
    """
    found = typed_object(context, "v1.SecurityContext", "a security context", binder_of(task))
    return add_to_container(task, "argo.security_context", {"securityContext": found})


def pod_security_context(task: Any, context: Any) -> Any:
    """Set the security context of the whole pod of `task`: groups of volumes, system controls and so on.

    https://kubernetes.io/docs/tasks/configure-pod-container/security-context/

    Example:
        argo.pod_security_context(train(rate=0.1), {"fsGroup": 2000, "runAsNonRoot": True})

    Returns `task`.
    """
    found = typed_object(context, "v1.PodSecurityContext", "a pod security context", binder_of(task))
    return add_to_template(task, "argo.pod_security_context", {"securityContext": found})
