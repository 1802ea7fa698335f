"""What the tasks of a DAG give to their components, and what the components must know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tiphys.compiler import placeholders
from tiphys.compiler.bind_settings import PREFIX
from tiphys.compiler.graph import Graph
from tiphys.compiler.literals import check
from tiphys.compiler.loops import Loop
from tiphys.compiler.lowered import NONE, PLACES, Flag, Flags, Source
from tiphys.compiler.scope import of_the_pod
from tiphys.compiler.transport import Value, as_text, computed, constant, encode, literal, plain, typed
from tiphys.ir.model import Component, Container, ParameterInput, Task

Json = Any

SETTING = "argo--"
"""Inputs that our authoring adds to a task: a setting names them as Argo's tags, as plain text."""


@dataclass(slots=True)
class Given:
    """What a task gives: `values` by input of the component; `extra` inputs that the component does not
    declare but its container or a setting speaks of; `baked` values that only the pod itself can fill."""

    values: dict[str, Source] = field(default_factory=dict)
    extra: list[tuple[str, str]] = field(default_factory=list)
    baked: list[tuple[str, Value]] = field(default_factory=list)


def given(graph: Graph, name: str, loop: Loop | None) -> Given:
    """What the task of that name gives to its component."""
    task = graph.dag.tasks[name]
    component = graph.component_of(task)
    found = Given()
    _parameters(graph, name, task, component, found)
    for each, artifact in task.inputs.artifacts.items():
        if each in component.input_definitions.artifacts:
            found.values[each] = graph.scope.artifact(artifact, name, tolerant=graph.is_tolerant(name))
    if loop is not None:
        found.values[loop.item_input] = loop.items.item
    return found


def _parameters(graph: Graph, name: str, task: Task, component: Component, found: Given) -> None:
    given = task.inputs.parameters
    tolerant = graph.is_tolerant(name)
    wanted = _named_by_container(graph, component)
    for each, argument in given.items():
        spec = component.input_definitions.parameters.get(each)
        if spec is None:
            # the SDK also puts values that stand inside texts beside the component's own inputs
            if each in wanted or each.startswith((SETTING, PREFIX)):
                source = graph.scope.parameter(argument, name, given, tolerant=tolerant)
                found.extra.append((each, source.type))
                found.values[each] = _as_setting(source) if each.startswith(SETTING) else source
            continue
        if argument.runtime_value is not None and of_the_pod(argument.runtime_value.constant):
            source = graph.scope.parameter(argument, name, given, tolerant=tolerant)
            found.baked.append((each, source.value))
            continue
        otherwise = _default(spec)
        source = graph.scope.parameter(argument, name, given, tolerant=tolerant, otherwise=otherwise)
        if spec.literals:
            check(source, spec, argument, graph, f"{name}: input `{each}`")
        is_leaf = component.dag is None
        found.values[each] = _coerced(source, spec.parameter_type, otherwise, is_leaf=is_leaf)


def flags(component: Component, found: Given) -> tuple[tuple[str, Flags], ...]:
    """What the component has to know of what it is given, and of what it is not given."""
    definitions = component.input_definitions
    plain = set(definitions.parameters) if component.dag is None else set()
    all_flags: dict[str, Flags] = {
        name: source.flags - (PLACES if name in plain else NONE) for name, source in found.values.items()
    }
    silent = {name for name, _ in found.baked} | set(found.values)
    for name, spec in definitions.parameters.items():
        if name not in silent and spec.is_optional:
            all_flags[name] = frozenset({Flag.ABSENT})
    texts: set[str] = set()
    for name, artifact in definitions.artifacts.items():
        if name not in found.values:
            if artifact.is_optional:
                all_flags[name] = frozenset({Flag.ABSENT})
            continue
        text = found.values[name].value.field
        if text in texts:
            all_flags[name] = all_flags.get(name, NONE) | {Flag.ALIAS}
        texts.add(text)
    return tuple(sorted((name, each) for name, each in all_flags.items() if each))


def _default(spec: ParameterInput) -> str:
    return encode(typed(spec.default_value, spec.parameter_type)) if spec.has_default else ""


def _named_by_container(graph: Graph, component: Component) -> set[str]:
    """Inputs that the container speaks of although the component does not declare them."""
    executors = graph.lowering.ir.spec.deployment_spec.executors
    executor = executors.get(component.executor_label) if component.executor_label else None
    if executor is None or executor.container is None:
        return set()
    return placeholders.parameters_in(_texts(executor.container))


def _texts(container: Container) -> list[Json]:
    texts: list[Json] = [container.image, *container.command, *container.args]
    texts += [each.value for each in container.env]
    asked = container.resources
    if asked is not None:
        texts += [asked.resource_cpu_limit, asked.resource_memory_limit]
        texts += [asked.resource_cpu_request, asked.resource_memory_request]
        if asked.accelerator is not None:
            texts += [asked.accelerator.resource_type, asked.accelerator.resource_count]
    return texts


def _coerced(source: Source, type: str, otherwise: str, *, is_leaf: bool) -> Source:
    """A source as the component wants it: of the declared type, with the component's default for null."""
    if source.known is not None:
        value = typed(source.known[0], type)
        return Source(constant(value), type, source.flags, (value,))
    text, seen = source.value, source.flags
    if is_leaf and type == "STRING" and (Flag.LOOSE in seen or source.type not in ("STRING", "")):
        text = computed(as_text(text.expression))
        seen = seen - {Flag.LOOSE}
    if otherwise not in ("", "null") and Flag.NULL in seen:
        text = computed(f"let v = ({text.expression}); v == 'null' ? {literal(otherwise)} : v")
        seen = seen - {Flag.NULL}
    return Source(text, source.type or type, seen)


def _as_setting(source: Source) -> Source:
    """A value as plain text, for a setting that names it in Argo's way."""
    return Source(computed(plain(source.value.expression, source.type)), source.type)
