"""Where artifacts lie that name no place: the artifact repository of a run, and what templates get of it.

https://github.com/argoproj/argo-workflows/blob/main/workflow/artifactrepositories/artifactrepositories.go
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from tiphys.engine import artifact_places
from tiphys.engine.environment import Environment
from tiphys.errors import ManifestError, NodeError
from tiphys.manifest import yaml
from tiphys.messages.outputs import Json

_DEFAULT_KEY: Final = "{{workflow.name}}/{{pod.name}}"
_CONFIG_MAP: Final = "artifact-repositories"


def repository_of(environment: Environment, namespace: str, spec: Mapping[str, Json]) -> Mapping[str, Json]:
    """The repository that `artifactRepositoryRef` names if its ConfigMap is known, else the default one."""
    reference = spec.get("artifactRepositoryRef")
    if reference is None:
        return environment.artifact_repository
    name, key = str(reference.get("configMap") or _CONFIG_MAP), str(reference.get("key") or "")
    config_map = environment.config_map(name, namespace)
    text = config_map.data.get(key) if config_map is not None else None
    if text is None:
        return environment.artifact_repository
    try:
        return _parse(text)
    except ManifestError as error:
        raise NodeError(f"failed to unmarshall config map key {key} of {name}: {error.message}") from error


@functools.lru_cache(maxsize=16)
def _parse(text: str) -> dict[str, Json]:
    documents = yaml.load_documents(text, strict=False)
    repository = documents[0].data if documents else {}
    return repository if isinstance(repository, dict) else {}


def default_location(repository: Mapping[str, Json]) -> dict[str, Json]:
    """The place that a repository gives to artifacts that name none (ToArtifactLocation)."""
    store = artifact_places.store(repository)
    if not store:
        return {}
    settings = dict(repository[store])
    prefix = str(settings.pop("keyPrefix", "") or "")
    default = f"{prefix.rstrip('/')}/{_DEFAULT_KEY}" if prefix else _DEFAULT_KEY
    key = str(settings.pop("keyFormat", "") or default)
    return artifact_places.with_key({store: settings}, key)


def archive_location(
    template: Mapping[str, Json], spec: Mapping[str, Json], repository: Mapping[str, Json]
) -> dict[str, Json] | None:
    """Where outputs go by default, if the template needs to know and does not say (addArchiveLocation)."""
    own = template.get("archiveLocation") or {}
    if artifact_places.has_location(own):
        return None
    logs = bool(repository.get("archiveLogs"))
    if not logs:
        logs = bool(spec.get("archiveLogs"))
        if own.get("archiveLogs") is not None:
            logs = bool(own["archiveLogs"])
    source = ((template.get("data") or {}).get("source") or {}).get("artifactPaths")
    artifacts = [
        *((template.get("inputs") or {}).get("artifacts") or ()),
        *((template.get("outputs") or {}).get("artifacts") or ()),
        *([source] if source is not None else ()),
    ]
    if not logs and all(artifact_places.has_location(each) for each in artifacts):
        return None
    return {"archiveLogs": logs, **default_location(repository)}


def check_plugins(
    template: Mapping[str, Json], repository: Mapping[str, Json], drivers: frozenset[str]
) -> None:
    """Raise `NodeError` when an output artifact needs a plugin that is not there."""
    fallback = _plugin(template.get("archiveLocation") or {}) or _plugin(repository)
    for artifact in (template.get("outputs") or {}).get("artifacts") or ():
        name = _plugin(artifact) or fallback
        if name and name not in drivers:
            raise NodeError(f"artifact driver {name} not found")


def _plugin(place: Mapping[str, Json]) -> str:
    return str((place.get("plugin") or {}).get("name") or "")
