"""`depends`, `dependencies` and `continueOn` of DAG tasks, as Argo expands and evaluates them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tiphys.errors import ExpressionError
from tiphys.expressions import go_values as go
from tiphys.expressions.depends_logic import plain_logic
from tiphys.expressions.expr import Program
from tiphys.expressions.expr.builtins import BUILTIN_NAMES
from tiphys.expressions.go_values import GoType, Struct

RESULTS: Final = (
    "Succeeded",
    "Failed",
    "Errored",
    "Skipped",
    "Omitted",
    "Daemoned",
    "AnySucceeded",
    "AllFailed",
)
_OPERAND = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)")
_RESULT = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?)\.([A-Z][a-zA-Z]+)")
_RESULTS_TYPE = GoType("controller.TaskResults", "struct", fields=dict.fromkeys(RESULTS, go.BOOL))
_SCOPE_TYPE = GoType("map[string]controller.TaskResults", "map", elem=_RESULTS_TYPE, key=go.STRING)


@dataclass(frozen=True, slots=True)
class ContinueOn:
    """`continueOn` of a task."""

    failed: bool = False
    error: bool = False


@dataclass(frozen=True, slots=True)
class Depends:
    """What a task waits for.

    `names` are the tasks referenced, in alphabetical order; `items` those of which the results of loop items
    are asked (`.AnySucceeded`, `.AllFailed`); `logic` is the expression over all of them.
    """

    logic: str
    names: tuple[str, ...]
    items: frozenset[str]


@dataclass(frozen=True, slots=True)
class TaskResults:
    """What can be asked of a finished task."""

    succeeded: bool = False
    failed: bool = False
    errored: bool = False
    skipped: bool = False
    omitted: bool = False
    daemoned: bool = False
    any_succeeded: bool = False
    all_failed: bool = False


MAX_LOGIC: Final = 1 << 20
NO_CONTINUE: Final = ContinueOn()


def parse(depends: str, dependencies: Sequence[str], continue_on: Callable[[str], ContinueOn]) -> Depends:
    """What a task with this `depends` (or, if empty, these `dependencies`) waits for.

    `continue_on` is asked for each task that is named without a result; for an unknown task it raises.

    >>> parse("A && B.Failed", [], lambda name: ContinueOn()).logic
    '(A.Succeeded || A.Skipped || A.Daemoned) && B.Failed'
    """
    logic = depends or " && ".join(_expanded(name, continue_on(name)) for name in dependencies)
    names: dict[str, bool] = {}

    def operand(match: re.Match[str]) -> str:
        if match[1]:
            task, result = match[1].split(".", 1)
            names[task] = names.get(task, False) or result in ("AnySucceeded", "AllFailed")
            return match[0]
        names[match[2]] = False
        return _expanded(match[2], continue_on(match[2]))

    expanded = _OPERAND.sub(operand, logic)
    return Depends(expanded, tuple(sorted(names)), frozenset(name for name, items in names.items() if items))


def _expanded(name: str, continue_on: ContinueOn) -> str:
    results = ["Succeeded", "Skipped", "Daemoned"]
    if continue_on.error:
        results.append("Errored")
    if continue_on.failed:
        results.append("Failed")
    return "(" + " || ".join(f"{name}.{result}" for result in results) + ")"


def invalid_result(depends: str) -> str | None:
    """Argo's complaint about a result that no task has, such as `A.Completed`; None if there is none."""
    for task, result in _RESULT.findall(depends):
        if result not in RESULTS:
            return f"task result '{result}' for task '{task}' is invalid"
    return None


def evaluate(logic: str, results: Mapping[str, TaskResults]) -> bool:
    """Whether the task should run, given the results of all tasks that it waits for.

    >>> evaluate("A.Failed || a-b.Succeeded", {"A": TaskResults(), "a-b": TaskResults(succeeded=True)})
    True
    """
    plain = plain_logic(logic)
    if plain is not None and plain.names == results.keys():
        return plain.holds(results)
    source = logic.replace("-", "_")
    scope: dict[str, Any] = {}
    for name, result in results.items():
        scope.setdefault(name.replace("-", "_"), _struct(result))
    try:
        return _program(source, BUILTIN_NAMES.intersection(scope)).run_bool(scope, env_type=_SCOPE_TYPE)
    except ExpressionError as error:
        raise ExpressionError(f"unable to evaluate expression '{source}': {error.message}") from None


@lru_cache(maxsize=64)
def _program(source: str, overridden: frozenset[str]) -> Program:
    """The program of a logic that may be long: a task can wait for hundreds of tasks with long names."""
    return Program(source, overridden, MAX_LOGIC)


@lru_cache(maxsize=256)
def _struct(results: TaskResults) -> Struct:
    values = (
        results.succeeded,
        results.failed,
        results.errored,
        results.skipped,
        results.omitted,
        results.daemoned,
        results.any_succeeded,
        results.all_failed,
    )
    return Struct(_RESULTS_TYPE, dict(zip(RESULTS, values, strict=True)))
