"""One container of an attempt as processes of this machine: start, watch, signal, reap.

A container is a process group of its own below the supervisor, which is also the reaper of whatever
its processes leave behind. Exit codes are as a kubelet tells them: 128 + n for signal n.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from tiphys.executors.pod.container_engine import OWN_FAILURE
from tiphys.executors.pod.logs import Captured, LogFile
from tiphys.failpoints import failpoint

CANNOT_START: Final = 64
"""The exit code of argoexec when it cannot start the command."""

_LARGEST_ARGUMENT: Final = 131_071
_MOST_DESCRIPTORS: Final = 4096
_INTERPRETER_SIGNALS: Final = (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP)


class Wrapper(Protocol):
    """A program that runs the command in a child of its own (bubblewrap)."""

    def started(self) -> None:
        """The wrapper has been forked."""

    def group(self) -> int | None:
        """The process group of the command, once it is known."""


class Remote(Protocol):
    """A container that is no process below ours (podman, docker)."""

    def signal(self, number: int) -> bool:
        """Send a signal to its first process; False if it does not run."""

    def failed_to_run(self) -> bool:
        """Whether it never ran."""


@dataclass(slots=True)
class Container:
    """A container: what to run, and what became of it. `kept` is the descriptor of the attempt's lock."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    logs: Path
    capture: bool = False
    dependencies: Sequence[str] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    pid: int = 0
    exit_code: int | None = None
    message: str = ""
    captured: Captured | None = None
    log: LogFile | None = None
    streams: dict[int, str] = field(default_factory=dict)
    wrapper: Wrapper | None = None
    remote: Remote | None = None
    never_ran: bool = False
    unsent: int | None = None
    kept: int = -1
    _trouble: int = -1

    @property
    def is_running(self) -> bool:
        """True from its start to its end."""
        return bool(self.pid) and self.exit_code is None

    def start(self, enter: Callable[[], None] | None, body: Callable[[], int] | None = None) -> None:
        """Fork; in the child call `enter` (the sandbox), then run `body`, or else the command."""
        self.log = LogFile(self.logs)
        self.captured = Captured() if self.capture else None
        out, err, trouble = os.pipe(), os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            _become(self, (out[1], err[1], trouble[1]), enter, body)
        self.pid, self._trouble = pid, trouble[0]
        with contextlib.suppress(OSError):  # the child does it too: whoever comes first
            os.setpgid(pid, pid)
        failpoint("container.forked")
        for descriptor in (out[1], err[1], trouble[1]):
            os.close(descriptor)
        if self.wrapper:
            self.wrapper.started()
        for descriptor, stream in ((out[0], "stdout"), (err[0], "stderr")):
            os.set_blocking(descriptor, False)
            self.streams[descriptor] = stream

    def refuse(self, message: str, code: int = CANNOT_START) -> None:
        """End without having started."""
        self.exit_code, self.message = code, message

    def read(self, descriptor: int) -> bool:
        """Take over what a stream holds; False at its end."""
        try:
            chunk = os.read(descriptor, 1 << 18)
        except BlockingIOError:
            return True
        if not chunk:
            os.close(descriptor)
            del self.streams[descriptor]
            return False
        self.keep(self.streams[descriptor], chunk)
        return True

    def keep(self, stream: str, chunk: bytes) -> None:
        """Write a chunk to the log, and remember it if it belongs to the result."""
        if self.log:
            self.log.write(stream, chunk)
        if self.captured and stream == "stdout":
            self.captured.write(chunk)

    def finish(self, status: int) -> None:
        """Take note of the end of the container's first process; nothing of its group lives on."""
        code = exit_code(status)
        self.never_ran = bool(self.remote) and code == OWN_FAILURE and self._asked_whether_it_never_ran()
        self.exit_code = code
        failpoint("container.ended")
        self._signal_group(signal.SIGKILL)
        os.set_blocking(self._trouble, False)
        try:
            self.message = os.read(self._trouble, 4096).decode("utf-8", "replace")
        except BlockingIOError:
            self.message = ""  # a process that left the group still holds the pipe
        os.close(self._trouble)
        self.drain()

    def drain(self) -> None:
        """Read what is left in the streams, and close the log."""
        for descriptor in list(self.streams):
            while descriptor in self.streams:
                try:
                    chunk = os.read(descriptor, 1 << 18)
                except BlockingIOError:
                    chunk = b""
                if not chunk:
                    os.close(descriptor)
                    del self.streams[descriptor]
                    break
                self.keep(self.streams[descriptor], chunk)
        if self.log:
            self.log.close()
            self.log = None

    def _asked_whether_it_never_ran(self) -> bool:
        return self.remote is not None and self.remote.failed_to_run()

    def signal(self, number: int) -> None:
        """Send a signal to every process of the container."""
        if self.remote is None or not self.is_running:
            self._signal_group(number)
        elif self.remote.signal(number):
            self.unsent = None
        else:
            self.unsent = number  # it is not up yet: the supervisor tries again

    def _signal_group(self, number: int) -> None:
        if self.pid:
            group = self.wrapper.group() if self.wrapper and self.exit_code is None else None
            try:
                os.killpg(group or self.pid, number)
            except (ProcessLookupError, PermissionError):
                return  # nobody is left, or only zombies (macOS)

    def status(self) -> dict[str, Any]:
        """The container as the kubelet tells of it."""
        code = self.exit_code
        told: dict[str, Any] = {"name": self.name}
        if code is not None:
            told["exit_code"] = code
            told["reason"] = "Error" if code else "Completed"
        if self.message:
            told["message"] = self.message
        return told


def exit_code(status: int) -> int:
    """The exit code for a wait status: 128 + n when signal n ended the process."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _become(
    container: Container,
    streams: tuple[int, int, int],
    enter: Callable[[], None] | None,
    body: Callable[[], int] | None,
) -> None:
    """In the child: take on the container's streams, environment and place, and run it."""
    code = CANNOT_START
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDONLY)
        for target, source in enumerate((null, *streams[:2])):
            os.dup2(source, target)
        for number in _INTERPRETER_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.umask(0o022)
        _limit(container.limits)
        if enter:
            enter()
        os.chdir(container.cwd)
        os.environ.clear()
        os.environ.update(container.env)
        if body:
            _close_all_but(container.kept)
            gc.enable()
            code = body()
        else:
            _execute(container.argv)
    except OSError as error:
        failure = _start_failure(container, error).encode("utf-8", "replace")
        os.write(2, failure + b"\n")
        os.write(streams[2], failure[:4096])
    except BaseException:  # noqa: BLE001 (the child must not run on into the supervisor's code)
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        os._exit(code)


def _close_all_but(kept: int) -> None:
    """What an exec would close: a component must not hold, or close, what is the supervisor's."""
    last = max(kept, 3)
    os.closerange(3, last)
    os.closerange(last + 1, _MOST_DESCRIPTORS)


def _execute(argv: Sequence[str]) -> None:
    folder = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 (the folder that Argo uses)
    words = offloaded(argv, Path(folder), folder)
    os.execvpe(words[0], words, os.environ)  # noqa: S606 (running the author's command is the purpose)


def offloaded(argv: Sequence[str], folder: Path, shown: str) -> list[str]:
    """The words of a command; one too long for the kernel goes into a file, as Argo's emissary does it.

    `folder` is where the file is written, `shown` how the command finds it.
    """
    words = list(argv)
    for index, word in enumerate(words):
        data = word.encode("utf-8", "surrogateescape")
        if index > 0 and len(data) > _LARGEST_ARGUMENT:
            name = f"argo_arg_{index - 1}.txt"
            (folder / name).write_bytes(data)
            words[index] = f"@{shown}/{name}"
    return words


def _start_failure(container: Container, error: OSError) -> str:
    name = container.argv[0] if container.argv else ""
    if isinstance(error, FileNotFoundError) and "/" not in name:
        return not_in_path(name)
    return f"failed to start command: {error}"


def not_in_path(name: str) -> str:
    """What argoexec says of a program that does not exist."""
    return f'failed to find name in PATH: exec: "{name}": executable file not found in $PATH'


def _limit(limits: Mapping[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, value in limits.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, hard))
