"""What the items of a loop are, told by what the loop does with them.

The SDK declares items of a list that it does not know as strings. Where all that they are given to are
numbers, documents and the like, they are none, and Argo can pass them on as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from tiphys.ir.model import Component, ParameterArgument, Task

UNKNOWN = ""


def used_as(components: Mapping[str, Component], component: Component, name: str) -> frozenset[str]:
    """The types of all that an input of a DAG is given to; `UNKNOWN` among them if one cannot be told."""
    return frozenset(_uses(components, component, name, 0))


def _uses(components: Mapping[str, Component], component: Component, name: str, depth: int) -> set[str]:
    if component.dag is None or depth > len(components):
        return {UNKNOWN}
    found: set[str] = set()
    for task in component.dag.tasks.values():
        for each, argument in task.inputs.parameters.items():
            if argument.component_input_parameter == name:
                found |= _use(components, task, each, argument, depth)
    return found


def _use(
    components: Mapping[str, Component], task: Task, name: str, argument: ParameterArgument, depth: int
) -> set[str]:
    if argument.parameter_expression_selector:
        return {"STRUCT"}
    if name in task.trigger_policy.condition:
        return {UNKNOWN}
    called = components.get(task.component_ref.name)
    spec = called.input_definitions.parameters.get(name) if called is not None else None
    if called is None or spec is None:
        return {UNKNOWN}
    if called.dag is None:
        return {spec.parameter_type}
    iterator = task.parameter_iterator
    own = {"LIST"} if iterator is not None and iterator.items.input_parameter == name else set()
    return own | _uses(components, called, name, depth + 1)
