from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tiphys.engine.priority_queue import PriorityQueue

waiters = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3), st.tuples(st.integers(0, 3), st.integers(0, 5))
)


@given(waiters)
def test_the_front_has_the_highest_priority_and_among_those_the_greatest_age(
    entries: dict[str, tuple[int, int]],
) -> None:
    queue = PriorityQueue()
    for key, (priority, created) in entries.items():
        queue.add(key, priority, created)
    left = dict(entries)
    while left:
        front = queue.peek()
        assert front is not None
        assert left[front][0] == max(priority for priority, _ in left.values())
        assert left[front][1] == min(
            created for priority, created in left.values() if priority == left[front][0]
        )
        queue.remove(front)
        del left[front]
    assert queue.peek() is None


@given(waiters, st.data())
def test_who_leaves_is_gone(entries: dict[str, tuple[int, int]], data: st.DataObject) -> None:
    queue = PriorityQueue()
    for key, (priority, created) in entries.items():
        queue.add(key, priority, created)
    leaving = data.draw(st.sets(st.sampled_from(sorted(entries)))) if entries else set()
    for key in leaving:
        queue.remove(key)
    assert set(queue.waiters()) == set(entries) - leaving
    assert len(queue) == len(entries) - len(leaving)


def test_a_changed_priority_moves_a_waiter() -> None:
    queue = PriorityQueue()
    queue.add("a", 1, 0)
    queue.add("b", 0, 0)
    queue.add("b", 2, 0)
    assert queue.peek() == "b"
    assert queue.first(5) == ["b", "a"]
