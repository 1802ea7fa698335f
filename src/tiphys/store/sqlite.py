"""The store in SQLite: WAL, synchronous=FULL, one writer at a time in all processes, group commit.

SQLite before 3.51.3 may corrupt a WAL when two connections write and checkpoint at once; the turnstile
lets one through at a time, and only a writer checkpoints. A write that fails closes the connection:
what is on the disk is read again.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tiphys.errors import RunNotFound, StoreError, TiphysError
from tiphys.failpoints import failpoint
from tiphys.store.files import Turnstile, checked_name, is_locked, locked, make_private, remove_tree
from tiphys.store.migrations import migrate
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
from tiphys.store.writes import insert_run, run_id, write

LATEST: Final = "@latest"

_BUSY_SECONDS: Final = 10.0
_CHECKPOINT_PAGES: Final = 4000
_RUN_COLUMNS: Final = "name, namespace, uid, created_at, phase, message, started_at, finished_at, progress"


@dataclass(slots=True)
class _Pending:
    """A commit that waits for its turn."""

    commit: Commit
    done: threading.Event = field(default_factory=threading.Event)
    failure: Exception | None = None


class SqliteStore:
    """Runs in `folder/store.db`, their directories in `folder/runs`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        make_private(folder)
        self._runs = folder / "runs"
        self._runs.mkdir(exist_ok=True, mode=0o700)
        self._turnstile = Turnstile(folder / "store.lock")
        self._access = threading.RLock()
        self._queue: list[_Pending] = []
        self._queue_guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._seen = -1
        self._ids: dict[str, int] = {}
        with self._writing() as connection:
            migrate(connection)

    def create(self, run: RunRow) -> None:
        """Add a run; raises `StoreError` if one of that name exists."""
        checked_name(run.name)
        failpoint("run.creating")
        with self._writing() as connection, _transaction(connection):
            insert_run(connection, run)
        self.directory(run.name).mkdir(exist_ok=True, mode=0o700)
        failpoint("run.created")

    def commit(self, commit: Commit) -> None:
        """Write one step, together with those of other threads that wait."""
        own = _Pending(commit)
        with self._queue_guard:
            self._queue.append(own)
        with self._access:
            if not own.done.is_set():
                self._write_queue()
        if own.failure:
            raise own.failure

    def _write_queue(self) -> None:
        with self._queue_guard:
            group, self._queue = self._queue, []
        try:
            with self._writing() as connection, _transaction(connection):
                for pending in group:
                    write(connection, self._id(connection, pending.commit.run), pending.commit)
        except TiphysError as error:
            if len(group) == 1:
                group[0].failure = error
            else:
                self._write_one_by_one(group)
        for pending in group:
            pending.done.set()

    def _write_one_by_one(self, group: Sequence[_Pending]) -> None:
        """One of a group failed: the others must not fail with it."""
        for pending in group:
            try:
                with self._writing() as connection, _transaction(connection):
                    write(connection, self._id(connection, pending.commit.run), pending.commit)
            except TiphysError as error:
                pending.failure = error

    def run(self, name: str) -> RunRow:
        """The run of that name, or the newest."""
        where, values = ("name = ?", (name,)) if name != LATEST else ("TRUE", ())
        found = self._read(
            f"SELECT {_RUN_COLUMNS}, manifest, options, state, spec FROM runs"  # noqa: S608 (constants)
            f" WHERE NOT deleted AND {where} ORDER BY id DESC LIMIT 1",
            values,
        )
        if not found:
            what = "there is no run yet" if name == LATEST else f"no run is called {name}"
            raise RunNotFound(what, remedy="see `tiphys list`")
        return _run_row(found[0])

    def runs(self, which: Filter = Filter()) -> list[RunRow]:  # noqa: B008 (frozen)
        """Runs, the newest first, without their large columns."""
        conditions: list[str] = ["NOT deleted"]
        values: list[str | int] = []
        if which.phases:
            conditions.append(f"phase IN ({', '.join('?' * len(which.phases))})")
            values += list(which.phases)
        if which.unfinished:
            conditions.append("finished_at IS NULL")
        if which.prefix:
            conditions.append("substr(name, 1, ?) = ?")
            values += [len(which.prefix), which.prefix]
        for key, value in which.labels.items():
            conditions.append(
                "EXISTS (SELECT 1 FROM json_each(CAST(state AS TEXT), '$.labels')"
                " WHERE key = ? AND value = ?)"
            )
            values += [key, value]
        found = self._read(
            f"SELECT {_RUN_COLUMNS}, x'', x'', x'', x'' FROM runs WHERE {' AND '.join(conditions)}"  # noqa: S608
            " ORDER BY id DESC LIMIT ? OFFSET ?",
            (*values, which.limit or -1, which.offset),
        )
        return [_run_row(each) for each in found]

    def nodes(self, run: str) -> list[NodeRow]:
        """The nodes of a run in the order in which they came to be."""
        return [
            NodeRow(*each)
            for each in self._read_of(
                run, "SELECT id, place, phase, data FROM nodes WHERE run = ? ORDER BY place"
            )
        ]

    def events(self, run: str, after: int = -1) -> Iterator[EventsRow]:
        """The history of a run, read in pieces."""
        query = (
            "SELECT sequence, time, data FROM events WHERE run = ? AND sequence > ?"
            " ORDER BY sequence LIMIT 500"
        )
        while found := self._read_of(run, query, after):
            for each in found:
                yield EventsRow(*each)
            after = found[-1][0]

    def attempts(self, run: str, *, wanted_only: bool = False) -> list[AttemptRow]:
        """The attempts of a run, in order."""
        query = (
            "SELECT node_id, pod_name, number, token, phase, start, executor FROM attempts"
            " WHERE run = ? AND (phase = 'wanted' OR NOT ?) ORDER BY pod_name, number"
        )
        return [AttemptRow(*each) for each in self._read_of(run, query, wanted_only)]

    def artifacts(self, run: str) -> list[ArtifactRow]:
        """The artifacts that a run saved."""
        query = "SELECT node_id, name, path, digest, size FROM artifacts WHERE run = ?"
        return [ArtifactRow(*each) for each in self._read_of(run, query)]

    def caches(self, namespace: str) -> list[CacheRow]:
        """All entries of the memoization caches of a namespace."""
        query = "SELECT namespace, cache, key, entry FROM caches WHERE namespace = ? ORDER BY cache, key"
        return [CacheRow(*each) for each in self._read(query, (namespace,))]

    def request(self, run: str, kind: str, data: bytes = b"{}") -> None:
        """Leave a request for the driver of a run."""
        with self._writing() as connection, _transaction(connection):
            number = run_id(connection, run)
            connection.execute(
                "INSERT INTO requests (run, kind, data) VALUES (?, ?, ?)", (number, kind, data)
            )

    def requests(self, run: str) -> list[RequestRow]:
        """The requests that were not taken yet, in order."""
        query = "SELECT id, kind, data FROM requests WHERE run = ? ORDER BY id"
        return [RequestRow(*each) for each in self._read_of(run, query)]

    def has_changed(self) -> bool:
        """Whether another process may have written since this was asked last."""
        seen = int(self._read("PRAGMA data_version")[0][0])
        changed, self._seen = seen != self._seen, seen
        return changed

    def driving(self, run: str) -> AbstractContextManager[None]:
        """Be the one driver of a run while it lasts."""
        return locked(self.directory(run) / "driver.lock", f"run {run} is driven by another process")

    def is_driven(self, run: str) -> bool:
        """Whether any process drives the run."""
        return is_locked(self.directory(run) / "driver.lock")

    def delete(self, run: str) -> None:
        """Mark the run, remove its directory, then its rows: cut short anywhere, it can be done again."""
        directory = self.directory(run)
        directory.mkdir(exist_ok=True, mode=0o700)
        with self.driving(run):
            with self._writing() as connection, _transaction(connection):
                number = run_id(connection, run, deleted=True)
                connection.execute("UPDATE runs SET deleted = 1 WHERE id = ?", (number,))
            failpoint("delete.marked")
            remove_tree(self._runs, directory)
            failpoint("delete.files_gone")
            with self._writing() as connection, _transaction(connection):
                connection.execute("DELETE FROM runs WHERE id = ?", (number,))
            self._ids.pop(run, None)

    def directory(self, run: str) -> Path:
        """The directory of a run."""
        return self._runs / checked_name(run)

    def check(self) -> Sequence[str]:
        """What SQLite and the references say is wrong."""
        found = [str(row[0]) for row in self._read("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [f"row of {row[0]} without its run" for row in self._read("PRAGMA foreign_key_check")]

    def vacuum(self) -> None:
        """Give space back that deleted runs took."""
        with self._writing() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Let go of the store."""
        with self._access:
            self._drop()
            self._turnstile.close()

    def _id(self, connection: sqlite3.Connection, run: str) -> int:
        if run not in self._ids:
            self._ids[run] = run_id(connection, run)
        return self._ids[run]

    def _read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._access, _as_store_errors():
            return self._open().execute(query, values).fetchall()

    def _read_of(self, run: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._access, _as_store_errors():
            connection = self._open()
            return connection.execute(query, (run_id(connection, run), *values)).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._access, self._turnstile, _as_store_errors():
            connection = self._open()
            try:
                yield connection
                self._checkpoint(connection)
            except (sqlite3.Error, OSError):
                self._drop()
                raise

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        wal = self.folder / "store.db-wal"
        if wal.exists() and wal.stat().st_size > _CHECKPOINT_PAGES * 4096:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            path = self.folder / "store.db"
            if not path.exists():
                path.touch(mode=0o600)
            connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute("PRAGMA foreign_keys = ON")
            self._connection = connection
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def _as_store_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the store failed: {error}", remedy="see `tiphys db check`") from error


def _run_row(row: tuple[Any, ...]) -> RunRow:
    name, namespace, uid, created, phase, message, started, finished, progress, *large = row
    manifest, options, state, spec = large
    return RunRow(
        name=name,
        namespace=namespace,
        uid=uid,
        created_at=created,
        manifest=manifest,
        options=options,
        state=state,
        spec=spec,
        phase=phase,
        message=message,
        started_at=started,
        finished_at=finished,
        progress=progress,
    )
