"""The objects of a run: what its resource templates made, kept as files in the run's directory.

Claims are folders, ConfigMaps and Secrets reach the pods that come later, snapshots are copies. All
other kinds are only kept: no controller acts on them here, and kinds that run things are refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tiphys.artifacts import trees
from tiphys.artifacts.keys import normal_key
from tiphys.errors import ArtifactError, ExecutorError, Unsupported
from tiphys.executors.volumes import claim_folder

Json = Any
Object = dict[str, Json]

RUN_THINGS: Final = frozenset(
    {"Pod", "Job", "CronJob", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"}
    | {
        "Workflow",
        "CronWorkflow",
        "PyTorchJob",
        "TFJob",
        "MPIJob",
        "SparkApplication",
        "RayJob",
        "RayCluster",
    }
)
_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one run. `config_maps` and `secrets` are what pods are given."""

    folder: Path
    claims: Path
    namespace: str
    config_maps: MutableMapping[str, Mapping[str, str]]
    secrets: MutableMapping[str, Mapping[str, str]]

    def load(self) -> None:
        """Let pods see what an earlier driver of the run made."""
        for path in sorted(self.folder.glob("*/*.json")):
            self._show(json.loads(path.read_bytes()))

    def get(self, kind: str, name: str) -> Object | None:
        """An object, if it exists."""
        path = self._path(kind, name)
        found: Object | None = json.loads(path.read_bytes()) if path.exists() else None
        return found

    def put(self, given: Mapping[str, Json], *, maker: str) -> Object:
        """Keep an object, new or changed; `maker` is the pod that makes it."""
        made: Object = json.loads(json.dumps(given))
        kind = str(made.get("kind") or "")
        if kind in RUN_THINGS:
            raise Unsupported(
                f"no controller on this machine would act on a {kind}",
                remedy="run it as a template of the workflow, or run the workflow on a cluster",
            )
        metadata = made.setdefault("metadata", {})
        metadata["name"] = name = name_of(made, maker)
        if not kind or not name:
            raise ExecutorError("Kind and name are both required but at least one of them is missing from the manifest")
        metadata.setdefault("namespace", self.namespace)
        metadata.setdefault("uid", hashlib.sha256(f"{kind}/{name}/{maker}".encode()).hexdigest()[:32])
        metadata.setdefault("annotations", {})["tiphys.io/made-by"] = maker
        self._make_real(made)
        self._write(self._path(kind, name), made)
        self._show(made)
        return made

    def remove(self, kind: str, name: str) -> bool:
        """Remove an object; False if it does not exist."""
        found = self.get(kind, name)
        if found is None:
            return False
        if kind == "PersistentVolumeClaim":
            trees.remove(claim_folder(self.claims, name))
        elif kind == "VolumeSnapshot":
            trees.remove(self._snapshot(name))
        elif kind == "ConfigMap":
            self.config_maps.pop(name, None)
        elif kind == "Secret":
            self.secrets.pop(name, None)
        self._path(kind, name).unlink()
        return True

    def _make_real(self, made: Object) -> None:
        """What a cluster's controllers would do at once."""
        kind, name, spec = made["kind"], made["metadata"]["name"], made.get("spec") or {}
        if kind == "PersistentVolumeClaim":
            folder = claim_folder(self.claims, name)
            source = spec.get("dataSource") or {}
            if source and not any(folder.iterdir()):
                self._fill(folder, str(source.get("kind", "")), str(source.get("name", "")))
            storage = ((spec.get("resources") or {}).get("requests") or {}).get("storage")
            modes = spec.get("accessModes") or []
            made["status"] = {"phase": "Bound", "accessModes": modes, "capacity": {"storage": storage}}
        elif kind == "VolumeSnapshot":
            source_spec = spec.get("source") or {}
            claim = str(source_spec.get("persistentVolumeClaimName") or source_spec.get("name") or "")
            target = self._snapshot(name)
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                trees.copy_tree(claim_folder(self.claims, claim), target)
            made["status"] = {"readyToUse": True, "restoreSize": None}

    def _fill(self, folder: Path, kind: str, name: str) -> None:
        source = self._snapshot(name) if kind == "VolumeSnapshot" else claim_folder(self.claims, name)
        if not source.exists():
            raise ExecutorError(f"{kind} {name} does not exist")
        folder.rmdir()
        trees.copy_tree(source, folder)

    def _snapshot(self, name: str) -> Path:
        return self.claims / "snapshots.tiphys" / _checked(name)

    def _show(self, made: Mapping[str, Json]) -> None:
        name = str(made["metadata"]["name"])
        if made["kind"] == "ConfigMap":
            self.config_maps[name] = {key: str(value) for key, value in (made.get("data") or {}).items()}
        elif made["kind"] == "Secret":
            plain = {
                key: base64.b64decode(str(value)).decode("utf-8", "surrogateescape")
                for key, value in (made.get("data") or {}).items()
            }
            self.secrets[name] = plain | {k: str(v) for k, v in (made.get("stringData") or {}).items()}

    def _path(self, kind: str, name: str) -> Path:
        return self.folder / _checked(kind.lower()) / f"{_checked(name)}.json"

    def _write(self, path: Path, made: Object) -> None:
        for folder in (self.folder, path.parent):
            folder.mkdir(exist_ok=True, mode=0o700)
        fresh = path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(fresh, flags, 0o600), "w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        trees.sync_folder(path.parent)


def name_of(given: Mapping[str, Json], maker: str) -> str:
    """The name of an object; one that is generated is always the same for one maker."""
    metadata = given.get("metadata") or {}
    if metadata.get("name"):
        return str(metadata["name"])
    if not metadata.get("generateName"):
        return ""
    number = int.from_bytes(hashlib.sha256(maker.encode()).digest()[:8])
    letters = [_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(5)]
    return f"{metadata['generateName']}{''.join(letters)}"


def _checked(name: str) -> str:
    try:
        if normal_key(name) != name or "/" in name:
            raise ExecutorError(f"{name[:80]!r} is not the name of an object")
    except ArtifactError as error:
        raise ExecutorError(f"{name[:80]!r} is not the name of an object") from error
    return name
