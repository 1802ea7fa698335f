"""Who waits for a lock: higher priority first, then the older run.

A binary heap with the moves of Go's container/heap, since the order among equals shows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Waiter:
    key: str
    priority: int
    created_at: int

    def is_before(self, other: _Waiter) -> bool:
        if self.priority == other.priority:
            return self.created_at < other.created_at
        return self.priority > other.priority


class PriorityQueue:
    """The waiters of one lock, each key once."""

    def __init__(self) -> None:
        self._heap: list[_Waiter] = []
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._heap)

    def waiters(self) -> list[str]:
        """All who wait, in no useful order."""
        return list(self._places)

    def first(self, count: int) -> list[str]:
        """The first `count` of the heap (only the very first is sure to be the next)."""
        return [waiter.key for waiter in self._heap[:count]]

    def peek(self) -> str | None:
        """Whose turn it is."""
        return self._heap[0].key if self._heap else None

    def add(self, key: str, priority: int, created_at: float) -> None:
        """Queue up; who waits already only changes priority. Kubernetes keeps whole seconds."""
        index = self._places.get(key)
        if index is None:
            self._places[key] = len(self._heap)
            self._heap.append(_Waiter(key, priority, int(created_at)))
            self._up(len(self._heap) - 1)
        elif self._heap[index].priority != priority:
            self._heap[index].priority = priority
            if not self._down(index, len(self._heap)):
                self._up(index)

    def remove(self, key: str) -> None:
        """Leave the queue, if in it."""
        index = self._places.get(key)
        if index is None:
            return
        last = len(self._heap) - 1
        if last != index:
            self._swap(index, last)
            if not self._down(index, last):
                self._up(index)
        del self._places[self._heap.pop().key]

    def _swap(self, i: int, j: int) -> None:
        self._heap[i], self._heap[j] = self._heap[j], self._heap[i]
        self._places[self._heap[i].key], self._places[self._heap[j].key] = i, j

    def _up(self, j: int) -> None:
        while j > 0:
            parent = (j - 1) // 2
            if not self._heap[j].is_before(self._heap[parent]):
                return
            self._swap(parent, j)
            j = parent

    def _down(self, start: int, size: int) -> bool:
        i = start
        while (left := 2 * i + 1) < size:
            right = left + 1
            j = right if right < size and self._heap[right].is_before(self._heap[left]) else left
            if not self._heap[j].is_before(self._heap[i]):
                break
            self._swap(i, j)
            i = j
        return i > start
