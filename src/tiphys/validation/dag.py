"""DAG templates.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/validate/validate.go (`validateDAG`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tiphys.validation.arguments import GivenArguments, check_arguments
from tiphys.validation.context import (
    Context,
    add_outputs,
    add_outputs_despite,
    check_tags,
    check_tags_in_text,
)
from tiphys.validation.dependencies import Dependencies, check_results
from tiphys.validation.invalid import Invalid, Origin
from tiphys.validation.loops import add_items, is_aggregating
from tiphys.validation.names import check_field_names, is_parameter
from tiphys.validation.scope import Scope
from tiphys.validation.steps import inline_inputs
from tiphys.validation.templates import Base

Json = Any
Task = Mapping[str, Json]

_DIGITS: Final = frozenset("0123456789")


def check_dag(context: Context, base: Base, template: Mapping[str, Json], scope: Scope) -> None:
    """Validate the tasks of a template, those first that others need."""
    owner = template.get("name") or ""
    dag = template["dag"]
    tasks = [task or {} for task in dag.get("tasks") or []]
    if not tasks:
        raise Invalid(f"templates.{owner} must have at least one task")
    check = _DagCheck(context, base, owner, tasks, scope)
    check.sort()
    check.look_at_dependencies()
    _check_targets(context, owner, dag.get("target") or "", check.dependencies, scope)
    check.look_at_arguments()


class _DagCheck:
    def __init__(self, context: Context, base: Base, owner: str, tasks: Sequence[Task], scope: Scope) -> None:
        self._context = context
        self._base = base
        self._owner = owner
        self._scope = scope
        self._uses_depends = any(task.get("depends") for task in tasks)
        self._positions = {task.get("name") or "": index for index, task in enumerate(tasks)}
        self._tasks = tasks
        self.dependencies = Dependencies(tasks)

    def sort(self) -> None:
        """Bring the tasks into an order in which each stands behind what it needs."""
        try:
            self._tasks = self.dependencies.sorted_tasks()
        except Invalid as error:
            raise error.under(f"templates.{self._owner} sorting failed: ") from None
        try:
            check_field_names(task.get("name") or "" for task in self._tasks)
        except Invalid as error:
            raise error.under(f"templates.{self._owner}.tasks") from None

    def look_at_dependencies(self) -> None:
        """Resolve every template, and see that the ways in which tasks need each other go together."""
        for task in self._tasks:
            try:
                self._look_at_dependencies_of(task)
            except Invalid as error:
                self._context.refuse(error.at(self._origin(task)))
                is_loop = is_aggregating(task)
                add_outputs_despite(self._context, self._scope, "tasks", task, error, is_loop=is_loop)

    def look_at_arguments(self) -> None:
        """See that every tag and every argument can be resolved where it stands."""
        for task in self._tasks:
            try:
                self._check_arguments(task)
            except Invalid as error:
                self._context.refuse(error.at(self._origin(task)))

    def _look_at_dependencies_of(self, task: Task) -> None:
        name = task["name"]
        self._check_style(task)
        template = self._checked_template(task, self._context.any_arguments)
        is_loop = is_aggregating(task)
        add_outputs(self._context, self._scope, "tasks", name, template, is_loop=is_loop)
        try:
            check_results(task.get("depends") or "")
        except Invalid as error:
            raise error.under(f"{self._where(task)} ") from None
        self.dependencies.refuse_result_of_no_loop(self._owner, name)

    def _check_style(self, task: Task) -> None:
        name, needs = task["name"], task.get("dependencies")
        if (self._uses_depends or needs) and name[0] in _DIGITS:
            problem = "name cannot begin with a digit when using either 'depends' or 'dependencies'"
            raise Invalid(f"{self._where(task)} {problem}")
        if self._uses_depends and needs:
            problem = "cannot use both 'depends' and 'dependencies' in the same DAG template"
            raise Invalid(f"templates.{self._owner} {problem}")
        if self._uses_depends and task.get("continueOn") is not None:
            problem = "cannot use 'continueOn' when using 'depends'."
            remedy = "Instead use 'dep-task.Failed'/'dep-task.Errored'"
            raise Invalid(f"templates.{self._owner} {problem} {remedy}")

    def _check_arguments(self, task: Task) -> None:
        name, where = task["name"], self._where(task)
        if task.get("hooks") is not None:
            self._scope.add(f"tasks.{name}.status")
        scope = _TaskScope(inline_inputs(task), self._scope, self.dependencies, name)
        try:
            add_items(task, scope)
            check_tags(self._context, scope, task)
        except Invalid as error:
            raise error.under(f"{where} ") from None
        arguments = task.get("arguments") or {}
        check_arguments(f"{where}.arguments.", arguments, allow_empty=False)
        self._check_sources(task, arguments)
        self._checked_template(task, GivenArguments(arguments))

    def _check_sources(self, task: Task, arguments: Mapping[str, Json]) -> None:
        """Refuse arguments from tasks that need not have run before."""
        for kind, field in (("parameters", "value"), ("artifacts", "from")):
            for argument in arguments.get(kind) or []:
                source = argument.get(field) or ""
                if source.startswith("{{tasks."):
                    needed = source.split(".")[1]
                    if not self.dependencies.is_ancestor(needed, of=task["name"]):
                        what = f"missing dependency '{needed}' for {kind[:-1]} '{argument['name']}'"
                        raise Invalid(f"{self._where(task)} {what}")

    def _checked_template(self, task: Task, arguments: Any) -> Mapping[str, Json] | None:
        try:
            return self._context.check_holder(task, self._base, arguments)
        except Invalid as error:
            raise error.under(f"{self._where(task)} ") from None

    def _where(self, task: Task) -> str:
        return f"templates.{self._owner}.tasks.{task['name']}"

    def _origin(self, task: Task) -> Origin | None:
        return self._base.origin(self._owner, "dag", "tasks", self._positions[task["name"]])


class _TaskScope(Scope):
    """What a task sees: of other tasks, the status of its ancestors only."""

    def __init__(self, names: Sequence[str], below: Scope, dependencies: Dependencies, task: str) -> None:
        super().__init__(names, below)
        self._dependencies = dependencies
        self._task = task

    def __contains__(self, name: str) -> bool:
        if super().__contains__(name):
            return True
        if not (name.startswith("tasks.") and name.endswith(".status")):
            return False
        other = name.removeprefix("tasks.").removesuffix(".status")
        return self._dependencies.is_ancestor(other, of=self._task)


def _check_targets(
    context: Context, owner: str, target: str, dependencies: Dependencies, scope: Scope
) -> None:
    try:
        check_tags_in_text(context, scope, target)
    except Invalid as error:
        raise error.under(f"templates.{owner}.targets ") from None
    for name in target.split(" ") if target else []:
        if not is_parameter(name) and name not in dependencies:
            raise Invalid(f"templates.{owner}.targets: target '{name}' is not defined")
