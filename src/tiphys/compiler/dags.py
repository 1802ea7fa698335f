"""DAGs of the IR become DAG templates: tasks, loops, conditions, what is handed out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiphys.compiler import conditions, names, placeholders
from tiphys.compiler.bind_settings import PREFIX
from tiphys.compiler.importers import imported
from tiphys.compiler.loops import Items, found_artifacts, found_items, known_items, mixed_items
from tiphys.compiler.lower import ROOT, Lowering, laid_over, ordered, sources
from tiphys.compiler.lowered import ARTIFACTS, NONE, Call, Flag, Flags, Form, Handed, Source, Template
from tiphys.compiler.needs import Node, named_in, order
from tiphys.compiler.outputs import list_of
from tiphys.compiler.scope import Scope, of_the_pod
from tiphys.compiler.transport import (
    Value,
    as_text,
    computed,
    constant,
    encode,
    entry,
    literal,
    optional_path,
    path,
    plain,
    typed,
    variable,
    whole_numbers,
)
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import Component, Dag, DagOutputParameter, ParameterArgument, Task

Json = Any

_SETTING = "argo--"
"""Inputs that our authoring adds to a task: a setting names them as Argo's tags, as plain text."""
_VERDICT = "verdict"


def lower_dag(lowering: Lowering, call: Call) -> Template:
    """The template of a DAG in one use."""
    return _DagTemplate(lowering, call).template()


@dataclass(slots=True)
class _Loop:
    """A loop that is under way: its items, and whether it has a template around it that limits it."""

    items: Items
    item_input: str


@dataclass(slots=True)
class _DagTemplate:
    lowering: Lowering
    call: Call
    component: Component = field(init=False)
    dag: Dag = field(init=False)
    inputs: Mapping[str, str] = field(init=False)
    scope: Scope = field(init=False)
    direct: dict[str, list[str]] = field(init=False)
    needs: dict[str, tuple[str, ...]] = field(init=False)
    lenient_loops: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        component = self.lowering.component(self.call.component)
        if component.dag is None:
            raise CompileError(f"`{self.call.component}` is no DAG")
        self.component, self.dag = component, component.dag
        definitions = component.input_definitions
        self.inputs = names.parameters([*definitions.parameters, *definitions.artifacts])
        self.scope = Scope(self.path, self._sources(), self.lowering.root.in_text)
        self.needs = self._needs()

    @property
    def path(self) -> str:
        return names.template(self.call.component)

    def _sources(self) -> dict[str, Source]:
        """The inputs as the tasks of this DAG see them."""
        found: dict[str, Source] = {}
        is_root = self.call.component == ROOT
        for name, spec in self.component.input_definitions.parameters.items():
            flags = self.call.flags_of(name)
            if is_root:
                nullable = spec.is_optional and not spec.has_default
                flags = frozenset({Flag.NULL}) if nullable else NONE
                found[name] = Source(entry(name, spec.parameter_type, nullable=nullable), spec.parameter_type, flags)
            else:
                found[name] = Source(
                    variable("inputs", "parameters", self.inputs[name]),
                    spec.parameter_type,
                    _seen_inside(flags, has_default=spec.has_default),
                )
        for name, artifact in self.component.input_definitions.artifacts.items():
            flags = self.call.flags_of(name) - {Flag.ALIAS}
            if is_root:
                value = _entry_artifact(name, artifact.artifact_type)
            else:
                value = variable("inputs", "parameters", self.inputs[name])
            found[name] = Source(value, ARTIFACTS, flags)
        return found

    # --- order -------------------------------------------------------------------------------------

    def _needs(self) -> dict[str, tuple[str, ...]]:
        """What each task waits for; importers run no pod, so what they wait for counts."""
        direct = self.direct = {name: self._direct_needs(name, task) for name, task in self.dag.tasks.items()}
        for name, needs in direct.items():
            for need in needs:
                if need not in direct:
                    raise CompileError(f"{self.path}/{name} depends on `{need}`, which is not in its DAG")
        importers = {name for name in direct if self._importer(name) is not None}

        def real(name: str, seen: frozenset[str]) -> list[str]:
            found: list[str] = []
            for need in direct[name]:
                if need in seen:
                    raise CompileError(f"{self.path}: tasks `{name}` and `{need}` wait for each other")
                found += real(need, seen | {need}) if need in importers else [need]
            return found

        return {name: tuple(dict.fromkeys(real(name, frozenset({name})))) for name in direct}

    def _direct_needs(self, name: str, task: Task) -> list[str]:
        found = list(task.dependent_tasks)
        for argument in task.inputs.parameters.values():
            if argument.task_output_parameter is not None:
                found.append(argument.task_output_parameter.producer_task)
            if argument.task_final_status is not None:
                found.append(argument.task_final_status.producer_task)
        for artifact in task.inputs.artifacts.values():
            if artifact.task_output_artifact is not None:
                found.append(artifact.task_output_artifact.producer_task)
        depends = self._settings(name, task).get("depends")
        if depends:
            found += [each for each in named_in(depends) if each in self.dag.tasks]
        return [each for each in dict.fromkeys(found) if each != name]

    def _sorted(self) -> list[str]:
        """The tasks, each after what it waits for; a circle is an error."""
        done: dict[str, None] = {}
        waiting = dict.fromkeys(self.dag.tasks)
        while waiting:
            ready = [name for name in waiting if all(need not in waiting for need in self.direct[name])]
            if not ready:
                raise CompileError(
                    f"{self.path}: the tasks {', '.join(f'`{name}`' for name in waiting)} wait for each other"
                )
            for name in ready:
                del waiting[name]
                done[name] = None
        return list(done)

    def _settings(self, name: str, task: Task) -> dict[str, Json]:
        """The fields of the DAGTask that the author laid over."""
        own = self.lowering.dag_settings(self.call.component).tasks.get(name, {})
        component = self.lowering.component(task.component_ref.name)
        executor = self.lowering.executor_settings(component).task if component.executor_label else {}
        found: dict[str, Json] = whole_numbers({**executor, **own})
        return found

    def _importer(self, name: str) -> Any:
        component = self.lowering.component(self.dag.tasks[name].component_ref.name)
        if component.dag is not None:
            return None
        return self.lowering.executor(component, f"{self.path}/{name}").importer

    # --- tasks -------------------------------------------------------------------------------------

    def template(self) -> Template:
        if not self.dag.tasks:
            raise Unsupported(f"{self.path}: a DAG without tasks", remedy="Argo needs a task: put one in.")
        self.scope.skippable = {name for name, task in self.dag.tasks.items() if task.trigger_policy.condition}
        self.lenient_loops = self._lenient_loops()
        emitted: dict[str, dict[str, Json]] = {}
        for name in self._sorted():
            if self._importer(name) is not None:
                self.scope.importers[name] = self._import(name)
            else:
                emitted[name] = self._task(name, self.dag.tasks[name])
        body = self._body(emitted)
        outputs, artifacts, declared = self._outputs()
        if declared:
            body["outputs"] = declared
        said = self.lowering.dag_settings(self.call.component)
        if said.template:
            body = laid_over(body, whole_numbers(said.template), self.path)
        if said.dag:
            body["dag"] = {**body["dag"], **whole_numbers(said.dag)}
        name = self.lowering.templates.add(self.path, ordered(body))
        takes = {} if self.call.component == ROOT else {each: self.inputs[each] for each in self._used()}
        return Template(name, takes, outputs, artifacts)

    def _used(self) -> list[str]:
        return [name for name in self.inputs if name in self.scope.used]

    def _body(self, emitted: Mapping[str, dict[str, Json]]) -> dict[str, Json]:
        nodes = [self._node(name) for name in emitted if name in self.dag.tasks]
        nodes += [Node(name, self.needs[name]) for name in emitted if name not in self.dag.tasks]
        decided = order(nodes, self.path)
        tasks = []
        for name, fields in emitted.items():
            said = self._settings(name, self.dag.tasks[name]) if name in self.dag.tasks else {}
            if decided.uses_depends:
                said.pop("continueOn", None)
            task = {"name": name, "template": fields.pop("template"), **decided.fields[name], **fields, **said}
            tasks.append(task)
        dag: dict[str, Json] = {"failFast": False}
        if decided.target:
            dag["target"] = decided.target
        dag["tasks"] = tasks
        body: dict[str, Json] = {}
        inputs = self._declared_inputs()
        if inputs:
            body["inputs"] = {"parameters": inputs}
        titles = {
            name: task.task_info.name
            for name, task in self.dag.tasks.items()
            if task.task_info.name and task.task_info.name != name
        }
        if titles:
            body["metadata"] = {"annotations": {"tiphys.io/display-names": encode(titles)}}
        body["dag"] = dag
        return body

    def _declared_inputs(self) -> list[dict[str, Json]]:
        if self.call.component == ROOT:
            return []
        found = []
        parameters = self.component.input_definitions.parameters
        for name in self._used():
            declared: dict[str, Json] = {"name": self.inputs[name]}
            spec = parameters.get(name)
            if spec is not None and spec.has_default:
                declared["default"] = encode(typed(spec.default_value, spec.parameter_type))
            elif spec is not None and spec.is_optional:
                declared["default"] = "null"
            elif spec is None and self.component.input_definitions.artifacts[name].is_optional:
                declared["default"] = "[]"
            found.append(declared)
        return found

    def _node(self, name: str) -> Node:
        task = self.dag.tasks[name]
        tolerant = task.trigger_policy.strategy == "ALL_UPSTREAM_TASKS_COMPLETED"
        is_exit = tolerant and any(need.startswith("exit-handler-") for need in task.dependent_tasks)
        return Node(
            name,
            self.needs[name],
            tolerant=tolerant,
            is_exit=is_exit,
            skippable=name in self.scope.skippable,
            settings=self._settings(name, task),
        )

    def _is_tolerant(self, name: str) -> bool:
        """True if a task may run though what it needs failed."""
        task = self.dag.tasks[name]
        if task.trigger_policy.strategy == "ALL_UPSTREAM_TASKS_COMPLETED":
            return True
        said = self._settings(name, task)
        if said.get("depends"):
            return True
        return any(
            self._settings(need, self.dag.tasks[need]).get("continueOn") for need in self.needs[name]
        )

    def _lenient_loops(self) -> dict[str, bool]:
        """Limited loops whose list somebody reads although items failed: True if others need all items."""
        found: dict[str, bool] = {}
        for name, task in self.dag.tasks.items():
            if not task.iterator_policy.parallelism_limit or not task.is_loop:
                continue
            readers = [other for other in self.dag.tasks if name in self.needs[other]]
            if any(self._is_tolerant(other) and self._reads(other, name) for other in readers):
                found[name] = any(not self._is_tolerant(other) for other in readers)
        return found

    def _reads(self, reader: str, producer: str) -> bool:
        inputs = self.dag.tasks[reader].inputs
        return any(
            each.task_output_parameter is not None and each.task_output_parameter.producer_task == producer
            for each in inputs.parameters.values()
        ) or any(
            each.task_output_artifact is not None and each.task_output_artifact.producer_task == producer
            for each in inputs.artifacts.values()
        )

    def _import(self, name: str) -> dict[str, Source]:
        task = self.dag.tasks[name]
        if self._settings(name, task):
            raise Unsupported(
                f"{self.path}/{name}: an importer runs no pod, so Argo has no task to set anything on",
                remedy="Set it on the task that reads the artifact.",
            )
        if task.is_loop or task.trigger_policy.condition:
            raise Unsupported(f"{self.path}/{name}: an importer with a loop or condition of its own")
        component = self.lowering.component(task.component_ref.name)
        return imported(self._importer(name), component, task, name, self.scope)

    def _task(self, name: str, task: Task) -> dict[str, Json]:
        where = f"{self.path}/{name}"
        loop = self._loop(name, task, where) if task.is_loop else None
        values, extra, baked = self._arguments(name, task, loop, where)
        component = self.lowering.component(task.component_ref.name)
        flags = self._flags(component, values, baked)
        call = Call(
            task.component_ref.name,
            flags,
            task.retry_policy,
            self._cache(task, component, where),
            baked,
            extra,
            is_item=loop is not None,
        )
        template = self.lowering.template(call, lower_dag, where)
        given = {template.takes[each]: source.value for each, source in values.items() if each in template.takes}
        fields: dict[str, Json] = {"template": template.name}
        if task.trigger_policy.condition:
            expression = conditions.translate(
                task.trigger_policy.condition,
                lambda parameter: self.scope.expression(parameter, name, task.inputs.parameters),
                where,
            )
            fields["when"] = "{{=" + expression + "}}"
        limit = task.iterator_policy.parallelism_limit
        if loop is not None and limit:
            template, given = self._limited(name, template, given, loop, limit)
            fields["template"] = template.name
        elif loop is not None:
            self.scope.loops.add(name)
            fields[loop.items.field] = loop.items.value
        if given:
            fields["arguments"] = {
                "parameters": [{"name": each, "value": value.field} for each, value in given.items()]
            }
        self.scope.tasks[name] = template
        return fields

    def _cache(self, task: Task, component: Component, where: str) -> str | None:
        """The key of the cache, '' for one made of the inputs; None for no cache."""
        options = task.caching_options
        if component.dag is not None or not options.enable_cache or not options.cache_key:
            return None
        return options.cache_key

    def _flags(
        self, component: Component, values: Mapping[str, Source], baked: Sequence[tuple[str, Value]]
    ) -> tuple[tuple[str, Flags], ...]:
        """What the component has to know of what it is given, and of what it is not given."""
        found: dict[str, Flags] = dict(sources(values))
        known = {name for name, _ in baked}
        for name, spec in component.input_definitions.parameters.items():
            if name not in values and name not in known and spec.is_optional:
                found[name] = frozenset({Flag.ABSENT})
        for name, artifact in component.input_definitions.artifacts.items():
            if name not in values and artifact.is_optional:
                found[name] = frozenset({Flag.ABSENT})
        seen: set[str] = set()
        for name in component.input_definitions.artifacts:
            if name in values:
                text = values[name].value.field
                if text in seen:
                    found[name] = found.get(name, NONE) | {Flag.ALIAS}
                seen.add(text)
        return tuple(sorted((name, flags) for name, flags in found.items() if flags))

    def _arguments(
        self, name: str, task: Task, loop: _Loop | None, where: str
    ) -> tuple[dict[str, Source], tuple[tuple[str, str], ...], tuple[tuple[str, Value], ...]]:
        component = self.lowering.component(task.component_ref.name)
        definitions = component.input_definitions
        tolerant = self._is_tolerant(name)
        values: dict[str, Source] = {}
        extra: list[tuple[str, str]] = []
        baked: list[tuple[str, Value]] = []
        wanted = self._wanted_by_settings(component)
        for each, argument in task.inputs.parameters.items():
            spec = definitions.parameters.get(each)
            if spec is None and each not in wanted and not each.startswith((_SETTING, PREFIX)):
                continue  # the SDK puts values that stand inside texts beside the component's own inputs
            if spec is not None and argument.runtime_value is not None and of_the_pod(argument.runtime_value.constant):
                source = self.scope.parameter(argument, name, task.inputs.parameters, tolerant=tolerant)
                baked.append((each, source.value))
                continue
            otherwise = (
                encode(typed(spec.default_value, spec.parameter_type)) if spec is not None and spec.has_default else ""
            )
            source = self.scope.parameter(
                argument, name, task.inputs.parameters, tolerant=tolerant, otherwise=otherwise
            )
            if spec is None:
                extra.append((each, source.type))
                text = each.startswith(_SETTING)
                values[each] = _as_setting(source) if text else source
            else:
                values[each] = _coerced(source, spec.parameter_type, otherwise, is_leaf=component.dag is None)
        for each, artifact in task.inputs.artifacts.items():
            if each in definitions.artifacts:
                values[each] = self.scope.artifact(artifact, name, tolerant=tolerant)
        if loop is not None:
            values[loop.item_input] = loop.items.item
        return values, tuple(extra), tuple(baked)

    def _wanted_by_settings(self, component: Component) -> set[str]:
        """Inputs that the container speaks of although the component does not declare them."""
        if not component.executor_label:
            return set()
        executor = self.lowering.ir.spec.deployment_spec.executors.get(component.executor_label)
        if executor is None or executor.container is None:
            return set()
        container = executor.container
        texts: list[Json] = [container.image, *container.command, *container.args]
        texts += [each.value for each in container.env]
        if container.resources is not None:
            given = container.resources
            texts += [
                given.resource_cpu_limit,
                given.resource_memory_limit,
                given.resource_cpu_request,
                given.resource_memory_request,
            ]
            if given.accelerator is not None:
                texts += [given.accelerator.resource_type, given.accelerator.resource_count]
        return placeholders.parameters_in(texts)

    # --- loops -------------------------------------------------------------------------------------

    def _loop(self, name: str, task: Task, where: str) -> _Loop:
        component = self.lowering.component(task.component_ref.name)
        tolerant = self._is_tolerant(name)
        if task.artifact_iterator is not None:
            iterator = task.artifact_iterator
            argument = task.inputs.artifacts.get(iterator.items.input_artifact)
            if argument is None:
                raise CompileError(f"{where}: the loop is not given its list of artifacts")
            items = found_artifacts(self.scope.artifact(argument, name, tolerant=tolerant))
            return _Loop(items, iterator.item_input)
        iterator_ = task.parameter_iterator
        assert iterator_ is not None  # noqa: S101 # is_loop says that it is one or the other
        spec = component.input_definitions.parameters.get(iterator_.item_input)
        type = spec.parameter_type if spec is not None else ""
        if iterator_.items.input_parameter:
            list_argument = task.inputs.parameters.get(iterator_.items.input_parameter)
            if list_argument is None:
                raise CompileError(f"{where}: the loop is not given its list")
            source = self.scope.parameter(
                list_argument, name, task.inputs.parameters, tolerant=tolerant, otherwise="[]"
            )
            return _Loop(found_items(source, type), iterator_.item_input)
        raw = iterator_.items.raw
        if placeholders.has_placeholders(raw):
            values = [
                self.scope.constant(item, name, task.inputs.parameters).value for item in _list(raw, where)
            ]
            return _Loop(mixed_items(values, type), iterator_.item_input)
        return _Loop(known_items(raw, type, where), iterator_.item_input)

    def _limited(
        self, name: str, body: Template, given: Mapping[str, Value], loop: _Loop, limit: int
    ) -> tuple[Template, dict[str, Value]]:
        """A DAG that holds only the loop, since Argo limits how much of a template runs at once."""
        passed: dict[str, Value] = {}
        inside: list[dict[str, Json]] = []
        item = body.takes.get(loop.item_input)
        for each, value in given.items():
            if each == item:
                inside.append({"name": each, "value": value.field})
            elif "{{" not in value.field:
                inside.append({"name": each, "value": value.field})
            else:
                passed[each] = value
                inside.append({"name": each, "value": variable("inputs", "parameters", each).field})
        items: Json = loop.items.value
        if isinstance(items, str) and "{{" in items:
            free = "items"
            while free in passed:
                free += "-"
            passed[free] = Value(items, "")
            items = variable("inputs", "parameters", free).field
        lenient = name in self.lenient_loops
        task: dict[str, Json] = {"name": name, "template": body.name, loop.items.field: items}
        if lenient:
            task["continueOn"] = {"failed": True, "error": True}
        if inside:
            task["arguments"] = {"parameters": inside}
        outputs = {
            key: Handed(handed.name, handed.type if handed.type == ARTIFACTS else "LIST")
            for key, handed in body.outputs.items()
        }
        declared = [
            {"name": handed.name, "valueFrom": {"expression": list_of(name, handed).expression}}
            for handed in body.outputs.values()
        ]
        if lenient:
            declared.append({"name": "status", "valueFrom": {"expression": f"{path('tasks', name)}.status"}})
        fields: dict[str, Json] = {
            **({"inputs": {"parameters": [{"name": each} for each in passed]}} if passed else {}),
            **({"outputs": {"parameters": declared}} if declared else {}),
            "parallelism": limit,
            "dag": {"failFast": False, "tasks": [task]},
        }
        around = self.lowering.templates.add(f"{names.template(body.name)}-at-most-{limit}", fields)
        return Template(around, {}, outputs), passed

    # --- outputs -----------------------------------------------------------------------------------

    def _outputs(self) -> tuple[dict[str, Handed], dict[str, str], dict[str, Json]]:
        definitions = self.component.output_definitions
        argo = names.parameters([*definitions.parameters, *definitions.artifacts])
        outputs: dict[str, Handed] = {}
        artifacts: dict[str, str] = {}
        parameters: list[Json] = []
        declared_artifacts: list[Json] = []
        for key, output in self.dag.outputs.parameters.items():
            source, gaps = self._output_parameter(output, f"{self.path}: output `{key}`")
            name = argo.get(key) or key
            outputs[key] = self._declare(name, source, gaps, parameters)
        for key, artifact in self.dag.outputs.artifacts.items():
            name = argo.get(key) or key
            selectors = artifact.artifact_selectors
            where = f"{self.path}: output `{key}`"
            found = [
                self.scope.output(each.producer_subtask, each.output_artifact_key, where, tolerant=False)
                for each in selectors
            ]
            gaps = len(found) == 1 and Flag.NULL in found[0].flags
            value = found[0].value if len(found) == 1 else _first_of([each.value for each in found], "[]")
            source = Source(value, ARTIFACTS, found[0].flags)
            outputs[key] = self._declare(name, source, gaps, parameters)
            reference = self._artifact_reference(selectors)
            if reference:
                declared_artifacts.append({"name": name, "optional": True, **reference})
                artifacts[key] = name
        declared: dict[str, Json] = {}
        if parameters:
            declared["parameters"] = parameters
        if declared_artifacts:
            declared["artifacts"] = declared_artifacts
        return outputs, artifacts, declared

    def _declare(self, name: str, source: Source, gaps: bool, parameters: list[Json]) -> Handed:
        """Hand an output out; where a loop collects it, so that Argo does not read it."""
        mark = self.call.is_item and (source.type in ("LIST", "STRUCT", "", ARTIFACTS) or gaps)
        field_, expression = source.value.field, source.value.expression
        if mark:
            if gaps:
                expression = f"let o = {expression}; o == 'null' ? '=' : '=' + o"
            else:
                expression = f"'=' + ({expression})"
        is_tag = field_.startswith("{{") and not field_.startswith("{{=") and field_.count("{{") == 1
        value_from = {"parameter": field_} if is_tag and not mark else {"expression": expression}
        parameters.append({"name": name, "valueFrom": value_from})
        return Handed(name, source.type, Form.MARKED if mark else Form.JSON, gaps)

    def _output_parameter(self, output: DagOutputParameter, where: str) -> tuple[Source, bool]:
        if output.value_from_parameter is not None:
            selector = output.value_from_parameter
            source = self.scope.output(
                selector.producer_subtask, selector.output_parameter_key, where, tolerant=False
            )
            return source, Flag.NULL in source.flags
        if output.value_from_oneof is None:
            raise CompileError(f"{where} comes from nowhere")
        found = [
            self.scope.output(each.producer_subtask, each.output_parameter_key, where, tolerant=True)
            for each in output.value_from_oneof.parameter_selectors
        ]
        return Source(_first_of([each.value for each in found], "null"), found[0].type), False

    def _artifact_reference(self, selectors: Sequence[Any]) -> dict[str, Json]:
        """Argo's own reference to the artifact: for those who look at the run, and for hand-written parts."""
        found = []
        for each in selectors:
            template = self.scope.tasks.get(each.producer_subtask)
            name = template.artifacts.get(each.output_artifact_key) if template is not None else None
            if name is None or each.producer_subtask in self.scope.loops:
                return {}
            found.append((each.producer_subtask, name))
        if len(found) == 1:
            task, name = found[0]
            return {"from": "{{tasks." + f"{task}.outputs.artifacts.{name}" + "}}"}
        expression = ""
        for task, name in reversed(found):
            artifact = path("tasks", task, "outputs", "artifacts", name)
            status = f"{path('tasks', task)}.status == 'Succeeded'"
            expression = f"{status} ? {artifact} : ({expression})" if expression else artifact
        return {"fromExpression": expression}


def _first_of(values: Sequence[Value], otherwise: str) -> Value:
    """The first of several outputs that is there."""
    tests = " : ".join(f"(let o{i} = {v.expression}; o{i})" for i, v in enumerate(values))
    del tests
    written = literal(otherwise)
    for value in reversed(values):
        written = f"(let o = {value.expression}; o != {literal(otherwise)} ? o : {written})"
    return computed(written)


def _seen_inside(flags: Flags, *, has_default: bool) -> Flags:
    """The flags of an input as the tasks of the DAG see it."""
    seen = flags - {Flag.ALIAS}
    if Flag.ABSENT in seen:
        seen = seen - {Flag.ABSENT} | (NONE if has_default else {Flag.NULL})
    return seen


def _coerced(source: Source, type: str, otherwise: str, *, is_leaf: bool) -> Source:
    """A source as the component wants it: of the declared type, with the component's default for null."""
    if source.known is not None:
        value = typed(source.known[0], type)
        return Source(constant(value), type, source.flags, (value,))
    value = source.value
    flags = source.flags
    if is_leaf and type == "STRING" and (Flag.LOOSE in flags or source.type not in ("STRING", "")):
        value = computed(as_text(value.expression))
        flags = flags - {Flag.LOOSE}
    if otherwise and otherwise != "null" and Flag.NULL in flags:
        default = literal(otherwise)
        value = computed(f"let v = {_grouped(value.expression)}; v == 'null' ? {default} : v")
        flags = flags - {Flag.NULL}
    return Source(value, source.type or type, flags)


def _grouped(expression: str) -> str:
    return f"({expression})" if expression.startswith("let ") else expression


def _as_setting(source: Source) -> Source:
    """A value as plain text, for a setting that names it in Argo's way."""
    return Source(computed(plain(source.value.expression, source.type)), source.type)


def _entry_artifact(name: str, type: Any) -> Value:
    """An artifact that the run is given by its URI."""
    given = path("workflow", "parameters", name)
    head = encode({"name": name, "type": {"schemaTitle": type.schema_title or "system.Artifact"}})[:-1]
    return computed(
        f"let v = {given}; v == '' || v == 'null' ? '[]' : "
        f"(v startsWith '[' ? v : '[' + {literal(head)} + ',\"uri\":' + toJson(v) + ',\"metadata\":{{}}}}]')"
    )


def _list(raw: str, where: str) -> list[Json]:
    listed = json.loads(raw)
    if not isinstance(listed, list):
        raise CompileError(f"{where}: a loop needs a list, this is {raw[:60]}")
    return listed


__all__ = ["ParameterArgument", "lower_dag", "optional_path"]
