"""What tasks of a DAG need: names in `depends` and `dependencies`, their order, their ancestors.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/common/ancestry.go
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tiphys.validation.invalid import Invalid

Json = Any
Task = Mapping[str, Json]

_NAME: Final = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)")
_RESULT: Final = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)")
_RESULTS: Final = frozenset(
    {"Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned", "AnySucceeded", "AllFailed"}
)
_RESULTS_OF_LOOPS: Final = frozenset({"AnySucceeded", "AllFailed"})


def names_in(depends: str) -> dict[str, bool]:
    """The tasks that a `depends` names; True for those whose items are asked about.

    >>> names_in("(a || b.Failed) && c.AnySucceeded")
    {'a': False, 'b': False, 'c': True}
    """
    found: dict[str, bool] = {}
    for match in _NAME.finditer(depends):
        name, _, result = match[0].partition(".")
        if match[1]:
            found[name] = found.get(name, False) or result in _RESULTS_OF_LOOPS
        else:
            found[name] = False
    return found


def check_results(depends: str) -> None:
    """Refuse words after a task's name that are no result."""
    for match in _RESULT.finditer(depends):
        name, _, result = match[0].partition(".")
        if result not in _RESULTS:
            raise Invalid(f"task result '{result}' for task '{name}' is invalid")


class Dependencies:
    """The tasks of a DAG by name, and what each of them needs."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._all = tasks
        self._tasks = {task.get("name") or "": task for task in tasks}
        self._needs: dict[str, dict[str, bool]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._tasks

    def needs(self, name: str) -> dict[str, bool]:
        """What a task needs directly, in the order in which it says so."""
        if name not in self._needs:
            self._needs[name] = self._find_needs(self._tasks.get(name, {}))
        return self._needs[name]

    def _find_needs(self, task: Task) -> dict[str, bool]:
        if depends := task.get("depends"):
            return names_in(depends)
        found: dict[str, bool] = {}
        for name in task.get("dependencies") or []:
            found.update(names_in(f"{name}.Succeeded"))
        return found

    def sorted_tasks(self) -> list[Task]:
        """All tasks, each behind those that it needs."""
        open_needs: dict[str, int] = {}
        for task in self._all:
            name = task.get("name") or ""
            if name in open_needs:
                raise Invalid(f"duplicated nodeName {name}")
            open_needs[name] = len(self._find_needs(task))
        followers: dict[str, list[str]] = {}
        for name in open_needs:
            for needed in self.needs(name):
                if needed not in open_needs:
                    raise Invalid(f"invalid dependency {needed}")
                followers.setdefault(needed, []).append(name)
        order = [name for name, count in open_needs.items() if count == 0]
        for name in order:
            for follower in followers.get(name, ()):
                open_needs[follower] -= 1
                if open_needs[follower] == 0:
                    order.append(follower)
        if len(order) < len(open_needs):
            raise Invalid("graph with cycle")
        return [self._tasks[name] for name in order]

    def refuse_result_of_no_loop(self, owner: str, name: str) -> None:
        """Refuse questions about the items of a task that has none."""
        for needed, asks_for_items in self.needs(name).items():
            other = self._tasks[needed]
            is_loop = (
                other.get("withItems") or other.get("withParam") or other.get("withSequence") is not None
            )
            if asks_for_items and not is_loop:
                raise Invalid(
                    f"templates.{owner}.tasks.{needed} dependency '{needed}' uses an items-based condition "
                    "such as .AnySucceeded or .AllFailed but does not contain any items"
                )

    def is_ancestor(self, name: str, *, of: str) -> bool:
        """True if the task `of` runs only after the other, directly or not."""
        if name not in self._tasks or name == of:
            return False
        seen = {of}
        queue = deque(self.needs(of))
        while queue:
            current = queue.popleft()
            if current == name:
                return True
            if current not in seen:
                seen.add(current)
                queue.extend(self.needs(current))
        return False
