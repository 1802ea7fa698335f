"""Pass: values of the run in settings of kfp-kubernetes become inputs of the task.

The IR writes such a setting in the executor, in words of the DAG around the task: a parameter of that DAG,
an output of its neighbour. Afterwards the setting names an input of the pod, and each task that runs the
executor gives it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tiphys.compiler.placeholders import has_placeholders
from tiphys.ir.model import Component, ParameterArgument, Spec
from tiphys.ir.platform_kubernetes import KubernetesExecutor, PvcMount
from tiphys.ir.reading import Ir

PREFIX: Final = "setting--"
"""The names of inputs that carry settings."""


def bind_settings(ir: Ir) -> Ir:
    """Give every value of the run in a setting its own input."""
    executors: dict[str, KubernetesExecutor] = {}
    given: dict[str, dict[str, ParameterArgument]] = {}
    for label, executor in ir.kubernetes.deployment_spec.executors.items():
        arguments: dict[str, ParameterArgument] = {}
        executors[label] = _bound(executor, arguments)
        if arguments:
            given[label] = arguments
    if not given:
        return ir
    labels = {name: component.executor_label for name, component in ir.spec.components.items()}
    spec = msgspec.structs.replace(
        ir.spec,
        root=_with_arguments(ir.spec.root, labels, given),
        components={name: _with_arguments(component, labels, given) for name, component in ir.spec.components.items()},
    )
    deployment = msgspec.structs.replace(ir.kubernetes.deployment_spec, executors=executors)
    return msgspec.structs.replace(
        ir, spec=spec, kubernetes=msgspec.structs.replace(ir.kubernetes, deployment_spec=deployment)
    )


def _bound(part: Any, arguments: dict[str, ParameterArgument]) -> Any:
    """A part of the settings in which inputs stand for values of the run."""
    if isinstance(part, ParameterArgument):
        return _input(part, arguments)
    if isinstance(part, list):
        return [_bound(item, arguments) for item in part]
    if not isinstance(part, Spec):
        return part
    if isinstance(part, PvcMount):
        part = _in_new_form(part)
    changed = {
        name: _bound(getattr(part, name), arguments)
        for name in part.__struct_fields__
        if isinstance(getattr(part, name), (ParameterArgument, Spec, list))
    }
    return msgspec.structs.replace(part, **changed)


def _in_new_form(mount: PvcMount) -> PvcMount:
    """Old SDKs name the claim beside the mount instead of in a parameter."""
    parameter = mount.pvc_name_parameter
    if parameter is None and not mount.constant:
        parameter = ParameterArgument(
            task_output_parameter=mount.task_output_parameter,
            component_input_parameter=mount.component_input_parameter,
        )
    return PvcMount(
        constant=mount.constant,
        mount_path=mount.mount_path,
        pvc_name_parameter=parameter,
        sub_path=mount.sub_path,
    )


def _input(argument: ParameterArgument, arguments: dict[str, ParameterArgument]) -> ParameterArgument:
    if argument.runtime_value is not None and not has_placeholders(argument.runtime_value.constant):
        return argument
    name = next((known for known, same in arguments.items() if same == argument), "")
    if not name:
        name = f"{PREFIX}{len(arguments) + 1}"
        arguments[name] = argument
    return ParameterArgument(component_input_parameter=name)


def _with_arguments(
    component: Component, labels: dict[str, str], given: dict[str, dict[str, ParameterArgument]]
) -> Component:
    if component.dag is None:
        return component
    tasks = {}
    for name, task in component.dag.tasks.items():
        arguments = given.get(labels.get(task.component_ref.name, ""), {})
        if arguments:
            inputs = msgspec.structs.replace(task.inputs, parameters={**task.inputs.parameters, **arguments})
            task = msgspec.structs.replace(task, inputs=inputs)
        tasks[name] = task
    dag = msgspec.structs.replace(component.dag, tasks=tasks)
    return msgspec.structs.replace(component, dag=dag)
