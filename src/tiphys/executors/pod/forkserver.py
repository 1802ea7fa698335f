"""The server that forks a supervisor for each attempt: no interpreter starts for a task.

Started as `python -I forkserver.py SOURCE SOCKET REPORTS [warm]` (or `… SOURCE QUESTION`) with the
environment's own Python.
It reads jobs from its socket, each with the descriptor of the attempt's lock, and forks. Supervisors
live in sessions of their own and report by the pipe `REPORTS`; the server dies with the engine.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import struct
import sys
import types
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiphys import failpoints
    from tiphys.executors.pod import bwrap, job, namespaces, processes, python_component, supervisor

_HEADER = struct.Struct("!I")


def _make_importable(source: str) -> None:
    """Make `tiphys` importable from its folder alone: nothing else of its environment comes along."""
    package = types.ModuleType("tiphys")
    package.__path__ = [source]
    sys.modules["tiphys"] = package


def serve(connection: socket.socket, reports: int) -> None:
    """Fork a supervisor for each job, until the engine closes the connection."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for supervisors: no zombies
    while True:
        received = _receive(connection)
        if received is None:
            return
        data, lock = received
        work = job.from_json(json.loads(data))  # before the fork: its pages are not copied for it
        try:
            pid = os.fork()
        except OSError as error:
            pid = -1
            _report(reports, work, f"unstarted {error.strerror}")
        if pid == 0:
            connection.close()
            _supervise(work, lock, reports)
        os.close(lock)


def _receive(connection: socket.socket) -> tuple[bytes, int] | None:
    head, descriptors, _, _ = socket.recv_fds(connection, _HEADER.size, 1)
    while 0 < len(head) < _HEADER.size:
        more = connection.recv(_HEADER.size - len(head))
        if not more:
            return None
        head += more
    if not head or not descriptors:
        return None
    (size,) = _HEADER.unpack(head)
    data = bytearray()
    while len(data) < size:
        chunk = connection.recv(min(size - len(data), 1 << 20))
        if not chunk:
            return None
        data += chunk
    return bytes(data), descriptors[0]


def _supervise(work: job.Job, lock: int, reports: int) -> None:
    code = 1
    try:
        os.setsid()
        os.umask(0o077)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        os.set_inheritable(lock, True)
        gc.disable()
        failpoints.failpoint("pod.received")
        processes.become_reaper()
        failpoints.failpoint("pod.supervised")
        supervisor.Supervisor(work, lambda what: _report(reports, work, what), lock).run()
        code = 0
    except BaseException:  # noqa: BLE001 (the fork must not run on into the server's loop)
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _report(reports: int, work: job.Job, what: str) -> None:
    try:
        os.write(reports, f"{work.key} {work.token} {what}\n".encode())
    except OSError:
        return  # the engine is gone; the record is on the disk


def _answer(question: str) -> int:
    """Questions that only a fresh, single-threaded process can answer."""
    if question != "sandbox":
        return 2
    offered = "namespaces" if namespaces.is_offered() else "bwrap" if bwrap.is_offered() else ""
    os.write(1, f"{offered}\n".encode())
    return 0


if __name__ == "__main__":
    _make_importable(sys.argv[1])
    from tiphys import failpoints
    from tiphys.executors.pod import bwrap, job, namespaces, processes, python_component, supervisor

    if len(sys.argv) == 3:
        sys.exit(_answer(sys.argv[2]))
    _connection = socket.socket(fileno=int(sys.argv[2]))
    try:
        if "warm" in sys.argv[4:]:
            python_component.preload()
    except ImportError as error:
        _connection.sendall(json.dumps({"error": str(error)}).encode() + b"\n")
        sys.exit(1)
    gc.collect()
    gc.freeze()  # the pages of what is imported stay shared with the forks
    _connection.sendall(json.dumps({"ready": sys.version.split()[0]}).encode() + b"\n")
    serve(_connection, int(sys.argv[3]))
