"""What is fixed about a DAG before anything of it runs: who waits for whom, and in which order to look.

Argo walks from the target tasks up to what they depend on, each time. The rank of a task is its place
in that walk, so that looking at any few tasks by rank is looking at them in Argo's order.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/dag.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tiphys.expressions import depends
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase

Task = dict[str, Json]

_BARE: Final = (NodePhase.SUCCEEDED, NodePhase.SKIPPED)


class DagPlan:
    """The tasks of a DAG template by name, their `rank`, and the edges between them.

    Only tasks that a target needs have a rank. `simple` holds, for tasks without `depends`, the phases
    in which each dependency lets them run; `logic` the expanded expression of all others.
    """

    __slots__ = ("dependants", "dependencies", "logic", "order", "rank", "simple", "targets", "tasks")

    def __init__(self, dag: Mapping[str, Json]) -> None:
        self.tasks: dict[str, Task] = {}
        for task in dag.get("tasks") or []:
            self.tasks.setdefault(str(task.get("name", "")), task)
        self.dependencies: dict[str, tuple[str, ...]] = {}
        self.simple: dict[str, tuple[tuple[str, frozenset[NodePhase]], ...]] = {}
        self.logic: dict[str, str] = {}
        for name, task in self.tasks.items():
            self._resolve(name, task)
        target = str(dag.get("target") or "")
        self.targets: list[str] = target.split(" ") if target else self._leaves()
        self.order: list[str] = []
        self.rank: dict[str, int] = {}
        self._rank_all()
        self.dependants: dict[str, list[str]] = {}
        for name in self.order:
            for dependency in self.dependencies[name]:
                self.dependants.setdefault(dependency, []).append(name)

    def _resolve(self, name: str, task: Task) -> None:
        if task.get("depends"):
            parsed = depends.parse(str(task["depends"]), (), self._continue_on)
            self.logic[name] = parsed.logic
            self.dependencies[name] = parsed.names
            return
        named = tuple(dict.fromkeys(str(each) for each in task.get("dependencies") or ()))
        self.dependencies[name] = named
        if named:
            self.simple[name] = tuple((each, _phases(self.tasks[each])) for each in named)

    def _continue_on(self, name: str) -> depends.ContinueOn:
        found = self.tasks[name].get("continueOn") or {}
        return depends.ContinueOn(failed=bool(found.get("failed")), error=bool(found.get("error")))

    def _leaves(self) -> list[str]:
        needed = {name for names in self.dependencies.values() for name in names}
        return sorted(name for name in self.tasks if name not in needed)

    def _rank_all(self) -> None:
        seen: set[str] = set()
        for target in self.targets:
            stack = [(target, iter(self.dependencies[target]))] if target not in seen else []
            seen.add(target)
            while stack:
                name, rest = stack[-1]
                deeper = next((each for each in rest if each not in seen), None)
                if deeper is None:
                    stack.pop()
                    self.rank[name] = len(self.order)
                    self.order.append(name)
                else:
                    seen.add(deeper)
                    stack.append((deeper, iter(self.dependencies[deeper])))

    def ancestors(self, name: str) -> set[str]:
        """Every task that this one waits for, directly or not."""
        found: set[str] = set()
        stack = list(self.dependencies[name])
        while stack:
            each = stack.pop()
            if each not in found:
                found.add(each)
                stack.extend(self.dependencies[each])
        found.discard(name)
        return found

    def is_ancestor(self, ancestor: str, name: str) -> bool:
        """Whether the second task waits for the first."""
        return ancestor in self.ancestors(name)


def _phases(task: Task) -> frozenset[NodePhase]:
    # expandDependency in ancestry.go: continueOn of a task widens what its dependants accept
    continue_on = task.get("continueOn") or {}
    phases = list(_BARE)
    if continue_on.get("error"):
        phases.append(NodePhase.ERROR)
    if continue_on.get("failed"):
        phases.append(NodePhase.FAILED)
    return frozenset(phases)
