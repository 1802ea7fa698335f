"""One fork server and the attempts that it started: the engine's side of `pod.forkserver`.

The server is started with the first attempt. Its death loses nothing: an attempt whose job it had not
taken up yet has a free lock and no record, and is started again.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import tiphys
from tiphys.errors import ExecutorError
from tiphys.executors.pod import attempt as files
from tiphys.executors.pod import forkserver
from tiphys.executors.pod.job import Job, to_json
from tiphys.executors.port import Attempt, Hub, Report
from tiphys.failpoints import failpoint

_HEADER: Final = struct.Struct("!I")


def ask(python: Sequence[str], question: str) -> str:
    """What a fork server of that Python answers to a question (`sandbox`)."""
    words = [*python, str(forkserver.__file__), _source(), question]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExecutorError(f"cannot run {python[0]}: {error}") from error
    if done.returncode:
        raise ExecutorError(f"{python[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout.strip()


def _source() -> str:
    return str(Path(tiphys.__path__[0]).resolve())


class Spawner:
    """Starts attempts through a fork server run by `python`."""

    def __init__(self, python: Sequence[str], hub: Hub, log: Path, *, warm: bool) -> None:
        self.python = list(python)
        self.hub = hub
        self.log = log
        self.warm = warm
        self.failure = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._partial: dict[int, bytes] = {}
        self._waiting: dict[str, Attempt] = {}

    def start(self, attempt: Attempt, job: Job) -> None:
        """Lock the attempt and hand it to the server."""
        connection = self._connected()
        data = json.dumps(to_json(job), separators=(",", ":")).encode("utf-8", "surrogatepass")
        lock = files.acquire(attempt.directory)
        try:
            failpoint("pod.locked")
            self._waiting[attempt.key] = attempt
            sent = socket.send_fds(connection, [_HEADER.pack(len(data)) + data], [lock])
            if sent < _HEADER.size + len(data):
                connection.sendall((_HEADER.pack(len(data)) + data)[sent:])
            failpoint("pod.sent")
        except OSError as error:
            self._lost(f"the fork server is gone: {error}")
        finally:
            os.close(lock)

    def close(self) -> None:
        """Let the server go; it ends by itself when the connection is closed."""
        if self._socket:
            self.hub.unwatch(self._socket.fileno())
            self._socket.close()
            self._socket = None
        for descriptor in list(self._partial):
            self._forget(descriptor)
        if self._process:
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _connected(self) -> socket.socket:
        if self.failure:
            raise ExecutorError(self.failure, remedy=f"see {self.log}")
        if self._socket is None:
            self._socket = self._launch()
        return self._socket

    def _launch(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        words = [*self.python, str(forkserver.__file__), _source(), str(theirs.fileno()), str(writing)]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        log = os.open(self.log, flags, 0o600)
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                [*words, "warm"] if self.warm else words,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                pass_fds=(theirs.fileno(), writing),
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            os.close(reading)
            raise ExecutorError(f"cannot start {self.python[0]}: {error}") from error
        finally:
            theirs.close()
            os.close(writing)
            os.close(log)
        self._partial[reading] = b""
        self.hub.watch(reading, lambda: self._on_report(reading))
        self.hub.watch(ours.fileno(), self._on_server)
        return ours

    def _on_server(self) -> None:
        """The server says that it is ready, that it cannot be, or nothing any more."""
        if self._socket is None:
            return
        try:
            data = self._socket.recv(65536)
        except OSError:
            data = b""
        for line in data.splitlines():
            told = json.loads(line)
            if "error" in told:
                self.failure = f"{self.python[0]} cannot run KFP components: {told['error']}"
        if not data:
            self._lost(self.failure or "the fork server ended")

    def _lost(self, why: str) -> None:
        for descriptor in list(self._partial):
            self._on_report(descriptor)
        waiting, self._waiting = self._waiting, {}
        what = "refused" if self.failure else "unstarted"
        for attempt in waiting.values():
            self.hub.tell(Report(attempt.key, attempt.token, what, why))
        if self._socket is not None:
            self.hub.unwatch(self._socket.fileno())
            self._socket.close()
            self._socket = None
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _on_report(self, descriptor: int) -> None:
        while True:
            try:
                data = os.read(descriptor, 65536)
            except BlockingIOError:
                return
            if not data:
                self._forget(descriptor)
                return
            *lines, self._partial[descriptor] = (self._partial[descriptor] + data).split(b"\n")
            for line in lines:
                key, token, what = line.decode().split(" ", 2)
                what, _, detail = what.partition(" ")
                self._waiting.pop(key, None)
                self.hub.tell(Report(key, token, what, detail))

    def _forget(self, descriptor: int) -> None:
        self.hub.unwatch(descriptor)
        os.close(descriptor)
        del self._partial[descriptor]
