"""Named places at which a test may end the process, delay it, or have a step fail.

`TIPHYS_FAILPOINTS="step.committed=kill@3;artifact.copied=error:ENOSPC"` acts the third time that
`step.committed` is reached in a process, and the first time for the other; `kill:/a/file` acts only if
it can make that file, so once in all processes. Without the variable a failpoint costs one comparison.
Standard library only: the task side runs it in other Python environments.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

VARIABLE: Final = "TIPHYS_FAILPOINTS"
LEDGER: Final = "TIPHYS_FAILPOINTS_LEDGER"
"""A file to which each failpoint that is reached appends its name, for coverage."""

NAMES: Final = frozenset(
    {
        "run.creating",
        "run.created",
        "step.decided",
        "step.committed",
        "step.carried_out",
        "pod.directory_made",
        "pod.locked",
        "pod.sent",
        "pod.received",
        "pod.supervised",
        "inputs.staged",
        "container.forked",
        "container.ended",
        "outputs.read",
        "artifact.copied",
        "artifact.described",
        "artifact.published",
        "record.written",
        "record.renamed",
        "record.reported",
        "result.received",
        "request.taken",
        "run.completed",
        "recovery.loaded",
        "recovery.adopted",
        "recovery.restarted",
        "delete.marked",
        "delete.files_gone",
        "migration.applied",
    }
)


@dataclass(slots=True)
class _Fault:
    action: str
    detail: str
    hit: int
    seen: int = 0


class FailpointError(OSError):
    """What a failpoint with the action `error` raises."""


def parse(text: str) -> dict[str, _Fault]:
    """Read the variable's text.

    >>> parse("step.committed=kill@2")["step.committed"].hit
    2
    """
    faults = {}
    for part in filter(None, (item.strip() for item in text.split(";"))):
        name, _, rest = part.partition("=")
        action, _, hit = rest.partition("@")
        verb, _, detail = action.partition(":")
        if name not in NAMES or verb not in ("kill", "error", "sleep"):
            raise ValueError(f"{VARIABLE}: cannot understand `{part}`")
        faults[name] = _Fault(verb, detail, int(hit or 1))
    return faults


def arm(environ: Mapping[str, str]) -> None:
    """Read the variables again, as a freshly started process does."""
    global _faults, _ledger
    _faults = parse(environ.get(VARIABLE, ""))
    _ledger = environ.get(LEDGER, "")


def failpoint(name: str) -> None:
    """A place that a test can hit; does nothing unless the variable names it."""
    if _faults or _ledger:
        _reach(name)


def _reach(name: str) -> None:
    if name not in NAMES:
        raise ValueError(f"no failpoint `{name}` is registered")
    if _ledger:
        descriptor = os.open(_ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, f"{name}\n".encode())
        os.close(descriptor)
    fault = _faults.get(name)
    if fault is None:
        return
    fault.seen += 1
    if fault.seen != fault.hit:
        return
    if fault.action == "kill":
        if not fault.detail or _is_first(fault.detail):
            os.kill(os.getpid(), signal.SIGKILL)
    elif fault.action == "sleep":
        time.sleep(int(fault.detail) / 1000)
    else:
        code = getattr(errno, fault.detail or "EIO")
        raise FailpointError(code, f"{os.strerror(code)} (failpoint {name})")


def _is_first(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


_faults: dict[str, _Fault] = {}
_ledger = ""
arm(os.environ)
