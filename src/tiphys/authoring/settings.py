"""Where the settings of a task, a group or the run are kept while kfp traces the pipeline.

Settings of a component task lie in its `platform_config["argo"]`, which the SDK itself carries into the
IR. Groups, sub-pipeline calls, importers and the run have no such place: theirs lie on the object until
`gather` puts them into `platforms.argo.config`. The shape is that of the IR:
`template` (fields of Argo's Template), `task` (of DAGTask), `dag` (of DAGTemplate).
"""

from __future__ import annotations

import difflib
import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kfp.dsl import pipeline_channel, pipeline_context, pipeline_task, tasks_group

from tiphys.authoring.caller import place_of_call, refuse
from tiphys.authoring.kubernetes_objects import Address, Binder, no_channels
from tiphys.authoring.overlay import compose
from tiphys.errors import Place

INPUT_PREFIX = "argo--"
"""Inputs that a setting added to a task: `argo--<channel>`; the setting names them in an Argo tag."""

_SETTINGS = "_tiphys_argo"


class Kind(enum.Enum):
    """What a setting can be made on."""

    POD = "task"
    CALL = "call of a sub-pipeline"
    IMPORTER = "importer"
    GROUP = "group"


@dataclass(slots=True)
class Need:
    """A rule for when a task runs, kept until the names in the IR are known.

    `rule` is `depends` (then `condition` holds Argo's text or a Condition) or the name of a trigger rule;
    `operands` holds the tasks it speaks of (none: all upstreams).
    """

    rule: str
    place: Place
    condition: Any = None
    operands: tuple[Any, ...] = ()


@dataclass(slots=True)
class Settings:
    """The settings of one target; `hook_of` is the task of whose life it is a hook."""

    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    need: Need | None = None
    hook_of: Any = None

    def part(self, name: str) -> dict[str, Any]:
        """`template`, `task` or `dag`, made when it is not there."""
        return self.fields.setdefault(name, {})


def kind_of(target: Any) -> Kind:
    """What `target` is; an error that names the remedy when it is nothing that has settings."""
    if isinstance(target, pipeline_task.PipelineTask):
        if target.state is pipeline_task.TaskState.FINAL:
            raise refuse(
                f"task `{target.name}` has run already: settings belong into a pipeline",
                remedy="Call the component inside a function decorated with `@dsl.pipeline`.",
            )
        if target.container_spec is not None:
            return Kind.POD
        return Kind.IMPORTER if target.importer_spec is not None else Kind.CALL
    if isinstance(target, tasks_group.TasksGroup):
        return Kind.GROUP
    if isinstance(target, pipeline_channel.PipelineChannel):
        if hasattr(target, "items_or_pipeline_channel") or hasattr(target, "loop_argument"):
            raise refuse(
                "this is the item of a loop, not the loop",
                remedy="Name the loop: `loop = dsl.ParallelFor(...)`, then `with loop as item:`.",
            )
        raise refuse("this is an output, not the task", remedy="Give the task itself, without `.output`.")
    raise refuse(
        f"{target!r} is neither a task nor a group of tasks",
        remedy="Give a task, a call of a sub-pipeline, or a group: `loop = dsl.ParallelFor(...)`.",
    )


def settings_of(target: Any) -> Settings:
    """The settings of a task or group, made when there are none."""
    kind = kind_of(target)
    found = target.__dict__.get(_SETTINGS)
    if not isinstance(found, Settings):
        found = Settings()
        if kind is Kind.POD:
            found.fields = target.platform_config.setdefault("argo", {})
        setattr(target, _SETTINGS, found)
    return found


def has_settings(target: Any) -> bool:
    """True when something was said of `target`."""
    return isinstance(getattr(target, _SETTINGS, None), Settings)


def template_of(target: Any, power: str) -> dict[str, Any]:
    """The Template fields of what runs pods: a component task, or a group whose pods all get them."""
    if kind_of(target) is Kind.IMPORTER:
        raise refuse(
            f"{power}: importer `{target.name}` runs no pod",
            remedy="Set it on the task that reads the artifact.",
        )
    return settings_of(target).part("template")


def add_to_template(target: Any, power: str, fields: dict[str, Any]) -> Any:
    """Lay fields of Argo's Template over those that were said before; answers the target."""
    kept = template_of(target, power)
    composed = compose(kept, fields)
    kept.clear()
    kept.update(composed)
    return target


def add_to_container(target: Any, power: str, fields: dict[str, Any]) -> Any:
    """Lay fields of Kubernetes' Container over the main container of `target`; answers the target."""
    return add_to_template(target, power, {"container": fields})


def add_to_pod_spec(target: Any, power: str, fields: dict[str, Any]) -> Any:
    """Lay fields of the PodSpec for which Argo's Template has no word over the pod of `target`."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return add_to_template(target, power, {"podSpecPatch": text})


def binder_of(target: Any) -> Binder:
    """How a value of the run gets into a setting of `target`: as one more input of the task."""
    if kind_of(target) is not Kind.POD:
        return no_channels

    def bind(channel: Any) -> str:
        if isinstance(channel, Address):
            return _address(target, channel.daemon)
        if not isinstance(channel, pipeline_channel.PipelineParameterChannel):
            raise refuse(f"`{channel.full_name}` is an artifact; a setting takes parameters only")
        name = INPUT_PREFIX + channel.full_name
        if name not in target.inputs:
            target.inputs[name] = channel
            target.register_pipeline_channels([channel])
        return f"{{{{inputs.parameters.{name}}}}}"

    return bind


def bind_to_run(channel: Any) -> str:
    """How a parameter of the pipeline gets into a setting of the run: as plain text, by Argo's tag."""
    if not isinstance(channel, pipeline_channel.PipelineParameterChannel) or channel.task_name:
        return no_channels(channel)
    variable = f"workflow.parameters['{channel.name}']"
    if str(channel.channel_type).upper() != "STRING":
        return f"{{{{=string({variable})}}}}"
    is_literal = "len(v) > 1 && v startsWith '\"' && v endsWith '\"'"
    return f"{{{{=let v = {variable}; {is_literal} ? fromJSON(v) : v}}}}"


def _address(target: Any, daemon: Any) -> str:
    """Let the address of `daemon` come in as one more input of the template, given by Argo's own tag."""
    if target.parent_task_group is not daemon.parent_task_group:
        raise refuse(
            f"`{target.name}` and the daemon `{daemon.name}` do not stand in the same group",
            remedy="Put both into the same loop, condition or pipeline.",
        )
    name = f"address-of-{daemon.name}"
    tag = f"{{{{tasks.{daemon.name}.ip}}}}"
    if daemon.name not in target.dependent_tasks:
        target.after(daemon)
    add_to_template(target, "argo.address", {"inputs": {"parameters": [{"name": name}]}})
    task = settings_of(target).part("task")
    task.update(compose(task, {"arguments": {"parameters": [{"name": name, "value": tag}]}}))
    return f"{{{{inputs.parameters.{name}}}}}"


class RunSettings:
    """What was said of the run as a whole: fields of WorkflowSpec, transforms."""

    def __init__(self) -> None:
        self.workflow: dict[str, Any] = {}
        self.dag: dict[str, Any] = {}
        self.transforms: list[Any] = []


def run_settings() -> RunSettings:
    """The run settings of the pipeline that is being traced now."""
    pipeline = pipeline_context.Pipeline.get_default_pipeline()
    if pipeline is None:
        raise refuse(
            "this setting is of the run, and no pipeline is being defined here",
            remedy="Call it inside the function decorated with `@dsl.pipeline`.",
        )
    return run_settings_of(pipeline)


def run_settings_of(pipeline: Any) -> RunSettings:
    """The run settings of a traced pipeline, made when there are none."""
    found = pipeline.__dict__.get(_SETTINGS)
    if not isinstance(found, RunSettings):
        found = RunSettings()
        setattr(pipeline, _SETTINGS, found)
    return found


def need(target: Any, rule: str, condition: Any = None, operands: Iterable[Any] = ()) -> None:
    """Say when `target` runs; saying it twice is an error, since neither could be meant."""
    named = tuple(operands)
    for operand in named:
        if not isinstance(operand, str):
            kind_of(operand)
    settings = settings_of(target)
    if settings.need is not None:
        raise refuse(
            f"`{target.name}` has been told already when to run, at {settings.need.place}",
            remedy="Join both into one `argo.depends`.",
        )
    settings.need = Need(rule, place_of_call(), condition, named)


def check_choice(value: str, choices: Iterable[str], what: str) -> str:
    """`value` when it is one of `choices`; else an error with the nearest."""
    names = list(choices)
    if value in names:
        return value
    near = difflib.get_close_matches(str(value), names, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    raise refuse(f"{what} `{value}` is not known.{hint}", remedy="Known are: " + ", ".join(names) + ".")
