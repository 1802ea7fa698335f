"""A loop that runs only so many items at once: a DAG that holds nothing but the loop, with `parallelism`.

A DAG that failed hands out nothing. Where somebody reads the list although items failed, the loop inside
may fail (`continueOn`), the DAG hands out the list and `status`, and for those who need all items a task
without a pod fails when the status says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.compiler import names
from tiphys.compiler.graph import Graph
from tiphys.compiler.loops import Loop
from tiphys.compiler.lowered import ARTIFACTS, Handed, Template
from tiphys.compiler.outputs import list_of
from tiphys.compiler.transport import Value, path, variable

Json = Any

_STATUS = "status"


def limited(
    graph: Graph, name: str, body: Template, given: Mapping[str, Value], loop: Loop, *, lenient: bool
) -> tuple[Template, dict[str, Value]]:
    """The template around the loop, and what the task gives to it."""
    limit = graph.dag.tasks[name].iterator_policy.parallelism_limit
    item = body.takes.get(loop.item_input)
    passed = {each: value for each, value in given.items() if each != item and "{{" in value.field}
    inside = [
        {"name": each, "value": (variable("inputs", "parameters", each) if each in passed else value).field}
        for each, value in given.items()
    ]
    items: Json = loop.items.value
    if isinstance(items, str) and "{{" in items:
        free = "items"
        while free in passed:
            free += "-of-the-loop"
        passed[free] = Value(items, "")
        items = variable("inputs", "parameters", free).field
    task: dict[str, Json] = {"name": name, "template": body.name, loop.items.field: items}
    if lenient:
        task["continueOn"] = {"failed": True, "error": True}
    if inside:
        task["arguments"] = {"parameters": inside}
    declared = [
        {"name": handed.name, "valueFrom": {"expression": list_of(name, handed).expression}}
        for handed in body.outputs.values()
    ]
    if lenient:
        declared.append({"name": _STATUS, "valueFrom": {"expression": f"{path('tasks', name)}.status"}})
    fields: dict[str, Json] = {
        **({"inputs": {"parameters": [{"name": each} for each in passed]}} if passed else {}),
        **({"outputs": {"parameters": declared}} if declared else {}),
        "parallelism": limit,
        "dag": {"failFast": False, "tasks": [task]},
    }
    outputs = {
        key: Handed(handed.name, handed.type if handed.type == ARTIFACTS else "LIST", places=handed.places)
        for key, handed in body.outputs.items()
    }
    around = graph.lowering.templates.add(f"{names.template(body.name)}-at-most-{limit}", fields)
    return Template(around, {}, outputs), passed


def lenient_loops(graph: Graph) -> dict[str, bool]:
    """The limited loops whose list is read although items failed; True where others need all items."""
    found: dict[str, bool] = {}
    for name, task in graph.dag.tasks.items():
        if not task.is_loop or not task.iterator_policy.parallelism_limit:
            continue
        waiting = [other for other in graph.needs if name in graph.needs[other]]
        if any(graph.tolerates(other, name) and graph.reads(other, name) for other in waiting):
            found[name] = any(graph.minds(other, name) for other in waiting)
    return found


def free_name(graph: Graph, name: str) -> str:
    """A name for a task that the IR does not have."""
    while name in graph.dag.tasks:
        name += "-2"
    return name


def nothing(graph: Graph) -> str:
    """A template that does nothing, for tasks that only say something to the DAG."""
    return graph.lowering.templates.add("nothing", {"suspend": {"duration": "0"}})


def verdict(graph: Graph, loop: str) -> dict[str, Json]:
    """The task: a list that is no list when an item failed, and nothing to do for it otherwise."""
    status = path("tasks", loop, "outputs", "parameters", _STATUS)
    fine = f"{status} in ['Succeeded', 'Skipped']"
    text = f"iterations of {loop} failed".replace("'", "")
    return {"template": nothing(graph), "withParam": "{{=" + f"{fine} ? '[]' : '{text}'" + "}}"}
