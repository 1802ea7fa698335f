"""Logs of containers: every line with its time and stream, bounded on the disk.

The format is the one of Kubernetes' container runtimes: `<time> stdout F <line>`, `P` for a piece of a
line that goes on. The first 8 MiB and the last 24 MiB are kept; readers join `main.log`,
`main.log.old` and `main.log.tail`, with a mark where something was left out.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 8 << 20
TAIL_BYTES: Final = 24 << 20
LONGEST_LINE: Final = 16 << 10
LARGEST_RESULT: Final = 256 << 10


class LogFile:
    """The log of one container."""

    def __init__(self, path: Path, head: int = HEAD_BYTES, tail: int = TAIL_BYTES) -> None:
        self.path = path
        self._head = head
        self._segment = tail // 2
        self._size = 0
        self._in_tail = False
        self._dropped = 0
        self._pending = {"stdout": b"", "stderr": b""}
        self._descriptor = self._open(path)

    def write(self, stream: str, chunk: bytes) -> None:
        """Add what a container wrote to one of its streams."""
        text = self._pending[stream] + chunk
        lines = text.split(b"\n")
        rest = lines.pop()
        prefix = f"{_timestamp()} {stream} ".encode()
        pieces = []
        if lines:
            full = b"\n" + prefix + b"F "
            pieces.append(full[1:] + full.join(lines) + b"\n")
        while len(rest) > LONGEST_LINE:
            pieces.append(prefix + b"P " + rest[:LONGEST_LINE] + b"\n")
            rest = rest[LONGEST_LINE:]
        self._pending[stream] = rest
        if pieces:
            self._append(b"".join(pieces))

    def close(self) -> None:
        """Write what has no newline yet, and close the file."""
        for stream, rest in self._pending.items():
            if rest:
                self._append(f"{_timestamp()} {stream} F ".encode() + rest + b"\n")
        self._pending = {"stdout": b"", "stderr": b""}
        os.close(self._descriptor)

    def _append(self, data: bytes) -> None:
        if self._size + len(data) > (self._segment if self._in_tail else self._head):
            self._rotate()
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
                self._size += 1
        except OSError:
            return  # a full disk must not stop the task; what was written stays
        finally:
            self._size = os.fstat(self._descriptor).st_size

    def _rotate(self) -> None:
        tail, old = (self.path.with_name(self.path.name + end) for end in (".tail", ".old"))
        os.close(self._descriptor)
        if self._in_tail:
            if old.exists():
                self._dropped += old.stat().st_size
                self.path.with_name(self.path.name + ".dropped").write_text(str(self._dropped))
            tail.rename(old)
        self._in_tail, self._size = True, 0
        self._descriptor = self._open(tail)

    def _open(self, path: Path) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(path, flags, 0o600)


class Captured:
    """The last 256 kB of what was written to standard output: the result of a template."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """Add a chunk, and forget what lies too far back."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        while self._size - len(self._chunks[0]) > LARGEST_RESULT:
            self._size -= len(self._chunks.pop(0))

    def text(self) -> str:
        """The result: one trailing newline is cut, then the last 256 kB are taken."""
        data = b"".join(self._chunks).removesuffix(b"\n")
        return data[-LARGEST_RESULT:].decode("utf-8", "replace")


_second = (0, "")


def _timestamp() -> str:
    global _second
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    if _second[0] != seconds:
        _second = (seconds, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)))
    return f"{_second[1]}.{nanoseconds // 1000:06d}Z"
