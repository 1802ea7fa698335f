"""Tar and zip as Argo packs and unpacks them, for archives that nobody vouches for.

An archive is unpacked into a fresh folder, never through a link: a parent that is not a real folder,
a link that leaves the tree, a device, a pipe, or more than the limits allow is an `ArtifactError`.
`filter="data"` of `tarfile` is not enough (CVE-2025-4517).
"""

from __future__ import annotations

import gzip
import os
import posixpath
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from tiphys.artifacts.trees import check_link, entries, remove
from tiphys.errors import ArtifactError

_CHUNK: Final = 1 << 20
_LONGEST_PATH: Final = 4096
_LARGEST_HEADER: Final = 1 << 20
_DAMAGED: Final = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may grow to: bytes, entries, and bytes per packed byte beyond `free_bytes`."""

    total_bytes: int = 100 << 30
    count: int = 1_000_000
    ratio: int = 2000
    free_bytes: int = 64 << 20


LIMITS: Final = Limits()


def is_tarball(path: Path) -> bool:
    """Whether a file is a gzipped tar, as Argo finds out when no archive strategy is given."""
    if not path.is_file():
        return False
    try:
        with gzip.open(path) as unzipped, tarfile.open(fileobj=unzipped, mode="r|", tarinfo=_Member) as tar:
            return tar.next() is not None
    except (*_DAMAGED, OSError):
        return False


def pack_tar(source: Path, target: Path, name: str, level: int = 6) -> None:
    """Write a gzipped tar whose one top entry is called `name`."""
    with tarfile.open(target, "w:gz", compresslevel=level, format=tarfile.PAX_FORMAT) as tar:
        tar.add(source, arcname=name, recursive=False)
        if source.is_dir():
            for relative, _ in entries(source):
                tar.add(source / relative, arcname=f"{name}/{relative}", recursive=False)


def pack_zip(source: Path, target: Path, name: str) -> None:
    """Write a zip whose one top entry is called `name`; links and empty folders are left out."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        if source.is_file():
            archive.write(source, name)
            return
        for relative, status in entries(source):
            if stat.S_ISREG(status.st_mode):
                archive.write(source / relative, f"{name}/{relative}")


def unpack_tar(source: Path, target: Path, limits: Limits = LIMITS) -> None:
    """Unpack a gzipped tar: a single top entry becomes `target` itself, else `target` is the folder."""
    _unpack(source, target, limits, _untar)


def unpack_zip(source: Path, target: Path, limits: Limits = LIMITS) -> None:
    """Unpack a zip, by the same rule as `unpack_tar`."""
    _unpack(source, target, limits, _unzip)


def _unpack(source: Path, target: Path, limits: Limits, extract: Any) -> None:
    folder = target.with_name(target.name + ".unpacking")
    remove(folder)
    folder.mkdir(mode=0o700, parents=True)
    try:
        with source.open("rb") as packed:
            extract(packed, _Tree(folder, packed, limits))
        found = list(folder.iterdir())
        if len(found) == 1:
            found[0].rename(target)
        else:
            folder.chmod(0o755)
            folder.rename(target)
    except _DAMAGED as error:
        raise ArtifactError(f"{source.name} is not a sound archive: {error}") from error
    finally:
        remove(folder)


class _Tree:
    """The folder that is filled, and what has been spent of the limits."""

    def __init__(self, root: Path, packed: IO[bytes], limits: Limits) -> None:
        self.root = root
        self.packed_bytes = os.fstat(packed.fileno()).st_size
        self.limits = limits
        self.count = 0
        self.bytes = 0
        self.folders = {""}

    def place(self, name: str) -> tuple[str, Path]:
        """Where a new entry goes; its parents exist afterwards, and none of them is a link."""
        self.count += 1
        if self.count > self.limits.count:
            raise ArtifactError(f"the archive has more than {self.limits.count} entries")
        if len(name) > _LONGEST_PATH or "\0" in name:
            raise ArtifactError(f"illegal file path: {name[:200]!r}")
        relative = posixpath.normpath(name.lstrip("/") or ".")
        if relative == ".." or relative.startswith("../"):
            raise ArtifactError(f"illegal file path: {name[:200]}")
        if relative == ".":
            return "", self.root
        self._make_folder(posixpath.dirname(relative))
        return relative, self.root / relative

    def _make_folder(self, relative: str) -> None:
        if relative in self.folders:
            return
        parent, name = posixpath.split(relative)
        self._make_folder(parent)
        path = self.root / parent / name
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise ArtifactError(f"illegal file path: {relative} is not a folder")
        path.mkdir(exist_ok=True)
        self.folders.add(relative)

    def add_folder(self, name: str) -> None:
        """Make a folder; its own mode is left to the umask, as Argo leaves it."""
        relative, _ = self.place(name)
        self._make_folder(relative)

    def add_file(self, name: str, mode: int, content: IO[bytes]) -> None:
        """Write a regular file, within the limits."""
        _, path = self._vacate(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            while chunk := content.read(_CHUNK):
                self._spend(len(chunk))
                file.write(chunk)
            os.fchmod(file.fileno(), (mode & 0o777) | 0o600)

    def add_link(self, name: str, target: str) -> None:
        """Make a symbolic link that stays inside."""
        relative, path = self._vacate(name)
        try:
            check_link(relative, target)
        except ArtifactError:
            raise ArtifactError(f"illegal symlink target: {name[:200]} -> {target[:200]}") from None
        path.symlink_to(target)

    def add_copy(self, name: str, of: str) -> None:
        """A hard link of the archive: a copy of a file that came before."""
        _, original = self.place(of)
        if original.is_symlink() or not original.is_file():
            raise ArtifactError(f"illegal hard link: {name[:200]} -> {of[:200]}")
        self._spend(original.stat().st_size)
        _, path = self._vacate(name)
        shutil.copy2(original, path, follow_symlinks=False)

    def _vacate(self, name: str) -> tuple[str, Path]:
        relative, path = self.place(name)
        if not relative or (path.is_dir() and not path.is_symlink()):
            raise ArtifactError(f"illegal file path: {name[:200]} is a folder")
        path.unlink(missing_ok=True)
        return relative, path

    def _spend(self, count: int) -> None:
        self.bytes += count
        if self.bytes > self.limits.total_bytes:
            raise ArtifactError(f"the archive unpacks to more than {self.limits.total_bytes} bytes")
        if self.bytes > self.limits.free_bytes and self.bytes > self.limits.ratio * self.packed_bytes:
            raise ArtifactError(f"the archive is packed more than {self.limits.ratio} to 1")


class _Member(tarfile.TarInfo):
    """A tar header; one that would be read into memory is refused when it is large."""

    def _proc_member(self, tar: tarfile.TarFile) -> tarfile.TarInfo:
        if not (self.isreg() or self.size <= _LARGEST_HEADER):
            raise tarfile.HeaderError("header too large")
        return super()._proc_member(tar)  # type: ignore[misc,no-any-return]


def _untar(packed: IO[bytes], tree: _Tree) -> None:
    with gzip.open(packed) as unzipped, tarfile.open(fileobj=unzipped, mode="r|", tarinfo=_Member) as tar:
        for member in _members(tar):
            if member.isdir():
                tree.add_folder(member.name)
            elif member.issym():
                tree.add_link(member.name, member.linkname)
            elif member.islnk():
                tree.add_copy(member.name, member.linkname)
            elif member.isreg():
                content = tar.extractfile(member)
                if content is None:
                    raise ArtifactError(f"{member.name[:200]} cannot be read from the archive")
                tree.add_file(member.name, member.mode, content)
            else:
                raise ArtifactError(f"{member.name[:200]} is a device or pipe; archives may not hold such")


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while (member := tar.next()) is not None:
        yield member
        tar.members.clear()  # type: ignore[attr-defined]  # else every header stays in memory


def _unzip(packed: IO[bytes], tree: _Tree) -> None:
    with zipfile.ZipFile(packed) as archive:
        for info in archive.infolist():
            if info.is_dir():
                tree.add_folder(info.filename)
                continue
            if info.flag_bits & 0x1:
                raise ArtifactError(f"{info.filename[:200]} is encrypted")
            mode = (info.external_attr >> 16) & 0o777 or 0o644
            try:
                with archive.open(info) as content:
                    tree.add_file(info.filename, mode, content)
            except (NotImplementedError, RuntimeError) as error:
                raise ArtifactError(f"{info.filename[:200]} cannot be unpacked: {error}") from error
