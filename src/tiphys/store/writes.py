"""The statements that write: a new run, and one step of a run."""

from __future__ import annotations

import sqlite3

from tiphys.errors import RunNotFound, StoreError
from tiphys.store.records import Commit, RunRow


def run_id(connection: sqlite3.Connection, run: str, *, deleted: bool = False) -> int:
    """The number of a run in the database; raises `RunNotFound`."""
    found = connection.execute(
        "SELECT id FROM runs WHERE name = ? AND (? OR NOT deleted)", (run, deleted)
    ).fetchone()
    if found is None:
        raise RunNotFound(f"no run is called {run}", remedy="see `tiphys list`")
    return int(found[0])


def insert_run(connection: sqlite3.Connection, run: RunRow) -> None:
    """Add a run, whose name is free."""
    try:
        connection.execute(
            "INSERT INTO runs (name, namespace, uid, created_at, phase, message, started_at, finished_at,"
            " progress, state, spec, manifest, options) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run.name,
                run.namespace,
                run.uid,
                run.created_at,
                run.phase,
                run.message,
                run.started_at,
                run.finished_at,
                run.progress,
                run.state,
                run.spec,
                run.manifest,
                run.options,
            ),
        )
    except sqlite3.IntegrityError:
        raise StoreError(
            f"a run called {run.name} exists", remedy="use generateName, or delete it with `tiphys delete`"
        ) from None


def write(connection: sqlite3.Connection, run: int, commit: Commit) -> None:
    """Write one step of a run, inside a transaction."""
    state = commit.state
    if state is not None:
        connection.execute(
            "UPDATE runs SET state = ?, phase = ?, message = ?, started_at = ?, finished_at = ?, progress = ?"
            " WHERE id = ?",
            (
                state.state,
                state.phase,
                state.message,
                state.started_at,
                state.finished_at,
                state.progress,
                run,
            ),
        )
        if state.spec is not None:
            connection.execute("UPDATE runs SET spec = ? WHERE id = ?", (state.spec, run))
    if commit.events:
        connection.executemany(
            "INSERT INTO events (run, sequence, time, data) VALUES (?, ?, ?, ?)",
            [(run, each.sequence, each.time, each.data) for each in commit.events],
        )
    if commit.nodes:
        connection.executemany(
            "INSERT INTO nodes (run, id, place, phase, data) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (run, id) DO UPDATE SET phase = excluded.phase, data = excluded.data",
            [(run, each.id, each.place, each.phase, each.data) for each in commit.nodes],
        )
    for node_id in commit.gone_nodes:
        connection.execute("DELETE FROM nodes WHERE run = ? AND id = ?", (run, node_id))
    _write_attempts(connection, run, commit)
    for artifact in commit.artifacts:
        connection.execute(
            "INSERT OR REPLACE INTO artifacts (run, node_id, name, path, digest, size)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (run, artifact.node_id, artifact.name, artifact.path, artifact.digest, artifact.size),
        )
    for cache in commit.caches:
        connection.execute(
            "INSERT OR REPLACE INTO caches (namespace, cache, key, entry) VALUES (?, ?, ?, ?)",
            (cache.namespace, cache.cache, cache.key, cache.entry),
        )
    if commit.taken:
        connection.executemany("DELETE FROM requests WHERE id = ?", [(number,) for number in commit.taken])


def _write_attempts(connection: sqlite3.Connection, run: int, commit: Commit) -> None:
    for attempt in commit.attempts:
        connection.execute(
            "INSERT INTO attempts (run, pod_name, number, node_id, token, phase, executor, start)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run,
                attempt.pod_name,
                attempt.number,
                attempt.node_id,
                attempt.token,
                attempt.phase,
                attempt.executor,
                attempt.start,
            ),
        )
    for pod_name, number in commit.over:
        connection.execute(
            "UPDATE attempts SET phase = 'over' WHERE run = ? AND pod_name = ? AND number = ?",
            (run, pod_name, number),
        )
