"""Hooks: a task of the IR that another task's `hooks` name as their template is no task of the DAG.

kfp has no word for hooks, so the author calls the hook's component like any other, and the settings of the
task that it belongs to say the rest. Here its template and arguments go where Argo wants them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.compiler.graph import Graph

Json = Any


def hook_tasks(graph: Graph) -> frozenset[str]:
    """The tasks of a DAG that are hooks of others."""
    return frozenset(
        hook["template"]
        for name in graph.dag.tasks
        for hook in graph.settings(name).get("hooks", {}).values()
        if hook.get("template") in graph.dag.tasks
    )


def hooked(said: Mapping[str, Json], tasks: Mapping[str, Mapping[str, Json]]) -> dict[str, Json]:
    """A task's hooks with the templates and arguments of the tasks that they name."""
    found: dict[str, Json] = {}
    for name, hook in said.items():
        task = tasks.get(hook.get("template", ""))
        if task is None:
            found[name] = hook
            continue
        given = {"arguments": task["arguments"]} if "arguments" in task else {}
        found[name] = {**hook, "template": task["template"], **given}
    return found
