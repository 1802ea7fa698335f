"""Volumes of a pod as folders of this machine.

emptyDir and what is written out of ConfigMaps, Secrets and the downward API lie in the attempt's own
directory and go with it; claims have a folder of their own that stays.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tiphys.artifacts.keys import mapped, normal_key
from tiphys.errors import ArtifactError, ExecutorError, Unsupported
from tiphys.executors.pod.layout import Mount
from tiphys.executors.pod_environment import expanded, field_value, resource_value
from tiphys.executors.port import Attempt, Surroundings

Json = Any


_ARGOS: Final = frozenset({"var-run-argo", "argo-staging", "input-artifacts", "tmp-dir-argo", "argo-env-config"})
"""Volumes by which Argo moves files into a pod; here files are put in their places."""


def real_mounts(container: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The volume mounts of a container that are not Argo's own."""
    return [each for each in container.get("volumeMounts") or [] if each.get("name") not in _ARGOS]


class Volumes:
    """The volumes of one attempt; each is made when a container first mounts it."""

    def __init__(self, attempt: Attempt, surroundings: Surroundings) -> None:
        self.attempt = attempt
        self.surroundings = surroundings
        self.declared = {str(each["name"]): each for each in attempt.start.spec.get("volumes") or []}
        self._made: dict[str, Path] = {}

    def mounts(self, container: Mapping[str, Json], environ: Mapping[str, str]) -> list[Mount]:
        """The volume mounts of a container."""
        found = []
        for mount in real_mounts(container):
            name, path = str(mount.get("name", "")), posixpath.normpath(str(mount.get("mountPath", "")))
            if not path.startswith("/"):
                raise ExecutorError(f"mount path {path!r} of volume {name} is not absolute")
            source = self._source(name)
            sub_path = expanded(str(mount.get("subPathExpr") or mount.get("subPath") or ""), environ)
            if sub_path:
                source = self._below(source, sub_path)
            found.append(Mount(path, str(source), bool(mount.get("readOnly"))))
        return found

    def _below(self, source: Path, sub_path: str) -> Path:
        try:
            place = mapped(source, normal_key(sub_path))
        except ArtifactError as error:
            raise ExecutorError(f"subPath {sub_path!r}: {error}") from error
        if not place.exists():
            place.mkdir(parents=True)
        return place

    def _source(self, name: str) -> Path:
        if name not in self._made:
            if name not in self.declared:
                raise ExecutorError(f"volume {name} is mounted but not declared")
            self._made[name] = self._make(name, self.declared[name])
        return self._made[name]

    def _make(self, name: str, volume: Mapping[str, Json]) -> Path:
        if host := volume.get("hostPath"):
            return Path(str(host.get("path", "")))
        if claim := volume.get("persistentVolumeClaim"):
            return claim_folder(self.surroundings.claims, str(claim.get("claimName", "")))
        folder = mapped(self.attempt.directory / "volumes", name)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if "emptyDir" in volume or "ephemeral" in volume:
            folder.chmod(0o777)
            return folder
        sources = (volume.get("projected") or {}).get("sources") if "projected" in volume else [volume]
        for source in sources or []:
            self._write_out(name, source, folder)
        return folder

    def _write_out(self, name: str, source: Mapping[str, Json], folder: Path) -> None:
        if (reference := source.get("configMap")) is not None:
            self._write_object("ConfigMap", self.surroundings.config_maps, reference, folder)
        elif (reference := source.get("secret")) is not None:
            self._write_object("Secret", self.surroundings.secrets, reference, folder)
        elif (reference := source.get("downwardAPI")) is not None:
            for item in reference.get("items") or []:
                _write(folder, str(item.get("path", "")), self._downward(item), item.get("mode"))
        elif set(source) - {"name"}:
            kind = next(iter(set(source) - {"name"}))
            raise Unsupported(
                f"volume {name} of kind {kind} does not exist on this machine",
                remedy="use an emptyDir, a persistentVolumeClaim or a hostPath, or run on a cluster",
            )

    def _write_object(
        self,
        kind: str,
        objects: Mapping[str, Mapping[str, str]],
        reference: Mapping[str, Json],
        folder: Path,
    ) -> None:
        name = str(reference.get("name") or reference.get("secretName") or "")
        found = objects.get(name)
        if found is None:
            if reference.get("optional"):
                return
            raise ExecutorError(
                f"{kind} {name} does not exist",
                remedy=f"add the {kind} to the manifest as a further document",
            )
        items: Sequence[Mapping[str, Json]] = reference.get("items") or [{"key": key, "path": key} for key in found]
        for item in items:
            value = found.get(str(item.get("key", "")))
            if value is None and not reference.get("optional"):
                raise ExecutorError(f"{kind} {name} has no key {item.get('key')}")
            if value is not None:
                mode = item.get("mode") or reference.get("defaultMode")
                _write(folder, str(item.get("path", "")), value, mode)

    def _downward(self, item: Mapping[str, Json]) -> str:
        if reference := item.get("fieldRef"):
            return field_value(str(reference.get("fieldPath", "")), self.attempt, self.surroundings)
        wanted = item.get("resourceFieldRef") or {}
        start = self.attempt.start
        for container in (*start.containers, *start.init_containers):
            if container.get("name") == wanted.get("containerName"):
                return resource_value(wanted, container)
        return ""


def claim_folder(claims: Path, name: str) -> Path:
    """The folder of a volume claim; made on first use."""
    try:
        folder = claims / normal_key(name)
    except ArtifactError as error:
        raise ExecutorError(f"claim {name!r}: {error}") from error
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _write(folder: Path, path: str, text: str, mode: Json) -> None:
    try:
        place = mapped(folder, normal_key(path))
    except ArtifactError as error:
        raise ExecutorError(f"path {path!r} of a volume: {error}") from error
    place.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(place, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    if mode is not None:
        place.chmod(int(mode) & 0o700)
