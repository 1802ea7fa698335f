"""`argo.recurse`: a pipeline that calls itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfp.dsl import pipeline_channel, pipeline_context, pipeline_task, structures, utils

from tiphys.authoring.caller import refuse
from tiphys.authoring.settings import settings_of
from tiphys.authoring.steps import IMAGE

ITSELF = "root"
"""The component that is called again, by the name that a pipeline has in its own IR."""


def recurse(outputs: Mapping[str, type] | None = None, /, **arguments: Any) -> Any:
    """Call the pipeline that is being defined once more, with these arguments: until it is good.

    It stands inside a condition, else it would never end; Argo goes at most 100 levels deep. The pipeline is
    called from another one, which starts it. `outputs` are those of the pipeline that are used, with their
    types, such as `argo.recurse({"score": float}, score=...)`. A stock KFP backend has no recursion: the task
    fails there.

    Example:
        @dsl.pipeline
        def until_good(score: float = 0.0):
            scored = train(rate=score)
            with dsl.If(scored.output < 0.5):
                argo.recurse(score=scored.output)

        @dsl.pipeline
        def pipeline():
            until_good(score=0.1)

    Returns the task.
    """
    pipeline = pipeline_context.Pipeline.get_default_pipeline()
    if pipeline is None:
        raise refuse(
            "argo.recurse: no pipeline is being defined here",
            remedy="Call it inside the function decorated with `@dsl.pipeline`.",
        )
    said = f"{pipeline.name}: recursion is Argo's own: run the pipeline with tiphys, or on Argo"
    container = structures.ContainerSpecImplementation(
        image=IMAGE, command=["sh", "-c", 'echo "$0" >&2; exit 64', said], args=[]
    )
    spec = structures.ComponentSpec(
        name=utils.maybe_rename_for_k8s(f"{pipeline.name}-again"),
        implementation=structures.Implementation(container=container),
        inputs={name: structures.InputSpec(type=_type_of(value)) for name, value in arguments.items()},
        outputs={name: structures.OutputSpec(type=_TYPES[kind]) for name, kind in (outputs or {}).items()},
    )
    task = pipeline_task.PipelineTask(component_spec=spec, args=arguments)
    settings_of(task).part("task")["template"] = ITSELF
    return task


def _type_of(value: Any) -> str:
    if isinstance(value, pipeline_channel.PipelineParameterChannel):
        return str(value.channel_type)
    kind = next((name for python, name in _TYPES.items() if isinstance(value, python)), "")
    if not kind:
        raise refuse(f"argo.recurse: {value!r} cannot be passed on", remedy="Pass parameters and constants.")
    return kind


_TYPES = {bool: "Boolean", str: "String", int: "Integer", float: "Float", list: "List", dict: "Dict"}
