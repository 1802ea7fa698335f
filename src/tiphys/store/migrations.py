"""The schema, as numbered steps. A store is brought up to date in one transaction, or left as it was."""

from __future__ import annotations

import sqlite3
from typing import Final

from tiphys.errors import StoreError
from tiphys.failpoints import failpoint

MIGRATIONS: Final = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        namespace TEXT NOT NULL,
        uid TEXT NOT NULL,
        created_at REAL NOT NULL,
        phase TEXT NOT NULL,
        message TEXT NOT NULL,
        started_at REAL,
        finished_at REAL,
        progress TEXT NOT NULL,
        state BLOB NOT NULL,
        spec BLOB NOT NULL,
        manifest BLOB NOT NULL,
        options BLOB NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX runs_by_phase ON runs (phase, id);
    CREATE TABLE nodes (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        id TEXT NOT NULL,
        place INTEGER NOT NULL,
        phase TEXT NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (run, id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE events (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        time REAL NOT NULL,
        data BLOB NOT NULL,
        PRIMARY KEY (run, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE attempts (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        pod_name TEXT NOT NULL,
        number INTEGER NOT NULL,
        node_id TEXT NOT NULL,
        token TEXT NOT NULL,
        phase TEXT NOT NULL,
        executor TEXT NOT NULL,
        start BLOB NOT NULL,
        PRIMARY KEY (run, pod_name, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX attempts_wanted ON attempts (run) WHERE phase = 'wanted';
    CREATE TABLE artifacts (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        node_id TEXT NOT NULL,
        name TEXT NOT NULL,
        path TEXT NOT NULL,
        digest TEXT NOT NULL,
        size INTEGER NOT NULL,
        PRIMARY KEY (run, node_id, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE caches (
        namespace TEXT NOT NULL,
        cache TEXT NOT NULL,
        key TEXT NOT NULL,
        entry BLOB NOT NULL,
        PRIMARY KEY (namespace, cache, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE requests (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        data BLOB NOT NULL
    ) STRICT;
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date; raises `StoreError` for a store of a newer tiphys."""
    have = version(connection)
    if have > len(MIGRATIONS):
        raise StoreError(
            f"the store has schema {have}, this tiphys knows {len(MIGRATIONS)}",
            remedy="use the newer tiphys that wrote it, or another state_dir",
        )
    if have == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version(connection), len(MIGRATIONS)):
            for statement in filter(None, (part.strip() for part in MIGRATIONS[number].split(";"))):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        failpoint("migration.applied")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def version(connection: sqlite3.Connection) -> int:
    """The schema that a database has."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
