"""Every power has an example in its docstring; each is compiled by the stock kfp compiler."""

import inspect
import json
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from kfp import dsl
from kubernetes import client

from tiphys import argo
from tiphys.authoring.fields import DAG_TASK, conform
from tiphys.manifest.fields import POD_SPEC, TEMPLATE, WORKFLOW_SPEC

from . import components

CONDITIONS = {name for name in argo.__all__ if inspect.signature(getattr(argo, name)).return_annotation == "Condition"}


def example_of(power: Callable[..., Any]) -> str:
    doc = inspect.getdoc(power) or ""
    _, _, rest = doc.partition("Example:\n")
    lines = []
    for line in rest.splitlines():
        if line and not line.startswith("    "):
            break
        lines.append(line)
    return textwrap.dedent("\n".join(lines)).strip()


@dsl.pipeline
def inner() -> None:
    components.clean()


NAMES = {
    "argo": argo,
    "client": client,
    "dsl": dsl,
    "inner": inner,
    **{name: value for name, value in vars(components).items() if not name.startswith("_")},
}


@pytest.mark.parametrize("name", sorted(set(argo.__all__) - CONDITIONS))
def test_example(name: str, compile_ir: Any) -> None:
    example = example_of(getattr(argo, name))
    assert f"argo.{name}(" in example

    names = dict(NAMES)
    if example.startswith("@dsl.pipeline"):
        exec(compile(example, f"<{name}>", "exec"), names)
        pipeline = names["pipeline"]
    else:
        pipeline = dsl.pipeline(lambda: exec(compile(example, f"<{name}>", "exec"), names))
    ir, section = compile_ir(pipeline)
    assert section["config"]["apiVersion"] == "tiphys.io/v1"
    assert ir["root"]["dag"]["tasks"]
    conform(section["config"].get("workflow", {}), WORKFLOW_SPEC, "")
    for entry in section.get("deploymentSpec", {}).get("executors", {}).values():
        template = entry.get("template", {})
        conform(template, TEMPLATE, "")
        conform(json.loads(template.get("podSpecPatch", "{}")), POD_SPEC, "")
        conform(entry.get("task", {}), DAG_TASK, "")


def test_conditions_are_documented() -> None:
    for name in CONDITIONS:
        assert inspect.getdoc(getattr(argo, name))
    assert len(CONDITIONS) == 9
