"""`argo.choices`: what a parameter of the run may be, and what it means."""

from __future__ import annotations

from typing import Any

from kfp.dsl import pipeline_channel

from tiphys.authoring.caller import refuse
from tiphys.authoring.fields import named_fields
from tiphys.authoring.overlay import compose
from tiphys.authoring.settings import run_settings


def choices(parameter: Any, *values: Any, description: str = "") -> Any:
    """Offer `values` for a parameter of the pipeline where a run is started, and say what it is for.

    Example:
        @dsl.pipeline
        def pipeline(size: str = "small"):
            argo.choices(size, "small", "large", description="How much to train on")
            clean(text=size)

    Returns the parameter.
    """
    if not isinstance(parameter, pipeline_channel.PipelineParameterChannel) or parameter.task_name:
        raise refuse("argo.choices: this is no parameter of the pipeline", remedy="Give an argument of its function.")
    given: dict[str, Any] = {"name": parameter.name}
    if values:
        given["enum"] = list(values)
    if description:
        given["description"] = description
    found = named_fields(given, "v1alpha1.Parameter")
    run = run_settings()
    run.workflow = compose(run.workflow, {"arguments": {"parameters": [found]}})
    return parameter
