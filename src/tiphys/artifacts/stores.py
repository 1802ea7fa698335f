"""Loading and saving artifacts of all kinds: the port that the task side uses.

`load` gives what an Argo pod would find at the artifact's path; `save` gives the artifact as argoexec
would report it, with its key. S3, GCS, Azure and OSS are done by `tiphys.artifacts.remote`, run in the
engine's own Python, since the task's may lack the libraries.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tiphys.artifacts import archives, git, http, trees
from tiphys.artifacts.folder import Folder, NoSuchArtifact, Saved
from tiphys.artifacts.locations import (
    Artifact,
    archive_of,
    file_name,
    is_local,
    is_supplied,
    key_of,
    kind_of,
    relocated,
    with_key,
)
from tiphys.errors import ArtifactError

Secrets = Mapping[str, Mapping[str, str]]

REMOTE_KINDS: Final = frozenset({"s3", "gcs", "azure", "oss", "hdfs"})
NOT_FOUND: Final = 44
"""The exit status of `tiphys.artifacts.remote` for an artifact that does not exist."""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where the artifacts of one pod come from and go to.

    `remote` is the command that runs `tiphys.artifacts.remote`; `secrets` those that locations name.
    """

    folder: Folder
    archive_location: Artifact | None = None
    secrets: Secrets = field(default_factory=dict)
    remote: Sequence[str] = ()

    def load(self, artifact: Artifact, target: Path) -> bool:
        """Put an input artifact at `target`; False for an optional one that does not exist."""
        name, optional = artifact.get("name", ""), bool(artifact.get("optional"))
        if not is_supplied(artifact):
            if optional:
                return False
            raise ArtifactError(f"required artifact '{name}' not supplied")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._fetch(relocated(artifact, self.archive_location), target)
        except NoSuchArtifact as error:
            if optional:
                return False
            raise ArtifactError(f"artifact {name} failed to load: {error}") from error
        except (ArtifactError, OSError) as error:
            raise ArtifactError(f"artifact {name} failed to load: {error}") from error
        _set_mode(artifact, target)
        return True

    def save(self, source: Path, artifact: Artifact, token: str, *, keep: bool) -> tuple[dict[str, Any], Saved]:
        """Save an output artifact; gives it back with its key, and where it lies."""
        reported = with_key(artifact, self.archive_location)
        place = relocated(reported, self.archive_location)
        archive = archive_of(artifact) or "tar"
        if is_local(place):
            return reported, self.folder.save(source, key_of(place), archive, token=token, keep=keep)
        trees.check_tree(source)
        digest, size = trees.digest(source)
        self._send(source, place, archive)
        return reported, Saved(key_of(place), "", digest, size)

    def _fetch(self, place: Artifact, target: Path) -> None:
        if is_local(place):
            self.folder.load(key_of(place), target, archive_of(place))
            return
        fresh = target.with_name(target.name + ".tmp")
        trees.remove(fresh)
        kind = kind_of(place)
        settings = place[kind]
        if kind == "raw":
            fresh.write_text(str(settings.get("data", "")), "utf-8")
        elif kind in ("http", "artifactory"):
            http.fetch(str(settings["url"]), fresh, self._headers(place))
        elif kind == "git":
            username = self._secret(settings.get("usernameSecret"))
            git.clone(settings, fresh, self._secret(settings.get("passwordSecret")), username)
        elif kind in REMOTE_KINDS:
            self._run_remote("load", place, fresh)
        else:
            raise ArtifactError(f"artifacts of kind {kind} cannot be loaded here")
        _unarchive(fresh, target, archive_of(place))

    def _send(self, source: Path, place: Artifact, archive: str) -> None:
        kind = kind_of(place)
        packed = source
        if archive != "none":
            packed = source.with_name(f"{source.name}.{file_name({'name': 'packed', 'archive': {archive: {}}})}")
            pack = archives.pack_zip if archive == "zip" else archives.pack_tar
            pack(source, packed, source.name)
        if kind in ("http", "artifactory"):
            http.put(packed, str(place[kind]["url"]), self._headers(place))
        elif kind in REMOTE_KINDS:
            self._run_remote("save", place, packed)
        else:
            raise ArtifactError(f"{kind.capitalize()} output artifacts unsupported")

    def _headers(self, place: Artifact) -> list[http.Header]:
        kind = kind_of(place)
        settings = place[kind]
        headers = [(str(each["name"]), str(each["value"])) for each in settings.get("headers") or []]
        login = settings if kind == "artifactory" else (settings.get("auth") or {}).get("basicAuth") or {}
        if login.get("usernameSecret"):
            username = self._secret(login["usernameSecret"])
            headers.append(http.basic_authorization(username, self._secret(login.get("passwordSecret"))))
        return headers

    def _secret(self, reference: Mapping[str, Any] | None) -> str:
        if not reference:
            return ""
        name, key = str(reference.get("name", "")), str(reference.get("key", ""))
        value = self.secrets.get(name, {}).get(key)
        if value is None:
            raise ArtifactError(f"secret {name} has no key {key}")
        return value

    def _run_remote(self, verb: str, place: Artifact, path: Path) -> None:
        if not self.remote:
            raise ArtifactError(f"artifacts of kind {kind_of(place)} cannot be reached from here")
        settings = place[kind_of(place)]
        names = [name for name in settings if name.endswith("Secret")]
        job = {
            "verb": verb,
            "kind": kind_of(place),
            "settings": settings,
            "secrets": {name: self._secret(settings[name]) for name in names},
            "path": str(path),
        }
        done = subprocess.run(  # noqa: S603 (our own program)
            self.remote, input=json.dumps(job), capture_output=True, text=True, check=False
        )
        if done.returncode == NOT_FOUND:
            raise NoSuchArtifact(done.stderr.strip()[-500:])
        if done.returncode:
            raise ArtifactError(done.stderr.strip()[-500:])


def _unarchive(packed: Path, target: Path, archive: str) -> None:
    try:
        if archive == "zip":
            archives.unpack_zip(packed, target)
        elif archive == "tar" or (not archive and archives.is_tarball(packed)):
            archives.unpack_tar(packed, target)
        else:
            packed.rename(target)
    finally:
        trees.remove(packed)


def _set_mode(artifact: Artifact, target: Path) -> None:
    mode = artifact.get("mode")
    if mode is None:
        return
    target.chmod(int(mode) & 0o777)
    if artifact.get("recurseMode") and target.is_dir():
        for relative, _ in trees.entries(target):
            if not (target / relative).is_symlink():
                (target / relative).chmod(int(mode) & 0o777)
