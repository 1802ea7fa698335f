"""A store is brought up to date as a whole, and one of a newer tiphys is refused."""

import sqlite3
from pathlib import Path

import pytest

from tiphys import failpoints
from tiphys.errors import StoreError
from tiphys.store.migrations import MIGRATIONS, migrate, version
from tiphys.store.sqlite import SqliteStore


def test_a_fresh_store_has_the_newest_schema(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "state").close()
    connection = sqlite3.connect(tmp_path / "state" / "store.db")
    assert version(connection) == len(MIGRATIONS)
    connection.close()


def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "state").close()
    connection = sqlite3.connect(tmp_path / "state" / "store.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreError, match="schema 999"):
        SqliteStore(tmp_path / "state")


def test_a_migration_that_fails_leaves_the_old_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    failpoints.arm({failpoints.VARIABLE: "migration.applied=error:EIO"})
    with pytest.raises(OSError, match=r"migration\.applied"):
        migrate(connection)
    failpoints.arm({})
    assert version(connection) == 0
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    migrate(connection)
    migrate(connection)
    assert version(connection) == len(MIGRATIONS)
    connection.close()


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "state").close()
    (tmp_path / "state" / "store.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreError, match="the store failed"):
        SqliteStore(tmp_path / "state")
