"""Files and folders as values: copy, digest, make durable. Nothing here follows a symbolic link.

A link inside a folder is kept only if it is relative and stays inside: `..` may stand only at its
beginning, so that no other link can be used to climb out.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tiphys.errors import ArtifactError

_FICLONE: Final = 0x40049409
_CHUNK: Final = 1 << 20
_MANY_FILES: Final = 64


def entries(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below a folder, parents first and in the order of names, as (relative path, lstat)."""
    pending = [""]
    while pending:
        folder = pending.pop()
        folders = []
        for entry in sorted(os.scandir(root / folder), key=lambda entry: entry.name):
            relative = f"{folder}/{entry.name}" if folder else entry.name
            status = entry.stat(follow_symlinks=False)
            yield relative, status
            if stat.S_ISDIR(status.st_mode):
                folders.append(relative)
        pending.extend(reversed(folders))


def check_link(relative: str, target: str) -> None:
    """Refuse a link that does not stay inside the folder in which it lies at `relative`.

    >>> check_link("a/b", "../c")
    """
    parts = target.split("/")
    climb = 0
    while climb < len(parts) and parts[climb] == "..":
        climb += 1
    if target.startswith("/") or "\0" in target or ".." in parts[climb:] or climb > relative.count("/"):
        raise ArtifactError(f"symbolic link {relative} leads outside: {target[:200]}")


def check_tree(path: Path) -> None:
    """Refuse devices, pipes and sockets, and links that leave the folder."""
    status = path.lstat()
    if stat.S_ISREG(status.st_mode):
        return
    if not stat.S_ISDIR(status.st_mode):
        raise ArtifactError(f"{path.name} is neither a file nor a folder")
    for relative, status in entries(path):
        if stat.S_ISLNK(status.st_mode):
            check_link(relative, _link_text(path / relative))
        elif not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise ArtifactError(f"{relative} is neither a file, a folder nor a link")


def copy_file(source: Path, target: Path) -> None:
    """A private copy with times: sharing the blocks where the file system can (reflink).

    Everybody may read what the owner may: a store keeps its files to itself, a container's are as usual.
    """
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(reader)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        writer = os.open(target, flags, 0o600)
        try:
            if status.st_size and not _reflink(writer, reader):
                _copy_bytes(reader, writer)
            os.fchmod(writer, _usual_mode(status))
            os.utime(writer, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def copy_tree(source: Path, target: Path) -> None:
    """A private copy of a file or folder; `target` must not exist."""
    status = source.lstat()
    if stat.S_ISREG(status.st_mode):
        copy_file(source, target)
        return
    if not stat.S_ISDIR(status.st_mode):
        raise ArtifactError(f"{source.name} is neither a file nor a folder")
    target.mkdir()
    modes = [("", status)]
    for relative, status in entries(source):
        if stat.S_ISDIR(status.st_mode):
            (target / relative).mkdir()
            modes.append((relative, status))
        elif stat.S_ISLNK(status.st_mode):
            text = _link_text(source / relative)
            check_link(relative, text)
            (target / relative).symlink_to(text)
        elif stat.S_ISREG(status.st_mode):
            copy_file(source / relative, target / relative)
        else:
            raise ArtifactError(f"{relative} is neither a file, a folder nor a link")
    for relative, status in reversed(modes):
        (target / relative).chmod(_usual_mode(status) | 0o700)
        os.utime(target / relative, ns=(status.st_atime_ns, status.st_mtime_ns))


def digest(path: Path) -> tuple[str, int]:
    """The digest of a file or folder and its size in bytes.

    A file's is `sha256:` and the digest of its bytes; a folder's is `tree-sha256:` and that of the
    list of its entries.
    """
    status = path.lstat()
    if stat.S_ISREG(status.st_mode):
        return f"sha256:{_file_digest(path)}", status.st_size
    whole, size = hashlib.sha256(), 0
    for relative, entry in entries(path):
        if stat.S_ISLNK(entry.st_mode):
            line = f"link {_link_text(path / relative)}"
        elif stat.S_ISDIR(entry.st_mode):
            line = "folder"
        else:
            size += entry.st_size
            line = f"file {'x' if entry.st_mode & 0o100 else '-'} {_file_digest(path / relative)}"
        whole.update(os.fsencode(f"{relative}\0{line}\0"))
    return f"tree-sha256:{whole.hexdigest()}", size


def make_durable(path: Path) -> None:
    """Have the kernel write a file or folder to the disk, and the names in it."""
    status = path.lstat()
    if stat.S_ISREG(status.st_mode):
        _sync(path, os.O_RDONLY)
        return
    folders, files = [path], []
    for relative, entry in entries(path):
        if stat.S_ISDIR(entry.st_mode):
            folders.append(path / relative)
        elif stat.S_ISREG(entry.st_mode):
            files.append(path / relative)
    if len(files) > _MANY_FILES:
        os.sync()
        return
    for each in (*files, *reversed(folders)):
        _sync(each, os.O_RDONLY)


def close_up(path: Path) -> None:
    """Let nobody but the owner at a file or folder."""
    status = path.lstat()
    if stat.S_ISDIR(status.st_mode):
        path.chmod(0o700)
        for relative, entry in entries(path):
            if stat.S_ISDIR(entry.st_mode):
                (path / relative).chmod(0o700)
            elif stat.S_ISREG(entry.st_mode) and entry.st_mode & 0o077:
                (path / relative).chmod(stat.S_IMODE(entry.st_mode) & 0o700)
    elif status.st_mode & 0o077:
        path.chmod(stat.S_IMODE(status.st_mode) & 0o700)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def remove(path: Path) -> None:
    """Remove a file, link or folder, if it is there."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISDIR(status.st_mode):
        for relative, entry in entries(path):
            if stat.S_ISDIR(entry.st_mode) and entry.st_mode & 0o700 != 0o700:
                (path / relative).chmod(0o700)
        shutil.rmtree(path)
    else:
        path.unlink()


def _usual_mode(status: os.stat_result) -> int:
    owner = stat.S_IMODE(status.st_mode) & 0o700
    others = owner & 0o500
    return owner | others >> 3 | others >> 6


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _link_text(path: Path) -> str:
    return os.readlink(path)  # noqa: PTH115 (a Path would tidy the text)


def _file_digest(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _reflink(target: int, source: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:
        return False
    return True


def _copy_bytes(source: int, target: int) -> None:
    if hasattr(os, "copy_file_range"):
        try:
            while os.copy_file_range(source, target, 1 << 30):
                pass
            return
        except OSError:
            os.lseek(source, 0, os.SEEK_SET)
            os.lseek(target, 0, os.SEEK_SET)
            os.ftruncate(target, 0)
    while chunk := os.read(source, _CHUNK):
        view = memoryview(chunk)
        while view:
            view = view[os.write(target, view) :]
