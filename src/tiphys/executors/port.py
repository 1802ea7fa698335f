"""The port of executors: what they are asked, and how they answer.

`start` returns at once; everything after it comes as a `Report`. An attempt is in the hands of its own
supervisor process from then on, whose lock and record say what became of it, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from tiphys.errors import ExecutorError
from tiphys.executors.pod import attempt as files
from tiphys.messages.decisions import StartPod
from tiphys.messages.outputs import Json, PodStatus


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to run a pod.

    `key` names it within the engine, `token` for all time; `directory` is its own and fresh.
    `deadline_seconds` is what is left until `start.deadline`.
    """

    key: str
    token: str
    directory: Path
    start: StartPod
    deadline_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What an executor tells of an attempt.

    `what`: `running`, `progress`, `ended` (the record is on the disk), `refused` (it never started and
    never will; `detail` says why), `unstarted` (it may be tried again).
    """

    key: str
    token: str
    what: str
    detail: str = ""


class Hub(Protocol):
    """What executors need of the engine's loop."""

    def watch(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call back when the descriptor can be read."""

    def unwatch(self, descriptor: int) -> None:
        """Stop calling back."""

    def tell(self, report: Report) -> None:
        """Take a report, from any thread."""


class Executor(Protocol):
    """Runs attempts."""

    name: str

    def start(self, attempt: Attempt) -> None:
        """Start an attempt; raises `ExecutorError` (or `Unsupported`) when it cannot be run here."""

    def stop(self, attempt: Attempt, grace: float) -> None:
        """End an attempt: the signal first, the axe after `grace` seconds."""

    def close(self) -> None:
        """Let go; attempts that run go on."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What pods are given: folders of this machine, and the objects that they refer to.

    `config_maps` and `secrets` are values by name; `claims` the folder in which a volume claim has its
    own folder; `environ` this process's variables, of which pods get an allowed few.
    """

    namespace: str
    artifacts: Path
    claims: Path
    environ: Mapping[str, str]
    config_maps: MutableMapping[str, Mapping[str, str]] = field(default_factory=dict)
    secrets: MutableMapping[str, Mapping[str, str]] = field(default_factory=dict)
    remote: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended, by its record."""

    status: PodStatus
    artifacts: Mapping[str, Mapping[str, Json]]


def read_ending(attempt: Attempt) -> Ending | None:
    """The recorded end of an attempt, if it has one."""
    record = files.read_record(attempt.directory, attempt.token)
    if record is None:
        return None
    try:
        status = msgspec.convert(record["status"], PodStatus)
    except (msgspec.ValidationError, KeyError) as error:
        raise ExecutorError(f"the record of pod {attempt.start.pod_name} is damaged: {error}") from error
    return Ending(status, record.get("artifacts") or {})


def was_handed_over(attempt: Attempt) -> bool:
    """Whether the attempt was started: its lock was made, whoever holds it now."""
    return (attempt.directory / files.LOCK).exists()


def is_alive(attempt: Attempt) -> bool:
    """Whether any process of the attempt lives."""
    return files.is_alive(attempt.directory)
