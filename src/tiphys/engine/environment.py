"""What lies outside a run and is read while it runs: templates, ConfigMaps, locks, caches, defaults.

Plain data in memory. The driver fills it and may share one `Environment` between runs of a namespace,
so that locks and caches hold across runs; the engine reads it synchronously and changes only `locks`
and the caches (ConfigMaps of type Cache), saying so by decisions (`SaveCache`).
"""

from __future__ import annotations

from typing import Final

import msgspec

from tiphys.engine.locks import LockTable
from tiphys.messages.outputs import Json

CONFIG_MAP_TYPE_LABEL: Final = "workflows.argoproj.io/configmap-type"


class ConfigMap(msgspec.Struct, omit_defaults=True):
    """A ConfigMap: values by key, and the labels that say what it may be used for."""

    name: str
    namespace: str = "default"
    data: dict[str, str] = {}
    labels: dict[str, str] = {}


class Environment:
    """Everything a `Machine` reads that is not the run itself.

    Workflow templates are manifests by name (those of other namespaces are not visible to a run).
    `artifact_repository` is Argo's ArtifactRepository: `{"s3": {..., "keyFormat": ...}}`;
    `artifact_plugins` names the artifact drivers that are installed.
    `workflow_defaults` is a Workflow (metadata and spec) merged below every workflow.
    `executor_image` and `executor_options` are those of Argo's own containers in pods of resource and
    data templates.
    """

    def __init__(
        self,
        *,
        namespace: str = "default",
        workflow_templates: dict[str, dict[str, Json]] | None = None,
        cluster_workflow_templates: dict[str, dict[str, Json]] | None = None,
        config_maps: list[ConfigMap] | None = None,
        artifact_repository: dict[str, Json] | None = None,
        workflow_defaults: dict[str, Json] | None = None,
        executor_image: str = "quay.io/argoproj/argoexec:v4.1.2",
        executor_options: tuple[str, ...] = (),
        artifact_plugins: frozenset[str] = frozenset(),
    ) -> None:
        self.namespace = namespace
        self.workflow_templates = workflow_templates or {}
        self.cluster_workflow_templates = cluster_workflow_templates or {}
        self.config_maps = {(each.namespace, each.name): each for each in config_maps or []}
        self.artifact_repository = artifact_repository or {}
        self.workflow_defaults = workflow_defaults or {}
        self.executor_image = executor_image
        self.executor_options = executor_options
        self.artifact_plugins = artifact_plugins
        self.locks = LockTable(self.semaphore_limit)

    def add(self, manifest: dict[str, Json]) -> None:
        """Take in a WorkflowTemplate, ClusterWorkflowTemplate or ConfigMap; other kinds are no concern."""
        metadata = manifest.get("metadata") or {}
        name = str(metadata.get("name", ""))
        match manifest.get("kind"):
            case "WorkflowTemplate":
                self.workflow_templates[name] = manifest
            case "ClusterWorkflowTemplate":
                self.cluster_workflow_templates[name] = manifest
            case "ConfigMap":
                namespace = str(metadata.get("namespace") or self.namespace)
                data = {str(key): str(value) for key, value in (manifest.get("data") or {}).items()}
                labels = {str(key): str(value) for key, value in (metadata.get("labels") or {}).items()}
                self.config_maps[namespace, name] = ConfigMap(name, namespace, data, labels)
            case _:
                pass

    def config_map(self, name: str, namespace: str = "") -> ConfigMap | None:
        """The ConfigMap of that name, or None."""
        return self.config_maps.get((namespace or self.namespace, name))

    def semaphore_limit(self, namespace: str, config_map: str, key: str) -> int | None:
        """How many may hold the semaphore, or None when the ConfigMap does not say."""
        found = self.config_map(config_map, namespace)
        text = found.data.get(key) if found else None
        if text is None or not _is_go_int(text):
            return None
        return int(text)


def _is_go_int(text: str) -> bool:
    digits = text[1:] if text[:1] in {"+", "-"} else text
    return digits.isascii() and digits.isdigit()
