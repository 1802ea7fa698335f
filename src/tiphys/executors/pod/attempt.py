"""The directory of an attempt: its names, its lock, and the durable record of how it ended.

The lock is taken by the engine before anything starts and handed over with its file descriptor; every
process of the attempt inherits it. So: lock held, the attempt lives; lock free and a record, it ended
so; lock free and no record, it is lost and may be started again.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any, Final

from tiphys.failpoints import failpoint

LOCK: Final = "lock"
RECORD: Final = "exit.json"
CONTROL: Final = "control"
LOGS: Final = "logs"
ROOT: Final = "root"


def acquire(directory: Path) -> int:
    """Make the attempt's lock file and lock it; gives the descriptor that holds the lock."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(directory / LOCK, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_alive(directory: Path) -> bool:
    """Whether any process of the attempt still lives."""
    try:
        descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def write_record(directory: Path, record: dict[str, Any]) -> None:
    """Write the record so that it is either whole on the disk or not there."""
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        fresh = os.open(RECORD + ".new", flags, 0o600, dir_fd=folder)
        try:
            _write_all(fresh, json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogateescape"))
            os.fsync(fresh)
        finally:
            os.close(fresh)
        failpoint("record.written")
        os.rename(RECORD + ".new", RECORD, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
        failpoint("record.renamed")
    finally:
        os.close(folder)


def read_record(directory: Path, token: str) -> dict[str, Any] | None:
    """The record of the attempt with this token, if it ended."""
    try:
        found = json.loads((directory / RECORD).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("token") == token else None


def make_control(directory: Path) -> int:
    """Open the attempt's control pipe for reading; it never reports end of file."""
    path = directory / CONTROL
    if not path.exists():
        os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)


def tell(directory: Path, order: str) -> bool:
    """Send an order to the supervisor of an attempt; False when nobody listens."""
    try:
        descriptor = os.open(directory / CONTROL, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, OSError):
        return False
    try:
        os.write(descriptor, f"{order}\n".encode())
    finally:
        os.close(descriptor)
    return True


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
