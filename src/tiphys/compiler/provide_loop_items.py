"""Pass: items of loops reach the tasks that put them into longer texts.

The SDK passes an item down through groups when a task is given it by itself. When it stands inside a text
(`f"run {item}"`) it forgets the groups between loop and task, and lets groups above the loop ask for an item
that nobody there has. Here the one is added and the other taken away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from tiphys.ir.model import Component, ParameterArgument, ParameterInput, PipelineSpec, Task
from tiphys.ir.reading import Ir

_ROOT = "root"
_ITEM = "loop-item"
_MEMBER = "-subvar-"


def provide_loop_items(ir: Ir) -> Ir:
    """Give every group the items that its tasks ask for, and no others."""
    repair = _Repair(ir.spec)
    repair.visit(_ROOT)
    if not repair.changed:
        return ir
    return msgspec.structs.replace(ir, spec=repair.spec())


@dataclass(slots=True)
class _Group:
    """A DAG while it is changed: its inputs, what each of its tasks is given, and who calls it."""

    component: Component
    inputs: dict[str, ParameterInput]
    given: dict[str, dict[str, ParameterArgument]]
    callers: list[tuple[str, str]] = field(default_factory=list)


class _Repair:
    def __init__(self, spec: PipelineSpec) -> None:
        self._spec = spec
        self.changed = False
        self._groups = {
            name: _Group(
                component,
                dict(component.input_definitions.parameters),
                {task: dict(each.inputs.parameters) for task, each in component.dag.tasks.items()},
            )
            for name, component in {**spec.components, _ROOT: spec.root}.items()
            if component.dag is not None
        }
        for name in self._groups:
            for task_name, task in self._tasks(name).items():
                if task.component_ref.name in self._groups:
                    self._groups[task.component_ref.name].callers.append((name, task_name))

    def _tasks(self, group: str) -> dict[str, Task]:
        dag = self._groups[group].component.dag
        return dag.tasks if dag is not None else {}

    def visit(self, name: str, above: frozenset[str] = frozenset()) -> None:
        """Repair a group, then those that its tasks are."""
        group = self._groups[name]
        for task_name, task in self._tasks(name).items():
            for each, argument in list(group.given[task_name].items()):
                wanted = argument.component_input_parameter
                if not wanted or wanted in group.inputs or _ITEM not in wanted:
                    continue
                found = self._found(name, wanted)
                if found is not None:
                    group.given[task_name][each] = found
                    self.changed = True
                elif task.component_ref.name in self._groups:
                    del group.given[task_name][each]
                    self._groups[task.component_ref.name].inputs.pop(each, None)
                    self.changed = True
            if task.component_ref.name in self._groups and task.component_ref.name not in above:
                self.visit(task.component_ref.name, above | {name})

    def _found(self, name: str, wanted: str) -> ParameterArgument | None:
        """How a task of the group is given an item: it is here, is a member of one, or comes from above."""
        group = self._groups[name]
        if wanted in group.inputs:
            return ParameterArgument(component_input_parameter=wanted)
        item, is_member, member = wanted.partition(_MEMBER)
        if is_member and (whole := self._found(name, item)) is not None:
            selector = f'parseJson(string_value)["{member}"]'
            return msgspec.structs.replace(whole, parameter_expression_selector=selector)
        if len(group.callers) != 1:
            return None
        caller, task = group.callers[0]
        passed = self._found(caller, wanted)
        if passed is None:
            return None
        group.inputs[wanted] = self._groups[caller].inputs[passed.component_input_parameter]
        self._groups[caller].given[task][wanted] = passed
        return ParameterArgument(component_input_parameter=wanted)

    def spec(self) -> PipelineSpec:
        """The pipeline with all groups as they are now."""
        components = {
            name: self._component(name) if name in self._groups else component
            for name, component in self._spec.components.items()
        }
        return msgspec.structs.replace(self._spec, root=self._component(_ROOT), components=components)

    def _component(self, name: str) -> Component:
        group = self._groups[name]
        component, dag = group.component, group.component.dag
        if dag is None:
            return component
        tasks = {
            task: msgspec.structs.replace(
                each, inputs=msgspec.structs.replace(each.inputs, parameters=group.given[task])
            )
            for task, each in dag.tasks.items()
        }
        definitions = msgspec.structs.replace(component.input_definitions, parameters=group.inputs)
        return msgspec.structs.replace(
            component, input_definitions=definitions, dag=msgspec.structs.replace(dag, tasks=tasks)
        )
