"""What of a frame is to be looked at, in Argo's order, without looking at the rest.

Places are numbers: ranks of tasks, indices of steps. Within a pass the numbers taken only grow; what
comes up behind is left for the next pass. Places that a limit keeps waiting are only taken when the
limit has room, so that ten thousand waiting tasks cost nothing.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable


def _never() -> bool:
    return False


class Agenda:
    """Numbers to look at; at first all below `count`."""

    __slots__ = ("_dirty", "_later", "_marked", "_position", "_refused")

    def __init__(self, count: int) -> None:
        self._dirty = list(range(count))
        self._marked = set(self._dirty)
        self._later: list[int] = []
        self._refused: list[int] = []
        self._position = -1

    def __bool__(self) -> bool:
        return bool(self._dirty or self._later)

    @property
    def has_refused(self) -> bool:
        """Whether anything waits for a limit."""
        return bool(self._refused)

    def push(self, number: int) -> None:
        """Look at this one: in this pass if it is still ahead, else in the next."""
        if number in self._marked:
            return
        self._marked.add(number)
        if number <= self._position:
            self._later.append(number)
        else:
            heapq.heappush(self._dirty, number)

    def refuse(self, number: int) -> None:
        """A limit keeps this one waiting."""
        at = bisect_right(self._refused, number)
        if at == 0 or self._refused[at - 1] != number:
            self._refused.insert(at, number)

    def take(self, limit_reached: Callable[[], bool] = _never) -> int | None:
        """The next number of this pass, or None at its end."""
        at = bisect_right(self._refused, self._position)
        refused = self._refused[at] if at < len(self._refused) else None
        if refused is not None and (not self._dirty or refused < self._dirty[0]) and not limit_reached():
            del self._refused[at]
            self._position = refused
            return refused
        if not self._dirty:
            return None
        number = heapq.heappop(self._dirty)
        self._marked.discard(number)
        if number == refused:
            del self._refused[at]
        self._position = number
        return number

    def end_pass(self) -> None:
        """Start over with what came up behind."""
        self._position = -1
        for number in self._later:
            heapq.heappush(self._dirty, number)
        self._later.clear()
