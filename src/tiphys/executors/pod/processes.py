"""Processes below a supervisor: notice their end, reap them, leave none behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Final

_PR_SET_CHILD_SUBREAPER: Final = 36
_PATIENCE_SECONDS: Final = 5.0


def become_reaper() -> None:
    """Have orphaned descendants become our children (Linux), so that none escapes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def child_signals() -> socket.socket:
    """A socket that can be read from when a child has ended."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.detach(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return reader


def drain(reader: socket.socket) -> None:
    """Forget the signals that were noticed."""
    with contextlib.suppress(BlockingIOError):
        while reader.recv(4096):
            pass


def reap() -> tuple[int, int] | None:
    """A child that has ended and its wait status, if there is one."""
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def kill_descendants() -> None:
    """End every process that is still below this one."""
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            for child in _children():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(child, signal.SIGKILL)
            time.sleep(0.001)


def _children() -> list[int]:
    try:
        return [int(text) for text in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []
