"""One DAG of the IR in one use: what each of its tasks waits for, and what is known while it is lowered."""

from __future__ import annotations

import graphlib
from collections.abc import Mapping
from typing import Any

from tiphys.compiler import names
from tiphys.compiler.depends_text import accepts_failure, minds_failure
from tiphys.compiler.lower import ROOT, Lowering
from tiphys.compiler.lowered import Call
from tiphys.compiler.needs import ENDED, named_in
from tiphys.compiler.scope import Scope
from tiphys.compiler.transport import whole_numbers
from tiphys.errors import CompileError
from tiphys.ir.model import Component, Importer, Task

Json = Any

COMPLETED = "ALL_UPSTREAM_TASKS_COMPLETED"
"""The strategy of a task that runs however its needs ended."""


class Graph:
    """The tasks of a DAG and their order.

    `needs` are the tasks of Argo that a task waits for: importers run no pod, so what they wait for counts
    instead. `scope` answers what tasks can be given; it is filled as they are lowered.
    """

    def __init__(self, lowering: Lowering, call: Call) -> None:
        component = lowering.component(call.component)
        if component.dag is None:
            raise CompileError(f"`{call.component}` is no DAG")
        self.lowering = lowering
        self.call = call
        self.component = component
        self.dag = component.dag
        self.path = names.template(call.component)
        definitions = component.input_definitions
        self.inputs: Mapping[str, str] = names.parameters([*definitions.parameters, *definitions.artifacts])
        self.scope = Scope(self.path, {}, lowering.root.in_text)
        self.scope.skippable = {name for name, task in self.dag.tasks.items() if task.trigger_policy.condition}
        self._settings = {name: self._said(name, task) for name, task in self.dag.tasks.items()}
        self._direct = {name: self._direct_needs(name, task) for name, task in self.dag.tasks.items()}
        self._check()
        self.importers = {name: importer for name in self.dag.tasks if (importer := self._importer(name)) is not None}
        self.needs = self._needs()
        for name in self.dag.tasks:
            self._wait_as_importers_do(name)

    @property
    def is_root(self) -> bool:
        """True for the pipeline itself."""
        return self.call.component == ROOT

    def component_of(self, task: Task) -> Component:
        """The component that a task runs."""
        return self.lowering.component(task.component_ref.name)

    def settings(self, name: str) -> dict[str, Json]:
        """The fields of the DAGTask that the author laid over."""
        return dict(self._settings[name])

    def is_tolerant(self, name: str) -> bool:
        """True if a task may run although something that it needs failed."""
        if self.dag.tasks[name].trigger_policy.strategy == COMPLETED:
            return True
        if self._settings[name].get("depends"):
            return True
        return any(self._settings[need].get("continueOn") for need in self.needs[name])

    def tolerates(self, name: str, need: str) -> bool:
        """True if a task may run although `need` failed."""
        if self.dag.tasks[name].trigger_policy.strategy == COMPLETED or self._settings[need].get("continueOn"):
            return True
        text = self._settings[name].get("depends", "")
        return bool(text) and need in named_in(text) and accepts_failure(text, need)

    def minds(self, name: str, need: str) -> bool:
        """True if it makes a difference to a task whether `need` failed or succeeded."""
        text = self._settings[name].get("depends", "")
        return minds_failure(text, need) if need in named_in(text) else not self.tolerates(name, need)

    def is_exit(self, name: str) -> bool:
        """True for the exit task of an ExitHandler: what it waits for is not forgiven."""
        task = self.dag.tasks[name]
        waits = any(need.startswith("exit-handler-") for need in task.dependent_tasks)
        return task.trigger_policy.strategy == COMPLETED and waits

    def unsure(self) -> set[str]:
        """The tasks that need not succeed for the DAG to: skipped, omitted behind such, or failed and forgiven."""
        found: set[str] = set()
        for name in self.sorted():
            said = self._settings[name]
            behind = any(need in found and not self.tolerates(name, need) for need in self.needs[name])
            if name in self.scope.skippable or said.keys() & {"when", "depends", "continueOn"} or behind:
                found.add(name)
        forgiven: set[str] = set()
        for name in reversed(self.sorted()):
            for need in self.needs[name]:
                if name in forgiven or (self.tolerates(name, need) and not self.is_exit(name)):
                    forgiven.add(need)
        return found | forgiven

    def sorted(self) -> list[str]:
        """The tasks, each after what it waits for; a circle is an error."""
        try:
            return list(graphlib.TopologicalSorter(self._direct).static_order())
        except graphlib.CycleError as error:
            circle = " → ".join(f"`{name}`" for name in reversed(error.args[1]))
            raise CompileError(
                f"{self.path}: tasks wait for each other: {circle}", remedy="Take one `.after` away."
            ) from None

    def reads(self, reader: str, producer: str) -> bool:
        """True if a task is given an output of another."""
        given = self.dag.tasks[reader].inputs
        parameters = (each.task_output_parameter for each in given.parameters.values())
        artifacts = (each.task_output_artifact for each in given.artifacts.values())
        return any(each is not None and each.producer_task == producer for each in (*parameters, *artifacts))

    def _said(self, name: str, task: Task) -> dict[str, Json]:
        own = self.lowering.dag_settings(self.call.component).tasks.get(name, {})
        component = self.component_of(task)
        executor = self.lowering.executor_settings(component).task if component.executor_label else {}
        said: dict[str, Json] = whole_numbers({**executor, **own})
        return said

    def _direct_needs(self, name: str, task: Task) -> list[str]:
        found = list(task.dependent_tasks)
        for argument in task.inputs.parameters.values():
            sources = (argument.task_output_parameter, argument.task_final_status)
            found += [source.producer_task for source in sources if source is not None]
        found += [
            artifact.task_output_artifact.producer_task
            for artifact in task.inputs.artifacts.values()
            if artifact.task_output_artifact is not None
        ]
        depends = self._settings[name].get("depends")
        if depends:
            found += [each for each in named_in(depends) if each in self.dag.tasks]
        return [each for each in dict.fromkeys(found) if each != name]

    def _check(self) -> None:
        for name, needs in self._direct.items():
            for need in needs:
                if need not in self.dag.tasks:
                    raise CompileError(f"{self.path}/{name} depends on `{need}`, which is not in its DAG")
        for name in self.lowering.dag_settings(self.call.component).tasks:
            if name not in self.dag.tasks:
                raise CompileError(
                    f"platforms.argo has settings for task `{name}` of `{self.call.component}`, which has no such task",
                    remedy="The tasks are: " + ", ".join(f"`{each}`" for each in self.dag.tasks) + ".",
                )

    def _wait_as_importers_do(self, name: str) -> None:
        """What the author said of when an importer runs holds for those who read what it imports."""
        told = {need: self._settings[need].get("depends") for need in self._direct[name] if need in self.importers}
        texts = [f"({text})" for text in told.values() if text]
        if not texts or name in self.importers:
            return
        said = self._settings[name].get("depends", "")
        if not said:
            others = [
                each
                for need in self._direct[name]
                if not told.get(need)
                for each in (self.needs[need] if need in told else (need,))
            ]
            completed = self.dag.tasks[name].trigger_policy.strategy == COMPLETED
            said = " && ".join(self._term(each, completed=completed) for each in dict.fromkeys(others))
        self._settings[name]["depends"] = " && ".join([*([f"({said})"] if said else []), *texts])

    def _term(self, need: str, *, completed: bool) -> str:
        """What a task asks of a need of which nothing special was said."""
        if completed:
            return "(" + " || ".join(f"{need}.{result}" for result in ENDED) + ")"
        return f"{need}.Succeeded" if need in self.scope.skippable else need

    def _importer(self, name: str) -> Importer | None:
        component = self.component_of(self.dag.tasks[name])
        if component.dag is not None:
            return None
        return self.lowering.executor(component, f"{self.path}/{name}").importer

    def _needs(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name in self.sorted():
            real = [
                each for need in self._direct[name] for each in (found[need] if need in self.importers else (need,))
            ]
            found[name] = tuple(dict.fromkeys(real))
        return found
