"""The fields of Argo's types that authors set, each with the form of its value.

`object` and `list` may be given as YAML text; `scalar` is taken as it is. From Argo 4.1's schema.
"""

from __future__ import annotations

from typing import Any, Final

from tiphys.authoring.kubernetes_objects import Binder, camel, no_channels, plain, yaml_text
from tiphys.authoring.settings import check_choice

TEMPLATE: Final[dict[str, str]] = {
    "activeDeadlineSeconds": "scalar",
    "affinity": "object",
    "annotations": "object",
    "archiveLocation": "object",
    "automountServiceAccountToken": "scalar",
    "container": "object",
    "containerSet": "object",
    "daemon": "scalar",
    "dag": "object",
    "data": "object",
    "executor": "object",
    "failFast": "scalar",
    "hostAliases": "list",
    "http": "object",
    "initContainers": "list",
    "inputs": "object",
    "memoize": "object",
    "metadata": "object",
    "metrics": "object",
    "name": "scalar",
    "nodeSelector": "object",
    "outputs": "object",
    "parallelism": "scalar",
    "pendingTimeout": "scalar",
    "plugin": "object",
    "podResources": "object",
    "podSpecPatch": "scalar",
    "priorityClassName": "scalar",
    "resource": "object",
    "resourceClaims": "list",
    "retryStrategy": "object",
    "schedulerName": "scalar",
    "script": "object",
    "securityContext": "object",
    "serviceAccountName": "scalar",
    "sidecars": "list",
    "steps": "list",
    "suspend": "object",
    "synchronization": "object",
    "timeout": "scalar",
    "tolerations": "list",
    "volumes": "list",
}

WORKFLOW: Final[dict[str, str]] = {
    "activeDeadlineSeconds": "scalar",
    "affinity": "object",
    "archiveLogs": "scalar",
    "arguments": "object",
    "artifactGC": "object",
    "artifactRepositoryRef": "object",
    "automountServiceAccountToken": "scalar",
    "dnsConfig": "object",
    "dnsPolicy": "scalar",
    "entrypoint": "scalar",
    "executor": "object",
    "executorPlugins": "list",
    "hooks": "object",
    "hostAliases": "list",
    "hostNetwork": "scalar",
    "imagePullSecrets": "list",
    "metrics": "object",
    "nodeSelector": "object",
    "onExit": "scalar",
    "parallelism": "scalar",
    "podDisruptionBudget": "object",
    "podGC": "object",
    "podMetadata": "object",
    "podPriorityClassName": "scalar",
    "podResources": "object",
    "podSpecPatch": "scalar",
    "priority": "scalar",
    "resourceClaims": "list",
    "retryStrategy": "object",
    "schedulerName": "scalar",
    "securityContext": "object",
    "serviceAccountName": "scalar",
    "shutdown": "scalar",
    "suspend": "scalar",
    "synchronization": "object",
    "templateDefaults": "object",
    "templates": "list",
    "tolerations": "list",
    "ttlStrategy": "object",
    "volumeClaimGC": "object",
    "volumeClaimTemplates": "list",
    "volumes": "list",
    "workflowMetadata": "object",
    "workflowTemplateRef": "object",
}

TASK: Final[dict[str, str]] = {
    "arguments": "object",
    "continueOn": "object",
    "dependencies": "list",
    "depends": "scalar",
    "hooks": "object",
    "inline": "object",
    "name": "scalar",
    "onExit": "scalar",
    "template": "scalar",
    "templateRef": "object",
    "when": "scalar",
    "withItems": "list",
    "withParam": "scalar",
    "withSequence": "object",
}


def named_fields(given: dict[str, Any], known: dict[str, str], bind: Binder = no_channels) -> dict[str, Any]:
    """Keyword arguments as fields of one of Argo's types: names as Argo spells them, values as plain data."""
    found = {}
    for name, value in given.items():
        field = check_choice(camel(name), known, "field")
        if known[field] != "scalar" and isinstance(value, str):
            value = yaml_text(value, f"`{field}`")
        found[field] = plain(value, bind)
    return found
