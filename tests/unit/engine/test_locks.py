from __future__ import annotations

import pytest

from tiphys.engine.locks import LockTable
from tiphys.engine.run import Node, Run
from tiphys.errors import NodeError
from tiphys.messages.phases import NodePhase, NodeType

MUTEX = {"mutexes": [{"name": "m"}]}
SEMAPHORE = {"semaphores": [{"configMapKeyRef": {"name": "cm", "key": "k"}}]}


def make_run(name: str, created_at: float = 0.0) -> Run:
    return Run(name=name, namespace="default", uid=name, created_at=created_at, manifest={})


def make_table(limit: int | None = 2) -> LockTable:
    return LockTable(lambda namespace, config_map, key: limit)


def test_a_mutex_has_one_holder_and_the_next_is_told_who_holds_it() -> None:
    table, run = make_table(), make_run("wf")

    assert table.try_acquire(run, "wf-1", MUTEX).acquired
    second = table.try_acquire(run, "wf-2", MUTEX)

    assert not second.acquired
    assert second.failed_lock == "default/Mutex/m"
    assert second.message == "Waiting for default/Mutex/m lock. Lock status: 0/1"
    assert run.synchronization == {
        "mutex": {
            "holding": [{"mutex": "default/Mutex/m", "holder": "default/wf/wf-1"}],
            "waiting": [{"mutex": "default/Mutex/m", "holder": "default/wf/wf-1"}],
        }
    }


def test_acquiring_again_changes_nothing() -> None:
    table, run = make_table(), make_run("wf")
    assert table.try_acquire(run, "wf-1", MUTEX).updated
    again = table.try_acquire(run, "wf-1", MUTEX)
    assert again.acquired
    assert not again.updated


def test_a_released_mutex_can_be_taken() -> None:
    table, run = make_table(), make_run("wf")
    table.try_acquire(run, "wf-1", MUTEX)
    table.try_acquire(run, "wf-2", MUTEX)
    table.release(run, "wf-1", MUTEX)
    assert table.try_acquire(run, "wf-2", MUTEX).acquired


def test_a_semaphore_lets_as_many_in_as_its_config_map_says() -> None:
    table, run = make_table(limit=2), make_run("wf")
    taken = [table.try_acquire(run, f"wf-{i}", SEMAPHORE).acquired for i in range(3)]
    assert taken == [True, True, False]
    assert run.synchronization is not None
    assert run.synchronization["semaphore"]["waiting"] == [
        {
            "semaphore": "default/ConfigMap/cm/k",
            "holders": ["default/wf/wf-0", "default/wf/wf-1"],
        }
    ]


def test_all_locks_or_none() -> None:
    table, run = make_table(limit=1), make_run("wf")
    both = {**SEMAPHORE, **MUTEX}
    table.try_acquire(run, "wf-1", MUTEX)

    assert not table.try_acquire(run, "wf-2", both).acquired
    # the semaphore was not kept
    assert table.try_acquire(run, "wf-3", SEMAPHORE).acquired


@pytest.mark.parametrize("limit", [None, 0])
def test_a_semaphore_without_limit_is_an_error(limit: int | None) -> None:
    with pytest.raises(NodeError, match="failed to initialize semaphore default/ConfigMap/cm/k with limit"):
        make_table(limit).try_acquire(make_run("wf"), "wf-1", SEMAPHORE)


def test_the_same_lock_twice_is_an_error() -> None:
    twice = {"mutexes": [{"name": "m"}, {"name": "m"}]}
    with pytest.raises(NodeError, match="duplicate synchronization item found"):
        make_table().try_acquire(make_run("wf"), "", twice)


def test_among_runs_priority_then_age_decide() -> None:
    table = make_table()
    holder, young, old, urgent = (make_run(name, at) for name, at in [("h", 0), ("y", 3), ("o", 1), ("u", 9)])
    table.try_acquire(holder, "", MUTEX)
    for run, priority in ((young, 0), (old, 0), (urgent, 5)):
        assert not table.try_acquire(run, "", MUTEX, priority).acquired
    table.take_woken()

    table.release_all(holder)

    assert table.take_woken() == {"default/u"}
    assert not table.try_acquire(old, "", MUTEX).acquired
    assert table.try_acquire(urgent, "", MUTEX, 5).acquired
    table.release_all(urgent)
    assert not table.try_acquire(young, "", MUTEX).acquired
    assert table.try_acquire(old, "", MUTEX).acquired


def test_a_lowered_limit_lets_nobody_in_until_enough_left() -> None:
    limits = {"now": 2}
    table, run = LockTable(lambda *_: limits["now"]), make_run("wf")
    table.try_acquire(run, "a", SEMAPHORE)
    table.try_acquire(run, "b", SEMAPHORE)
    limits["now"] = 1
    assert not table.try_acquire(run, "c", SEMAPHORE).acquired
    table.release(run, "a", SEMAPHORE)
    assert not table.try_acquire(run, "c", SEMAPHORE).acquired
    table.release(run, "b", SEMAPHORE)
    assert table.try_acquire(run, "c", SEMAPHORE).acquired


def test_what_was_held_before_a_restart_is_held_after_it() -> None:
    run, other = make_run("wf"), make_run("other")
    make_table().try_acquire(run, "wf-1", {**MUTEX, **SEMAPHORE})

    table = make_table(limit=1)
    table.reestablish(run)

    assert not table.try_acquire(other, "", MUTEX).acquired
    assert not table.try_acquire(other, "", SEMAPHORE).acquired
    table.forget("default", "wf")
    assert table.try_acquire(other, "", MUTEX).acquired


def test_the_end_of_a_run_empties_its_status_and_names_the_waiting() -> None:
    table, run = make_table(), make_run("wf")
    table.try_acquire(run, "wf-1", MUTEX)
    table.try_acquire(run, "wf-2", MUTEX)
    run.nodes["wf-2"] = Node(
        "wf-2",
        "wf.b",
        "b",
        NodeType.POD,
        NodePhase.PENDING,
        synchronization_status={"waiting": "default/Mutex/m"},
    )

    assert table.release_all(run) == ["wf-2"]
    assert run.synchronization is None
    assert table.try_acquire(make_run("other"), "", MUTEX).acquired
