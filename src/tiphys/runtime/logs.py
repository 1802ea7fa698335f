"""Reading the logs of a run's pods: which there are, and their lines, also while they are written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tiphys.executors.pod.attempt import LOGS, is_alive
from tiphys.store.port import Store

_POLL_SECONDS: Final = 0.1
_SUFFIX: Final = ".log"
_LINE: Final = re.compile(r"(?P<time>\S+) (?P<stream>stdout|stderr) (?P<mark>[FP]) (?P<text>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a container: when, on which stream, what."""

    time: str
    stream: str
    text: str


@dataclass(frozen=True, slots=True)
class AttemptLogs:
    """The logs of one attempt of a node's pod."""

    node_id: str
    pod_name: str
    number: int
    directory: Path

    @property
    def containers(self) -> list[str]:
        """The containers that have a log, `main` first."""
        found = sorted(each.name.removesuffix(_SUFFIX) for each in (self.directory / LOGS).glob(f"*{_SUFFIX}"))
        return sorted(found, key=lambda name: name != "main")

    def lines(self, container: str = "main", *, follow: bool = False) -> Iterator[Line]:
        """The lines of a container; with `follow` until the attempt is over."""
        path = self.directory / LOGS / f"{container}{_SUFFIX}"
        return _follow(path, lambda: is_alive(self.directory)) if follow else _whole(path)


def attempts(store: Store, run: str, node_id: str = "") -> list[AttemptLogs]:
    """The attempts of a run, or of one of its nodes, in order."""
    directory = store.directory(run) / "pods"
    return [
        AttemptLogs(row.node_id, row.pod_name, row.number, directory / row.pod_name / str(row.number))
        for row in store.attempts(run)
        if not node_id or row.node_id == node_id
    ]


def _whole(path: Path) -> Iterator[Line]:
    """The beginning, a mark where something was left out, and the end."""
    yield from _lines_of(path)
    dropped = path.with_name(path.name + ".dropped")
    if dropped.exists():
        yield Line("", "", f"... {dropped.read_text()} bytes left out ...")
    for suffix in (".old", ".tail"):
        yield from _lines_of(path.with_name(path.name + suffix))


def _lines_of(path: Path) -> Iterator[Line]:
    if not path.exists():
        return
    with path.open("rb") as file:
        yield from _joined(file)


def _joined(raw: Iterable[bytes]) -> Iterator[Line]:
    """Lines, with the pieces of long ones put together again."""
    pieces: list[str] = []
    for line in raw:
        match = _LINE.fullmatch(line.rstrip(b"\n").decode("utf-8", "replace"))
        if match is None:
            continue  # cut off when the machine went down
        pieces.append(match["text"])
        if match["mark"] == "F":
            yield Line(match["time"], match["stream"], "".join(pieces))
            pieces = []


def _follow(path: Path, goes_on: Callable[[], bool]) -> Iterator[Line]:
    """The lines of a log that is being written; a log that outgrew its first file is followed no further."""
    place, partial = 0, b""
    while True:
        alive = goes_on()
        if path.exists():
            with path.open("rb") as file:
                file.seek(place)
                *whole, partial = (partial + file.read()).split(b"\n")
                place = file.tell()
            yield from _joined(whole)
        if not alive:
            return
        time.sleep(_POLL_SECONDS)
