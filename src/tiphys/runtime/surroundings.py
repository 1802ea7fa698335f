"""What lies around a run: the objects given with it, the folders of the state, the caches.

Documents beside the Workflow (templates, ConfigMaps, Secrets, claims) are part of the run: they are
stored with it, so that it goes on the same after a restart.
"""

from __future__ import annotations

import base64
import binascii
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from tiphys.artifacts.locations import LOCAL_REPOSITORY
from tiphys.engine.environment import CONFIG_MAP_TYPE_LABEL, ConfigMap, Environment
from tiphys.errors import BadInput
from tiphys.executors.port import Surroundings
from tiphys.executors.volumes import claim_folder
from tiphys.settings import Settings
from tiphys.store.port import Store

Json = Any
Document = Mapping[str, Json]

_TEMPLATES: Final = ("WorkflowTemplate", "ClusterWorkflowTemplate")
_KNOWN: Final = ("Workflow", *_TEMPLATES, "ConfigMap", "Secret", "PersistentVolumeClaim")


def environment(documents: Iterable[Document], settings: Settings, store: Store) -> Environment:
    """What the machine reads: templates, ConfigMaps, caches, the artifact repository."""
    made = Environment(namespace=settings.namespace, artifact_repository=dict(LOCAL_REPOSITORY))
    for document in documents:
        made.add(dict(document))
    for row in store.caches(settings.namespace):
        place = (row.namespace, row.cache)
        if place not in made.config_maps:
            labels = {CONFIG_MAP_TYPE_LABEL: "Cache"}
            made.config_maps[place] = ConfigMap(row.cache, row.namespace, {}, labels)
        made.config_maps[place].data[row.key] = bytes(row.entry).decode()
    return made


def surroundings(documents: Iterable[Document], settings: Settings) -> Surroundings:
    """What pods are given."""
    config_maps: dict[str, Mapping[str, str]] = {}
    secrets: dict[str, Mapping[str, str]] = {}
    for document in documents:
        name = str((document.get("metadata") or {}).get("name", ""))
        if document.get("kind") == "ConfigMap":
            config_maps[name] = _config_map(document)
        elif document.get("kind") == "Secret":
            secrets[name] = _secret(document)
    return Surroundings(
        namespace=settings.namespace,
        artifacts=artifacts_folder(settings),
        claims=settings.state_dir / "volumes",
        environ=dict(os.environ),
        config_maps=config_maps,
        secrets=secrets,
        remote=(sys.executable, "-m", "tiphys.artifacts.remote"),
    )


def artifacts_folder(settings: Settings) -> Path:
    """Where the artifacts of local runs lie."""
    root = settings.artifact_root
    return Path(root) if root and "://" not in root else settings.state_dir / "artifacts"


def check_documents(documents: Iterable[Document]) -> None:
    """Refuse what a local run could not honour: a document of a kind that nobody here reads."""
    for document in documents:
        kind = str(document.get("kind", ""))
        if kind not in _KNOWN:
            raise BadInput(
                f"a document of kind {kind or '(none)'} cannot be part of a run",
                remedy=f"known kinds: {', '.join(_KNOWN)}",
            )


def _config_map(document: Document) -> dict[str, str]:
    values = {str(key): str(value) for key, value in (document.get("data") or {}).items()}
    return values | {key: _decoded(value) for key, value in (document.get("binaryData") or {}).items()}


def _secret(document: Document) -> dict[str, str]:
    values = {str(key): _decoded(value) for key, value in (document.get("data") or {}).items()}
    return values | {str(key): str(value) for key, value in (document.get("stringData") or {}).items()}


def _decoded(text: Json) -> str:
    try:
        return base64.b64decode(str(text), validate=True).decode("utf-8", "surrogateescape")
    except binascii.Error as error:
        raise BadInput("a value of a Secret is not base64", remedy="use stringData for plain texts") from error


@dataclass(frozen=True, slots=True)
class ClaimFolders:
    """Volume claims as folders."""

    claims: Path

    def create(self, claim: Mapping[str, Json]) -> None:
        """Make the folder of a claim."""
        claim_folder(self.claims, str((claim.get("metadata") or {}).get("name", "")))

    def delete(self, name: str) -> None:
        """Remove a claim and what is in it."""
        shutil.rmtree(claim_folder(self.claims, name), ignore_errors=True)


def encode_documents(documents: Iterable[Document]) -> bytes:
    """The documents of a run, as they are stored."""
    return msgspec.json.encode(list(documents))
