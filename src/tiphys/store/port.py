"""The port of stores. `tests/ports` runs one suite over every store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from tiphys.store.records import (
    ArtifactRow,
    AttemptRow,
    CacheRow,
    Commit,
    EventsRow,
    Filter,
    NodeRow,
    RequestRow,
    RunRow,
)


class Store(Protocol):
    """Where runs are kept. What `create` and `commit` returned from is on the disk."""

    def create(self, run: RunRow) -> None:
        """Add a run; raises `StoreError` if one of that name exists."""

    def commit(self, commit: Commit) -> None:
        """Write one step of a run, with those of other threads that wait, in one transaction."""

    def run(self, name: str) -> RunRow:
        """The run of that name (`@latest`: the newest); raises `RunNotFound`."""

    def runs(self, which: Filter = Filter()) -> list[RunRow]:  # noqa: B008 (frozen)
        """Runs, the newest first; without manifest, options and state."""

    def nodes(self, run: str) -> list[NodeRow]:
        """The nodes of a run in the order in which they came to be."""

    def events(self, run: str, after: int = -1) -> Iterator[EventsRow]:
        """The history of a run, from the step behind `after` on."""

    def attempts(self, run: str, *, wanted_only: bool = False) -> list[AttemptRow]:
        """The attempts of a run, in order."""

    def artifacts(self, run: str) -> list[ArtifactRow]:
        """The artifacts that a run saved."""

    def caches(self, namespace: str) -> list[CacheRow]:
        """All entries of the memoization caches of a namespace."""

    def request(self, run: str, kind: str, data: bytes = b"{}") -> None:
        """Leave a request for the driver of a run."""

    def requests(self, run: str) -> list[RequestRow]:
        """The requests that were not taken yet, in order."""

    def has_changed(self) -> bool:
        """Whether another process may have written since this was asked last."""

    def driving(self, run: str) -> AbstractContextManager[None]:
        """Be the one driver of a run while it lasts; raises `RunLocked` if there is another."""

    def is_driven(self, run: str) -> bool:
        """Whether any process drives the run."""

    def delete(self, run: str) -> None:
        """Remove a run and its directory; raises `RunLocked` while it is driven."""

    def directory(self, run: str) -> Path:
        """The directory of a run: its attempts, logs and files."""

    def check(self) -> Sequence[str]:
        """What is wrong with the store; nothing if it is sound."""

    def vacuum(self) -> None:
        """Give space back that deleted runs took."""

    def close(self) -> None:
        """Let go of the store."""
