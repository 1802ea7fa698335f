"""A DAG that calls itself: the setting `template` of a task names the component that it calls.

The IR cannot say so, a DAG there is a tree. While a DAG is lowered its template has no name yet, so the task
gets a stand-in that is replaced when all is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.compiler import names
from tiphys.compiler.lower import ROOT, Lowering
from tiphys.compiler.lowered import ARTIFACTS, Form, Handed, Template
from tiphys.errors import CompileError, Unsupported

Json = Any

_STAND_IN = "<{}>"


def called_again(lowering: Lowering, said: Mapping[str, Json]) -> str:
    """The component that a task's settings name as its template; empty if they name none."""
    named = str(said.get("template", ""))
    return named if named == ROOT or named in lowering.ir.spec.components else ""


def again(lowering: Lowering, component: str, where: str) -> Template:
    """The template of a component that is being lowered, under a stand-in of its name."""
    if component == ROOT:
        raise Unsupported(
            f"{where}: the pipeline calls itself, and what a run is given cannot change while it runs",
            remedy="Call the pipeline from another one, which starts it.",
        )
    if component not in lowering.under_way:
        raise CompileError(f"{where}: `{component}` is called again, but this is no part of it")
    called = lowering.component(component)
    inputs = names.parameters([*called.input_definitions.parameters, *called.input_definitions.artifacts])
    handed = called.output_definitions
    argo = names.parameters([*handed.parameters, *handed.artifacts])
    outputs = {
        **{key: Handed(argo[key], spec.parameter_type, Form.JSON) for key, spec in handed.parameters.items()},
        **{key: Handed(argo[key], ARTIFACTS, Form.JSON) for key in handed.artifacts},
    }
    return Template(_STAND_IN.format(component), inputs, outputs)


def settled(lowering: Lowering, templates: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """The templates with every stand-in replaced by the name that the component's template got."""
    final = {_STAND_IN.format(component): name for component, name in lowering.names.items()}
    return [_with_names(template, final) for template in templates]


def _with_names(template: dict[str, Json], final: Mapping[str, str]) -> dict[str, Json]:
    dag = template.get("dag")
    if not dag or not any(task.get("template") in final for task in dag.get("tasks", [])):
        return template
    tasks = [{**task, "template": final.get(task.get("template"), task.get("template"))} for task in dag["tasks"]]
    return {**template, "dag": {**dag, "tasks": tasks}}
