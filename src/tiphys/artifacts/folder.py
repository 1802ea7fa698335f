"""Artifacts in a folder: the store of local runs.

What was saved lies unpacked at its key, whatever archive strategy it was saved with; a description
beside it remembers the strategy, so that a later load sees what it would see on Argo. A save is
complete or not there at all. A load gives a private copy: no consumer can change the producer's.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tiphys.artifacts import archives, trees
from tiphys.artifacts.keys import RESERVED, normal_key, path_below
from tiphys.errors import ArtifactError
from tiphys.failpoints import failpoint

ARCHIVES: Final = ("none", "tar", "zip")


class NoSuchArtifact(ArtifactError):
    """Nothing lies at the key."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved: where, its digest, and how many bytes of content."""

    key: str
    path: str
    digest: str
    size: int


class Folder:
    """A folder of artifacts by key."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / RESERVED / "incoming"
        self._described = root / RESERVED / "descriptions"

    def save(self, source: Path, key: str, archive: str = "tar", *, token: str, keep: bool = False) -> Saved:
        """Take over a file or folder; with `keep` the source stays and a copy is taken.

        `token` names the attempt that saves, so that what a killed attempt left behind is swept.
        """
        key = normal_key(key)
        target = path_below(self.root, key)
        trees.check_tree(source)
        incoming = self._fresh(token)
        if keep or not _renamed(source, incoming):
            trees.copy_tree(source, incoming)
        failpoint("artifact.copied")
        if archive == "none":
            _as_objects(incoming)
        trees.close_up(incoming)
        digest, size = trees.digest(incoming)
        trees.make_durable(incoming)
        _make_folder(target.parent)
        if archive == "none" and incoming.is_dir() and target.is_dir():
            self._merge(incoming, target, key)
        else:
            self._describe(key, archive, digest, size)
            failpoint("artifact.described")
            _replace(incoming, target)
        trees.sync_folder(target.parent)
        self.sweep(token)
        failpoint("artifact.published")
        return Saved(key, str(target), digest, size)

    def load(self, key: str, target: Path, archive: str = "") -> None:
        """Put a private copy at `target`, as an Argo pod with this archive strategy would find it."""
        key = normal_key(key)
        source = path_below(self.root, key)
        if not (source.exists() or source.is_symlink()):
            raise NoSuchArtifact(f"no artifact at key {key}")
        target.parent.mkdir(parents=True, exist_ok=True)
        stored = self.description(key).get("archive", "none")
        if stored == "none":
            self._load_object(source, key, target, archive)
        elif archive == stored or (archive == "" and stored == "tar"):
            trees.copy_tree(source, target)
        else:
            packed = target if archive in ("none", "") else target.with_name(target.name + ".packed")
            _pack(source, packed, stored, key)
            if packed is not target:
                _open_archive(packed, target, archive)

    def _load_object(self, source: Path, key: str, target: Path, archive: str) -> None:
        if archive in ("tar", "zip") or (archive == "" and archives.is_tarball(source)):
            _open_archive(source, target, archive or "tar", keep=True)
            return
        trees.copy_tree(source, target)
        if source.is_dir():
            self._pack_inside(key, target)

    def _pack_inside(self, key: str, copy: Path) -> None:
        """Below a key prefix, what was saved as an archive is seen as one."""
        described = self._described / key
        if not described.is_dir():
            return
        for relative, status in list(trees.entries(described)):
            if not (stat.S_ISREG(status.st_mode) and relative.endswith(RESERVED)):
                continue
            below = relative.removesuffix(RESERVED)
            stored = self.description(f"{key}/{below}").get("archive", "none")
            if stored != "none" and (copy / below).exists():
                packed = copy.with_name(copy.name + ".packed")
                _pack(self.root / key / below, packed, stored, below)
                trees.remove(copy / below)
                packed.rename(copy / below)

    def delete(self, key: str) -> None:
        """Remove what lies at a key, if anything does."""
        key = normal_key(key)
        trees.remove(path_below(self.root, key))
        trees.remove(self._description_path(key))
        trees.remove(self._described / key)

    def exists(self, key: str) -> bool:
        """Whether anything lies at a key."""
        return path_below(self.root, normal_key(key)).exists()

    def path(self, key: str) -> Path:
        """Where a key lies, or will lie."""
        return path_below(self.root, normal_key(key))

    def description(self, key: str) -> Mapping[str, Any]:
        """How the artifact at a key was saved; empty for a file that was put there by hand."""
        try:
            text = self._description_path(normal_key(key)).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return {}
        try:
            found = json.loads(text)
        except ValueError as error:
            raise ArtifactError(f"the description of artifact {key} is damaged") from error
        return found if isinstance(found, dict) and found.get("archive") in ARCHIVES else {}

    def sweep(self, token: str) -> None:
        """Remove what an attempt that is over left unfinished."""
        trees.remove(self._incoming / token)

    def _fresh(self, token: str) -> Path:
        folder = self._incoming / token
        _make_folder(folder)
        target = folder / "content"
        trees.remove(target)
        return target

    def _description_path(self, key: str) -> Path:
        return self._described / f"{key}{RESERVED}"

    def _describe(self, key: str, archive: str, digest: str, size: int) -> None:
        path = self._description_path(key)
        _make_folder(path.parent)
        fresh = path.with_name(path.name + ".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(fresh, flags, 0o600), "w") as file:
            json.dump({"archive": archive, "digest": digest, "size": size}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
        trees.sync_folder(path.parent)

    def _merge(self, incoming: Path, target: Path, key: str) -> None:
        """A folder saved file by file joins what is there already, as objects under one prefix do."""
        for relative, status in trees.entries(incoming):
            place = target / relative
            if stat.S_ISDIR(status.st_mode):
                place.mkdir(exist_ok=True)
            else:
                trees.remove(self._description_path(f"{key}/{relative}"))
                _replace(incoming / relative, place)
                trees.sync_folder(place.parent)
        trees.remove(incoming)


def _make_folder(path: Path) -> None:
    """Make a folder and those above it, all private: `parents=True` would leave them to the umask."""
    if not path.is_dir():
        _make_folder(path.parent)
        path.mkdir(exist_ok=True, mode=0o700)


def _renamed(source: Path, target: Path) -> bool:
    try:
        source.rename(target)
    except OSError:
        return False  # another file system, or a mount: copy
    return True


def _replace(fresh: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        trees.remove(target)
    elif target.is_file() and fresh.is_dir():
        target.unlink()
    fresh.rename(target)


def _as_objects(path: Path) -> None:
    """What object stores keep of a folder that is not packed: no links, no empty folders, no modes."""
    if not path.is_dir():
        return
    folders = []
    for relative, status in trees.entries(path):
        if stat.S_ISLNK(status.st_mode):
            (path / relative).unlink()
        elif stat.S_ISDIR(status.st_mode):
            folders.append(path / relative)
    for folder in reversed(folders):
        if not any(folder.iterdir()):
            folder.rmdir()


def _pack(source: Path, target: Path, archive: str, key: str) -> None:
    name = key.rsplit("/", 1)[-1].removesuffix(".tgz").removesuffix(".zip") or "content"
    (archives.pack_zip if archive == "zip" else archives.pack_tar)(source, target, name)


def _open_archive(packed: Path, target: Path, archive: str, *, keep: bool = False) -> None:
    try:
        (archives.unpack_zip if archive == "zip" else archives.unpack_tar)(packed, target)
    finally:
        if not keep:
            trees.remove(packed)
