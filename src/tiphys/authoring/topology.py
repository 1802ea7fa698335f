"""The tree of groups that kfp traced, and the names that its parts get in the IR.

kfp gives a group its final name late (`dsl.Elif` renumbers the `dsl.If` before it), and a component its
name later still; so names are looked up here when the pipeline is complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kfp.dsl import pipeline_task

ROOT = "root"


class Topology:
    """A traced pipeline beside the PipelineSpec that kfp made of it."""

    def __init__(self, pipeline: Any, pipeline_spec: Any) -> None:
        self.pipeline = pipeline
        self.spec = pipeline_spec
        self.root = pipeline.groups[0]
        self.groups: dict[int, str] = {}
        self._parents: dict[int, Any] = {}
        self._walk(self.root, ROOT)
        for task in pipeline.tasks.values():
            if id(task) not in self._parents:  # the task of an ExitHandler stands in the root DAG
                self._parents[id(task)] = self.root

    def _walk(self, group: Any, component: str) -> None:
        self.groups[id(group)] = component
        dag = self.dag(component)
        for part in (*group.groups, *group.tasks):
            self._parents[id(part)] = group
            if not isinstance(part, pipeline_task.PipelineTask):
                self._walk(part, dag.tasks[part.name].component_ref.name)

    def dag(self, component: str) -> Any:
        """The DagSpec of a component."""
        holder = self.spec.root if component == ROOT else self.spec.components[component]
        return holder.dag

    def members(self, group: Any) -> Iterator[Any]:
        """The tasks and groups that stand directly in `group`."""
        yield from group.groups
        for task in self.pipeline.tasks.values():
            if self._parents[id(task)] is group:
                yield task

    def knows(self, target: Any) -> bool:
        """True for tasks and groups of this pipeline."""
        return id(target) in self._parents or target is self.root

    def parent(self, target: Any) -> Any:
        """The group in which `target` stands; None for the root."""
        return self._parents.get(id(target))

    def component(self, target: Any) -> str:
        """The component that a task or group became."""
        if target is self.root:
            return ROOT
        name: str = self.task_spec(target).component_ref.name
        return name

    def task_spec(self, target: Any) -> Any:
        """The PipelineTaskSpec of a task or group in the DAG where it stands."""
        return self.dag(self.groups[id(self.parent(target))]).tasks[target.name]

    def within(self, target: Any, group: Any) -> Any | None:
        """What stands for `target` directly in `group`: itself or the group around it; None if outside."""
        found = target
        while found is not None and self.parent(found) is not group:
            found = self.parent(found)
        return found

    def named(self, name: str) -> Any | None:
        """The task or group of that name, wherever it stands."""
        if name in self.pipeline.tasks:
            return self.pipeline.tasks[name]
        return next((group for group in self._all_groups(self.root) if group.name == name), None)

    def names(self) -> list[str]:
        """All names of tasks and groups."""
        return [*self.pipeline.tasks, *(group.name for group in self._all_groups(self.root))]

    def _all_groups(self, group: Any) -> Iterator[Any]:
        for part in group.groups:
            yield part
            yield from self._all_groups(part)
