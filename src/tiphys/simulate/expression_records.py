"""Replays recorded answers about expressions: templates, `when`, `depends`, sequences and loop items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tiphys.errors import ExpressionError
from tiphys.expressions import depends, expr, items, sequence, tags, when
from tiphys.expressions.depends import ContinueOn, TaskResults
from tiphys.manifest import yaml


def replay_expression(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the record's `expected` should hold, worked out anew."""
    return _KINDS[record["kind"]](record)


def _template(record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        result = tags.replace(
            record["input"],
            record.get("env") or {},
            allow_unresolved=record.get("allowUnresolved", False),
            strict_prefixes=record.get("strictPrefixes"),
        )
    except tags.UnresolvedTag as error:
        return {"error": error.message, "missingVariable": error.missing_variable}
    return {"result": result}


def _when(record: Mapping[str, Any]) -> dict[str, Any]:
    return _answer(lambda: when.evaluate(record["input"]))


def _evalbool(record: Mapping[str, Any]) -> dict[str, Any]:
    return _answer(lambda: expr.evaluate_bool(record["input"], record.get("env") or {}))


def _answer(question: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"result": question()}
    except ExpressionError as error:
        return {"error": error.message}


_FINISHED = frozenset({"Succeeded", "Failed", "Error", "Skipped", "Omitted"})


def _depends(record: Mapping[str, Any]) -> dict[str, Any]:
    tasks: Mapping[str, Any] = record.get("tasks") or {}

    def continue_on(name: str) -> ContinueOn:
        task = tasks[name]
        return ContinueOn(bool(task.get("continueOnFailed")), bool(task.get("continueOnError")))

    try:
        wanted = depends.parse(record["input"], record.get("dependencies") or [], continue_on)
    except KeyError as unknown:
        return {"panic": f"target {unknown.args[0]} does not exist"}
    answer: dict[str, Any] = {"logic": wanted.logic, "dependencies": list(wanted.names)}
    results: dict[str, TaskResults] = {}
    for name in wanted.names:
        task = tasks.get(name) or {}
        phase = task.get("phase") or ""
        if phase not in _FINISHED and not (task.get("daemoned") and phase not in ("", "Pending")):
            return {**answer, "proceed": False}
        results[name] = _task_results(task, phase)
    try:
        return {**answer, "proceed": True, "execute": depends.evaluate(wanted.logic, results)}
    except ExpressionError as error:
        return {**answer, "error": error.message}


def _task_results(task: Mapping[str, Any], phase: str) -> TaskResults:
    children = list(task.get("children") or []) if task.get("group") else []
    return TaskResults(
        succeeded=phase == "Succeeded",
        failed=phase == "Failed",
        errored=phase == "Error",
        skipped=phase == "Skipped",
        omitted=phase == "Omitted",
        daemoned=bool(task.get("daemoned")) and phase != "Pending",
        any_succeeded="Succeeded" in children,
        all_failed=bool(children) and all(child == "Failed" for child in children),
    )


def _sequence(record: Mapping[str, Any]) -> dict[str, Any]:
    data = yaml.load_documents(record["input"])[0].data
    return _answer(lambda: sequence.expand(sequence.decode(data)))


def _item(record: Mapping[str, Any]) -> dict[str, Any]:
    try:
        item = items.parse(record["input"])
        name = items.node_name("n", 4, item)
        scope = {**items.values(item)}
        param = tags.replace(record["env"]["tmpl"], scope, allow_unresolved=False)
    except ExpressionError as error:
        return {"error": error.message}
    return {"name": name, "param": param}


_KINDS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "template": _template,
    "when": _when,
    "evalbool": _evalbool,
    "depends": _depends,
    "sequence": _sequence,
    "item": _item,
}
