"""Pass: a loop always runs a DAG.

The SDK makes a group for every loop; other writers of IR let a task iterate over a component. Such a
component gets a DAG around it, so that what its items hand out can be collected without loss.
"""

from __future__ import annotations

import msgspec

from tiphys.ir.model import (
    Arguments,
    ArtifactArgument,
    ArtifactSelector,
    Component,
    ComponentRef,
    Dag,
    DagOutputArtifact,
    DagOutputParameter,
    DagOutputs,
    ParameterArgument,
    ParameterSelector,
    Task,
    TaskInfo,
)
from tiphys.ir.reading import Ir


def iterate_dags(ir: Ir) -> Ir:
    """Put a DAG around each component that a loop runs by itself."""
    added: dict[str, Component] = {}
    components = {name: _changed(name, part, ir, added) for name, part in ir.spec.components.items()}
    root = _changed("root", ir.spec.root, ir, added)
    if not added:
        return ir
    spec = msgspec.structs.replace(ir.spec, root=root, components={**components, **added})
    return msgspec.structs.replace(ir, spec=spec)


def _changed(name: str, component: Component, ir: Ir, added: dict[str, Component]) -> Component:
    if component.dag is None:
        return component
    tasks = {}
    for task_name, task in component.dag.tasks.items():
        run = ir.spec.components.get(task.component_ref.name)
        if task.is_loop and run is not None and run.dag is None:
            wrapper = f"comp-{task_name}-item"
            while wrapper in ir.spec.components or wrapper in added:
                wrapper += "-2"
            added[wrapper] = _around(task_name, task, run)
            task = msgspec.structs.replace(task, component_ref=ComponentRef(wrapper), retry_policy=None)
        tasks[task_name] = task
    return msgspec.structs.replace(component, dag=msgspec.structs.replace(component.dag, tasks=tasks))


def _around(name: str, task: Task, run: Component) -> Component:
    definitions = run.input_definitions
    inside = Task(
        component_ref=task.component_ref,
        task_info=TaskInfo(name),
        inputs=Arguments(
            {each: ParameterArgument(component_input_parameter=each) for each in definitions.parameters},
            {each: ArtifactArgument(component_input_artifact=each) for each in definitions.artifacts},
        ),
        caching_options=task.caching_options,
        retry_policy=task.retry_policy,
    )
    handed = run.output_definitions
    outputs = DagOutputs(
        parameters={each: DagOutputParameter(ParameterSelector(name, each)) for each in handed.parameters},
        artifacts={each: DagOutputArtifact([ArtifactSelector(name, each)]) for each in handed.artifacts},
    )
    return Component(
        input_definitions=definitions,
        output_definitions=handed,
        dag=Dag({name: inside}, outputs),
    )
