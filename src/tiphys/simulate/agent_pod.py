"""The pod in which Argo does HTTP and plugin tasks, as the records hold it.

We do such tasks without a pod; only the replay of records needs to know what Argo would create.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/agent.go
"""

from __future__ import annotations

from typing import Any, Final

from tiphys.engine.naming import node_id
from tiphys.engine.run import Run

_UNPRIVILEGED: Final = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "runAsUser": 8737,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_TOKEN: Final = "kube-api-access"  # noqa: S105 - the name of a volume; Argo appends five random letters


def agent_pod_name(run: Run) -> str:
    """The name of the run's agent pod."""
    return f"{node_id(run.name, 'agent')}-agent"


def agent_pod_record(run: Run) -> dict[str, Any]:
    """The agent pod of this run: the sidecars of its plugins and the agent itself."""
    spec = run.stored_spec
    plugins = [
        plugin["spec"]["sidecar"]["container"]
        for plugin in spec.get("executorPlugins") or []
        if ((plugin.get("spec") or {}).get("sidecar") or {}).get("container")
    ]
    account = spec.get("serviceAccountName") or "default"
    pod_spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "restartPolicy": "OnFailure",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 8737,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": _TOKEN, "secret": {"secretName": f"{account}.service-account-token"}}],
    }
    if spec.get("serviceAccountName"):
        pod_spec["serviceAccountName"] = spec["serviceAccountName"]
    return {
        "podName": agent_pod_name(run),
        "containers": [*plugins, _agent_container()],
        "initContainers": [{"name": "init"}],
        "spec": pod_spec,
    }


def _agent_container() -> dict[str, Any]:
    mount = {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": _TOKEN, "readOnly": True}
    return {
        "args": ["agent", "main", "--loglevel", "warn", "--log-format", "text", "--gloglevel", ""],
        "command": ["argoexec"],
        "image": "quay.io/argoproj/argoexec:v0.0.0",
        "name": "main",
        "resources": {
            "limits": {"cpu": "100m", "memory": "256M"},
            "requests": {"cpu": "10m", "memory": "64M"},
        },
        "securityContext": _UNPRIVILEGED,
        "volumeMounts": [mount],
    }
