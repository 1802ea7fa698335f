"""For every field of Argo's types there is a way to set it from kfp code, and it reaches the IR."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from kfp import dsl

from tiphys import argo
from tiphys.manifest.fields import Field, element_type, fields_of, is_struct

from .components import train

ROOTS = {
    "v1alpha1.Template": ("deploymentSpec", "executors", "exec-train", "template"),
    "v1alpha1.DAGTask": ("deploymentSpec", "executors", "exec-train", "task"),
    "v1alpha1.WorkflowSpec": ("config", "workflow"),
    "v1alpha1.DAGTemplate": ("config", "dags", "root", "dag"),
}
"""Type → where the IR has it."""

Way = tuple[str, tuple[Field, ...]]


def ways() -> dict[str, Way]:
    """Every struct of Argo's that a root leads to, with the shortest way to it."""
    found: dict[str, Way] = {root: (root, ()) for root in ROOTS}
    waiting = deque(found)
    while waiting:
        type = waiting.popleft()
        root, path = found[type]
        for field in fields_of(type).values():
            inner = field.element.partition("=")[0]
            if is_struct(inner) and inner.startswith("v1alpha1.") and inner not in found:
                found[inner] = (root, (*path, field))
                waiting.append(inner)
    return {type: way for type, way in found.items() if fields_of(type)}


WAYS = ways()
ELSEWHERE = {("v1alpha1.DAGTask", "depends")}
"""`argo.depends` has tests of its own: it checks the names."""


def sample(type: str) -> Any:
    bare = type.lstrip("*")
    if bare.startswith("[]"):
        return [sample(element_type(bare))]
    if bare.startswith("{}"):
        return {"key": sample(element_type(bare))}
    if is_struct(element_type(bare)):
        return {}
    name = bare.partition("=")[0]
    if name in ("bool", "int", "int32", "int64", "float64"):
        return name == "bool" or 1
    return "text"


def around(path: tuple[Field, ...], value: Any) -> Any:
    """`value` at the end of a way through objects, lists and maps."""
    for field in reversed(path):
        bare = field.type.lstrip("*")
        if bare.startswith("[]"):
            value = [value]
        elif bare.startswith("{}"):
            value = {"key": value}
        value = {field.name: value}
    return value


def steps(path: tuple[Field, ...]) -> Iterator[Any]:
    for field in path:
        yield field.name
        bare = field.type.lstrip("*")
        if bare.startswith("[]"):
            yield 0
        elif bare.startswith("{}"):
            yield "key"


def say(root: str, task: Any, said: dict[str, Any]) -> None:
    match root:
        case "v1alpha1.Template":
            argo.template(task, **said)
        case "v1alpha1.DAGTask":
            argo.dag_task(task, **said)
        case "v1alpha1.WorkflowSpec":
            argo.workflow(**said)
        case _:
            argo.dag(**said)


@pytest.mark.parametrize("type", WAYS, ids=[type.rpartition(".")[2] for type in WAYS])
def test_fields(type: str, compile_ir: Any) -> None:
    """Each field on a task of its own, or on a run of its own where it is of the run."""
    root, path = WAYS[type]
    fields = [field for field in fields_of(type).values() if (type, field.name) not in ELSEWHERE]
    per_task = root in ("v1alpha1.Template", "v1alpha1.DAGTask")
    for group in [fields] if per_task else [[field] for field in fields]:
        section = compile_ir(_pipeline(root, path, group))[1]
        for number, field in enumerate(group, 1):
            label = "exec-train" if number == 1 else f"exec-train-{number}"
            found: Any = section
            for step in (*ROOTS[root], *steps(path), field.name):
                found = found[label if step == "exec-train" else step]
            assert found == sample(field.type), field.name


def _pipeline(root: str, path: tuple[Field, ...], group: list[Field]) -> Any:
    @dsl.pipeline
    def pipeline() -> None:
        for field in group:
            say(root, train(rate=0.1), around(path, {field.name: sample(field.type)}))

    return pipeline


def test_there_are_many() -> None:
    assert sum(len(fields_of(type)) for type in WAYS) > 450
