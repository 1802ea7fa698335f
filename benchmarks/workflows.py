"""Workflows of a wished size for the benchmarks: manifests whose tasks do nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Manifest = dict[str, Any]
POD: Manifest = {"name": "pod", "container": {"image": "busybox", "command": ["true"]}}


def _workflow(templates: list[Manifest]) -> Manifest:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "bench"},
        "spec": {"entrypoint": "main", "templates": [*templates, POD]},
    }


def _dag(tasks: list[Manifest]) -> Manifest:
    return _workflow([{"name": "main", "dag": {"tasks": tasks}}])


def chain(size: int) -> Manifest:
    """Each task waits for the one before."""
    return _dag(
        [
            {"name": f"t{number}", "template": "pod"} | ({"depends": f"t{number - 1}"} if number else {})
            for number in range(size)
        ]
    )


def fan_out(size: int) -> Manifest:
    """Tasks that wait for nobody."""
    return _dag([{"name": f"t{number}", "template": "pod"} for number in range(size)])


def loop(size: int) -> Manifest:
    """One task with that many items."""
    return _dag([{"name": "t", "template": "pod", "withSequence": {"count": str(size)}}])


def layered(size: int, width: int = 100) -> Manifest:
    """Layers of tasks, each waiting for three of the layer above."""
    width = min(width, max(3, size // 10))
    tasks: list[Manifest] = []
    for number in range(size):
        layer, column = divmod(number, width)
        task: Manifest = {"name": f"t{number}", "template": "pod"}
        if layer:
            above = [(layer - 1) * width + (column + shift) % width for shift in range(3)]
            task["depends"] = " && ".join(f"t{each}" for each in above)
        tasks.append(task)
    return _dag(tasks)


def nested_loops(size: int) -> Manifest:
    """A loop over a DAG that loops: the square root of the size in each."""
    side = max(1, round(size**0.5))
    inner: Manifest = {
        "name": "inner",
        "inputs": {"parameters": [{"name": "i"}]},
        "dag": {"tasks": [{"name": "work", "template": "pod", "withSequence": {"count": str(side)}}]},
    }
    outer: Manifest = {
        "name": "outer",
        "template": "inner",
        "withSequence": {"count": str(side)},
        "arguments": {"parameters": [{"name": "i", "value": "{{item}}"}]},
    }
    return _workflow([{"name": "main", "dag": {"tasks": [outer]}}, inner])


SHAPES: dict[str, Callable[[int], Manifest]] = {
    "chain": chain,
    "fan-out": fan_out,
    "loop": loop,
    "layered DAG": layered,
    "nested loops": nested_loops,
}
