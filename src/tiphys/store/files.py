"""The folder of a store: private modes, locks that processes hold, and directories of runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tiphys.errors import BadInput, RunLocked, StoreError

_NAME: Final = re.compile(r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")


def checked_name(name: str) -> str:
    """A run's name, if it is one: what Kubernetes takes for the name of a Workflow."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise BadInput(
            f"{name[:80]!r} is not the name of a run",
            remedy="use lower-case letters, digits, '-' and '.', at most 253",
        )
    return name


def make_private(folder: Path) -> None:
    """Make the folder of a store, or check that it is ours alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.stat()
    if status.st_uid != os.geteuid():
        raise StoreError(f"{folder} belongs to another user", remedy="name another state_dir")
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)


@contextlib.contextmanager
def locked(path: Path, taken: str) -> Iterator[None]:
    """Hold a lock file; raises `RunLocked` with the text `taken` when another process holds it."""
    descriptor = _open(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunLocked(taken, remedy="wait for it, or stop it with `tiphys stop`") from None
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether a process holds a lock file."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


class Turnstile:
    """Lets one writer of all processes through at a time, and waits for it."""

    def __init__(self, path: Path) -> None:
        self._descriptor = _open(path)

    def __enter__(self) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def remove_tree(root: Path, folder: Path) -> None:
    """Remove a folder that is strictly below `root`; links are not followed."""
    if folder.parent != root or folder.is_symlink():
        raise StoreError(f"{folder} is not a run's directory in {root}")
    for path, folders, _ in os.walk(folder):
        for name in folders:
            place = Path(path, name)
            if not place.is_symlink() and place.stat().st_mode & 0o700 != 0o700:
                place.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=False)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
