"""One suite over every store."""

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tiphys.errors import BadInput, RunLocked, RunNotFound, StoreError
from tiphys.store.port import Store
from tiphys.store.records import (
    ArtifactRow,
    AttemptRow,
    CacheRow,
    Commit,
    EventsRow,
    Filter,
    NodeRow,
    RunRow,
    RunState,
)
from tiphys.store.sqlite import SqliteStore

STORES = {"sqlite": SqliteStore}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = STORES[request.param](tmp_path / "state")
    yield made
    made.close()


@pytest.fixture
def other(store: Store, tmp_path: Path) -> Iterator[Store]:
    """The same store, as another process sees it."""
    made = type(store)(tmp_path / "state")  # type: ignore[call-arg]
    yield made
    made.close()


def run_row(name: str, created_at: float = 1.0) -> RunRow:
    return RunRow(name, "default", f"uid-{name}", created_at, b'[{"kind": "Workflow"}]')


def state(phase: str = "Running", **more: float | str) -> RunState:
    return RunState(b'{"labels": {"team": "a"}}', phase, **more)  # type: ignore[arg-type]


def test_a_run_comes_back(store: Store) -> None:
    store.create(run_row("one"))
    found = store.run("one")
    assert (found.name, found.uid, found.manifest) == ("one", "uid-one", b'[{"kind": "Workflow"}]')
    assert store.directory("one").is_dir()


def test_names_are_unique_and_valid(store: Store) -> None:
    store.create(run_row("one"))
    with pytest.raises(StoreError, match="exists"):
        store.create(run_row("one"))
    for name in ("", "..", "a/b", "-a", "A", "x" * 254, "a..b", "a\n"):
        with pytest.raises(BadInput):
            store.create(run_row(name))


def test_what_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(RunNotFound):
        store.run("nothing")
    with pytest.raises(RunNotFound):
        store.run("@latest")
    with pytest.raises(RunNotFound):
        store.commit(Commit("nothing", state()))
    with pytest.raises(RunNotFound):
        store.request("nothing", "RunStopped")


def test_a_commit_is_whole(store: Store, other: Store) -> None:
    store.create(run_row("one"))
    store.commit(
        Commit(
            "one",
            state=RunState(b"{}", "Running", "m", 2.0, None, "0/1", spec=b"spec"),
            events=[EventsRow(0, 2.0, b"[]")],
            nodes=[NodeRow("n1", 0, "Pending", b"data")],
            attempts=[AttemptRow("n1", "pod", 0, "token", "wanted", b"start", "process")],
            artifacts=[ArtifactRow("n1", "o", "/p", "sha256:0", 3)],
            caches=[CacheRow("default", "cache", "key", b"entry")],
        )
    )
    run = other.run("one")
    assert (run.phase, run.message, run.started_at, run.progress, run.spec) == (
        "Running",
        "m",
        2.0,
        "0/1",
        b"spec",
    )
    assert list(other.events("one")) == [EventsRow(0, 2.0, b"[]")]
    assert other.nodes("one") == [NodeRow("n1", 0, "Pending", b"data")]
    assert other.attempts("one", wanted_only=True) == [
        AttemptRow("n1", "pod", 0, "token", "wanted", b"start", "process")
    ]
    assert other.artifacts("one") == [ArtifactRow("n1", "o", "/p", "sha256:0", 3)]
    assert other.caches("default") == [CacheRow("default", "cache", "key", b"entry")]


def test_a_commit_that_fails_leaves_nothing(store: Store) -> None:
    store.create(run_row("one"))
    store.commit(Commit("one", events=[EventsRow(0, 1.0, b"[]")]))
    with pytest.raises(StoreError):
        store.commit(
            Commit(
                "one",
                state("Failed"),
                events=[EventsRow(0, 2.0, b"twice")],
                nodes=[NodeRow("n", 0, "x", b"")],
            )
        )
    assert store.run("one").phase == ""
    assert store.nodes("one") == []
    store.commit(Commit("one", state("Succeeded")))
    assert store.run("one").phase == "Succeeded"


def test_nodes_keep_their_order_and_can_go(store: Store) -> None:
    store.create(run_row("one"))
    store.commit(Commit("one", nodes=[NodeRow("b", 0, "Running", b"1"), NodeRow("a", 1, "Running", b"2")]))
    store.commit(Commit("one", nodes=[NodeRow("b", 0, "Succeeded", b"3")], gone_nodes=["a"]))
    assert store.nodes("one") == [NodeRow("b", 0, "Succeeded", b"3")]


def test_attempts_end_once_committed(store: Store) -> None:
    store.create(run_row("one"))
    first, second = (AttemptRow("n", "pod", number, f"t{number}", "wanted") for number in (0, 1))
    store.commit(Commit("one", attempts=[first]))
    store.commit(Commit("one", attempts=[second], over=[("pod", 0)]))
    assert [each.number for each in store.attempts("one", wanted_only=True)] == [1]
    assert [each.phase for each in store.attempts("one")] == ["over", "wanted"]


def test_history_is_read_in_pieces(store: Store) -> None:
    store.create(run_row("one"))
    store.commit(Commit("one", events=[EventsRow(number, 1.0, b"[]") for number in range(1203)]))
    assert [each.sequence for each in store.events("one")] == list(range(1203))
    assert [each.sequence for each in store.events("one", after=1200)] == [1201, 1202]


def test_lists_are_filtered_newest_first(store: Store) -> None:
    for number, phase in enumerate(("Succeeded", "Failed", "Running")):
        store.create(run_row(f"run-{number}"))
        store.commit(Commit(f"run-{number}", state(phase, finished_at=1.0) if number < 2 else state(phase)))
    store.create(run_row("other"))

    def names(**which: object) -> list[str]:
        return [each.name for each in store.runs(Filter(**which))]  # type: ignore[arg-type]

    assert names() == ["other", "run-2", "run-1", "run-0"]
    assert names(phases=["Failed", "Running"]) == ["run-2", "run-1"]
    assert names(prefix="run-", limit=1, offset=1) == ["run-1"]
    assert names(unfinished=True) == ["other", "run-2"]
    assert names(labels={"team": "a"}) == ["run-2", "run-1", "run-0"]
    assert names(labels={"team": "b"}) == []
    assert store.run("@latest").name == "other"


def test_requests_reach_the_driver_once(store: Store, other: Store) -> None:
    store.create(run_row("one"))
    store.has_changed()
    assert not store.has_changed()
    other.request("one", "RunStopped", b'{"event":"RunStopped"}')
    assert store.has_changed()
    (request,) = store.requests("one")
    assert (request.kind, request.data) == ("RunStopped", b'{"event":"RunStopped"}')
    store.commit(Commit("one", taken=[request.id]))
    assert other.requests("one") == []


def test_one_driver_a_run(store: Store, other: Store) -> None:
    store.create(run_row("one"))
    assert not other.is_driven("one")
    with store.driving("one"):
        assert other.is_driven("one")
        with pytest.raises(RunLocked), other.driving("one"):
            pass
        with pytest.raises(RunLocked):
            other.delete("one")
    with other.driving("one"):
        pass


def test_delete_takes_everything(store: Store, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    store.create(run_row("one"))
    store.commit(Commit("one", nodes=[NodeRow("n", 0, "Running", b"")], events=[EventsRow(0, 1.0, b"")]))
    (store.directory("one") / "pods").mkdir()
    (store.directory("one") / "pods" / "link").symlink_to(tmp_path / "precious")
    store.delete("one")
    with pytest.raises(RunNotFound):
        store.run("one")
    assert store.runs() == []
    assert not store.directory("one").exists()
    assert (tmp_path / "precious" / "file").exists()
    store.create(run_row("one"))
    assert store.nodes("one") == []


@pytest.mark.parametrize("name", ["..", ".", "../x", "/etc", "a/b", ""])
def test_no_name_leads_out(store: Store, name: str) -> None:
    with pytest.raises(BadInput):
        store.directory(name)
    with pytest.raises(BadInput):
        store.delete(name)


def test_many_threads_commit(store: Store) -> None:
    for number in range(8):
        store.create(run_row(f"run-{number}"))

    def work(number: int) -> None:
        for step in range(25):
            store.commit(Commit(f"run-{number}", events=[EventsRow(step, 1.0, b"[]")]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(list(store.events(f"run-{number}"))) == 25 for number in range(8))


def test_one_bad_commit_of_a_group_fails_alone(store: Store) -> None:
    store.create(run_row("good"))
    store.create(run_row("bad"))
    failures = []

    def work(run: str) -> None:
        for step in range(20):
            try:
                store.commit(Commit(run, events=[EventsRow(0 if run == "bad" else step, 1.0, b"[]")]))
            except StoreError:
                failures.append(run)

    threads = [threading.Thread(target=work, args=(run,)) for run in ("good", "bad")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(failures) == {"bad"}
    assert len(failures) == 19
    assert len(list(store.events("good"))) == 20


def write_from_process(kind: type, folder: Path, name: str) -> None:
    made = kind(folder)
    for step in range(30):
        made.commit(Commit(name, events=[EventsRow(step, 1.0, b"x" * 2000)]))
    made.close()


def test_many_processes_commit(store: Store, tmp_path: Path) -> None:
    for number in range(3):
        store.create(run_row(f"run-{number}"))
    context = multiprocessing.get_context("spawn")
    workers = [
        context.Process(target=write_from_process, args=(type(store), tmp_path / "state", f"run-{number}"))
        for number in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert all(len(list(store.events(f"run-{number}"))) == 30 for number in range(3))
    assert store.check() == []


def test_a_store_of_nobody_else(store: Store, tmp_path: Path) -> None:
    store.create(run_row("one"))
    store.commit(Commit("one", state()))
    for path in [tmp_path / "state", *(tmp_path / "state").rglob("*")]:
        assert not path.stat().st_mode & 0o077, path


def test_check_and_vacuum(store: Store) -> None:
    store.create(run_row("one"))
    assert store.check() == []
    store.vacuum()
    assert store.run("one").name == "one"
