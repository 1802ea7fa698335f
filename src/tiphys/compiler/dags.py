"""DAGs of the IR become DAG templates: their tasks, with loops and conditions, in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.compiler import arguments, conditions, dag_inputs
from tiphys.compiler.dag_outputs import handed_out
from tiphys.compiler.depends_text import minds_failure, with_verdict
from tiphys.compiler.graph import COMPLETED, Graph
from tiphys.compiler.hooks import hook_tasks, hooked
from tiphys.compiler.importers import imported
from tiphys.compiler.limited_loop import free_name, lenient_loops, limited, nothing, verdict
from tiphys.compiler.loops import loop_of
from tiphys.compiler.lower import Lowering, laid_over, ordered
from tiphys.compiler.lowered import Call, Source, Template
from tiphys.compiler.needs import Node, order
from tiphys.compiler.recursion import again, called_again
from tiphys.compiler.transport import encode, whole_numbers
from tiphys.errors import Unsupported
from tiphys.ir.model import Component, Task
from tiphys.manifest.strategic_merge import strategic_merge

Json = Any

_DAG_TASK = "v1alpha1.DAGTask"
DISPLAY_NAMES = "tiphys.io/display-names"
"""Annotation of a DAG template: JSON of task name → the name that the author gave it for display."""


_TASK_FIELDS = (
    "name",
    "template",
    "dependencies",
    "depends",
    "when",
    "withItems",
    "withParam",
    "withSequence",
)


def lower_dag(lowering: Lowering, call: Call) -> Template:
    """The template of a DAG in one use."""
    graph = Graph(lowering, call)
    if not graph.dag.tasks:
        raise Unsupported(f"{graph.path}: a DAG without tasks", remedy="Argo needs a task: put one in.")
    graph.scope.inputs = dag_inputs.sources(graph)
    lenient = lenient_loops(graph)
    tasks: dict[str, dict[str, Json]] = {}
    for name in graph.sorted():
        if name in graph.importers:
            graph.scope.importers[name] = _imported(graph, name)
        else:
            tasks[name] = _task(graph, name, lenient=name in lenient)
    body = _body(graph, tasks, {loop for loop, strict in lenient.items() if strict})
    handed = handed_out(graph)
    if handed.fields:
        body["outputs"] = handed.fields
    said = lowering.dag_settings(call.component)
    if said.template:
        body = laid_over(body, whole_numbers(said.template), graph.path)
    if said.dag:
        body["dag"] = {**body["dag"], **whole_numbers(said.dag)}
    name = lowering.templates.add(graph.path, ordered(body))
    takes = {} if graph.is_root else {each: graph.inputs[each] for each in dag_inputs.used(graph)}
    return Template(name, takes, handed.outputs, handed.artifacts)


def _imported(graph: Graph, name: str) -> dict[str, Source]:
    task = graph.dag.tasks[name]
    if graph.settings(name).keys() - {"depends"}:
        raise Unsupported(
            f"{graph.path}/{name}: an importer runs no pod, so Argo has no task to set anything on",
            remedy="Set it on the task that reads the artifact.",
        )
    if task.is_loop or task.trigger_policy.condition:
        raise Unsupported(
            f"{graph.path}/{name}: an importer with a loop or condition of its own",
            remedy="Put it into a group.",
        )
    return imported(graph.importers[name], graph.component_of(task), task, name, graph.scope)


def _task(graph: Graph, name: str, *, lenient: bool) -> dict[str, Json]:
    """The DAGTask without what says when it runs."""
    task = graph.dag.tasks[name]
    component = graph.component_of(task)
    components = graph.lowering.ir.spec.components
    loop = loop_of(graph.scope, name, task, components, tolerant=graph.is_tolerant(name))
    found = arguments.given(graph, name, loop)
    call = Call(
        task.component_ref.name,
        arguments.flags(component, found),
        task.retry_policy,
        _cache_key(task, component),
        tuple(found.baked),
        tuple(found.extra),
        is_item=loop is not None,
    )
    where = f"{graph.path}/{name}"
    called = called_again(graph.lowering, graph.settings(name))
    template = again(graph.lowering, called, where) if called else graph.lowering.template(call, lower_dag, where)
    given = {template.takes[each]: source.value for each, source in found.values.items() if each in template.takes}
    fields: dict[str, Json] = {}
    if task.trigger_policy.condition:
        fields["when"] = "{{=" + _condition(graph, name, task) + "}}"
    if loop is not None and task.iterator_policy.parallelism_limit:
        template, given = limited(graph, name, template, given, loop, lenient=lenient)
    elif loop is not None:
        graph.scope.loops.add(name)
        fields[loop.items.field] = loop.items.value
    if given:
        fields["arguments"] = {"parameters": [{"name": each, "value": value.field} for each, value in given.items()]}
    graph.scope.tasks[name] = template
    return {"template": template.name, **fields}


def _condition(graph: Graph, name: str, task: Task) -> str:
    given = task.inputs.parameters
    return conditions.translate(
        task.trigger_policy.condition,
        lambda parameter: graph.scope.expression(parameter, name, given),
        f"{graph.path}/{name}",
    )


def _cache_key(task: Task, component: Component) -> str | None:
    """The key under which a task's result is kept; None if it is not."""
    options = task.caching_options
    if component.dag is not None or not options.enable_cache:
        return None
    return options.cache_key or None


def _body(graph: Graph, tasks: Mapping[str, dict[str, Json]], strict: set[str]) -> dict[str, Json]:
    """The template: tasks with what says when they run, settings of the author laid over."""
    hooks = hook_tasks(graph)
    hooking = {name: task for name, task in tasks.items() if name in hooks}
    tasks = {name: task for name, task in tasks.items() if name not in hooks}
    nodes = [_node(graph, name) for name in tasks]
    for loop in strict:
        name = free_name(graph, f"{loop}-verdict")
        nodes = [_after_verdict(node, loop, name) for node in nodes]
        nodes.append(Node(name, (loop,)))
        tasks[name] = verdict(graph, loop)
    decided = order(nodes, graph.path)
    for name in decided.forgiven:
        nodes.append(Node(free_name(graph, f"{name}-continued"), (name,)))
        tasks[nodes[-1].name] = {"template": nothing(graph)}
    if decided.forgiven:
        decided = order(nodes, graph.path)
    depends = {node.name: node.setting("depends") for node in nodes}
    written = []
    for name, fields in tasks.items():
        said = graph.settings(name) if name in graph.dag.tasks else {}
        if decided.uses_depends:
            said.pop("continueOn", None)
        if depends[name]:
            said["depends"] = depends[name]
        if "hooks" in said:
            said["hooks"] = hooked(said["hooks"], hooking)
        if called_again(graph.lowering, said):
            del said["template"]
        template = fields.pop("template")
        task = {"name": name, "template": template, **decided.fields[name], **fields}
        written.append(_in_order(strategic_merge(task, said, _DAG_TASK)))
    body: dict[str, Json] = {}
    titles = {
        name: task.task_info.name for name, task in graph.dag.tasks.items() if task.task_info.name not in ("", name)
    }
    if titles:
        body["metadata"] = {"annotations": {DISPLAY_NAMES: encode(titles)}}
    inputs = dag_inputs.declared(graph)
    if inputs:
        body["inputs"] = {"parameters": inputs}
    target = {"target": decided.target} if decided.target else {}
    body["dag"] = {"failFast": False, **target, "tasks": written}
    return body


def _in_order(task: Mapping[str, Json]) -> dict[str, Json]:
    """The fields of a task in the order in which people read them: arguments last."""
    first = [field for field in _TASK_FIELDS if field in task]
    rest = [field for field in task if field not in (*first, "arguments")]
    return {field: task[field] for field in (*first, *rest, *(["arguments"] if "arguments" in task else []))}


def _node(graph: Graph, name: str) -> Node:
    task = graph.dag.tasks[name]
    tolerant = task.trigger_policy.strategy == COMPLETED
    return Node(
        name,
        graph.needs[name],
        tolerant=tolerant,
        is_exit=graph.is_exit(name),
        skippable=name in graph.scope.skippable,
        settings=graph.settings(name),
    )


def _after_verdict(node: Node, loop: str, verdict: str) -> Node:
    """Those who need all items of a loop wait for the task that says whether all succeeded."""
    text = node.setting("depends") or ""
    if loop not in node.needs or node.tolerant or (text and not minds_failure(text, loop)):
        return node
    said = {"depends": with_verdict(text, loop, verdict)} if text else {}
    return Node(
        node.name,
        (*node.needs, verdict),
        is_exit=node.is_exit,
        skippable=node.skippable,
        settings={**(node.settings or {}), **said},
    )
