"""`argo.step`: a task of any kind that Argo has and KFP has not.

kfp knows only containers, so the task is a container to kfp, one that says what it needs and fails, and the
template that is laid over it is what Argo runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfp.dsl import pipeline_context, pipeline_task, structures, utils

from tiphys.authoring.caller import refuse
from tiphys.authoring.fields import named_fields
from tiphys.authoring.settings import add_to_template, binder_of
from tiphys.manifest.fields import TEMPLATE

IMAGE = "busybox:1.36"
_TYPES = {str: "String", int: "Integer", float: "Float", bool: "Boolean", list: "List", dict: "Dict"}
_VALUE_FROM = "v1alpha1.ValueFrom"


def step(name: str, *, outputs: Mapping[str, Any] | None = None, **fields: Any) -> Any:
    """Make a task of any kind of Argo's: `fields` are those of Argo's Template.

    `outputs` maps names to where Argo finds the value (fields of `valueFrom`: `path`, `jsonPath`,
    `supplied`, `expression` ...; `type` says what it is, text if nothing is said). Values of the run inside
    `fields` go in as text. A stock KFP backend cannot run such a task: it fails there and says so.

    https://argo-workflows.readthedocs.io/en/latest/fields/#template

    Example:
        listed = argo.step(
            "list-files",
            outputs={"count": {"path": "/tmp/count", "type": int}},
            script={"image": "busybox:1.36", "command": ["sh"], "source": "ls / | wc -l > /tmp/count"},
        )
        clean(text=f"{listed.outputs['count']} files")

    Returns the task.
    """
    return new_step(name, "argo.step", fields, outputs)


def new_step(name: str, power: str, fields: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> Any:
    """A task that kfp takes for a container and Argo for what `fields` of its Template say."""
    if pipeline_context.Pipeline.get_default_pipeline() is None:
        raise refuse(
            f"{power}: no pipeline is being defined here",
            remedy="Call it inside the function decorated with `@dsl.pipeline`.",
        )
    found = {output: _output(value) for output, value in (outputs or {}).items()}
    task = _placeholder(name, power, {output: kind for output, (kind, _) in found.items()})
    bind = binder_of(task)
    add_to_template(task, power, {"container": None, "volumes": None})
    add_to_template(task, power, named_fields(fields, TEMPLATE, bind))
    handed = [
        {"name": output, "valueFrom": {"path": None, **named_fields(source, _VALUE_FROM, bind)}}
        for output, (_, source) in found.items()
    ]
    if handed:
        add_to_template(task, power, {"outputs": {"parameters": handed}})
    return task


def _placeholder(name: str, power: str, outputs: Mapping[str, str]) -> Any:
    """The task as kfp sees it: a container that fails and says why."""
    said = f"{name}: this step ({power}) is Argo's own: run the pipeline with tiphys, or on Argo"
    container = structures.ContainerSpecImplementation(
        image=IMAGE, command=["sh", "-c", 'echo "$0" >&2; exit 64', said], args=[]
    )
    spec = structures.ComponentSpec(
        name=utils.maybe_rename_for_k8s(name) or "step",
        implementation=structures.Implementation(container=container),
        inputs={},
        outputs={output: structures.OutputSpec(type=kind) for output, kind in outputs.items()},
    )
    return pipeline_task.PipelineTask(component_spec=spec, args={})


def _output(given: Any) -> tuple[str, dict[str, Any]]:
    """kfp's type of an output, and the fields of its `valueFrom`."""
    if not isinstance(given, Mapping):
        raise refuse(f"an output comes from somewhere: {given!r} does not say", remedy='Such as `{"path": "/tmp/x"}`.')
    source = dict(given)
    kind = source.pop("type", str)
    if kind not in _TYPES:
        raise refuse(f"an output is str, int, float, bool, list or dict, not {kind!r}")
    return _TYPES[kind], source
