"""Loops: `withItems`, `withParam` and `withSequence` become items, an item becomes a task of its own.

Items are kept as JSON text. https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go
(processItem, expandSequence)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tiphys.engine import raw_json
from tiphys.engine.parameters import any_string
from tiphys.engine.substitution import Plan, plan_of
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import go_format, go_printf, go_strings, tags, when
from tiphys.expressions.ambient import NOTHING, Ambient
from tiphys.expressions.go_format import to_json
from tiphys.messages.outputs import Json


def is_loop(task: Mapping[str, Json]) -> bool:
    """Whether a step or task stands for many (ShouldExpand)."""
    return bool(task.get("withItems") or task.get("withParam") or task.get("withSequence") is not None)


def items_of(task: Mapping[str, Json]) -> list[str]:
    """The items of a loop as JSON texts.

    Raises `NodeError` when they cannot be had, unless `when` says that nobody wants them.
    """
    try:
        if task.get("withItems"):
            return [to_json(item) for item in task["withItems"]]
        if task.get("withParam"):
            return _param_items(str(task["withParam"]))
        return _sequence_items(task["withSequence"])
    except NodeError:
        if _never_runs(task):
            return []
        raise


def _never_runs(task: Mapping[str, Json]) -> bool:
    try:
        return not should_execute(task.get("when"))
    except NodeError:
        return False


def should_execute(condition: Json) -> bool:
    """Whether a `when` that has its values says yes; raises `NodeError` if it says neither."""
    if not condition:
        return True
    try:
        return when.evaluate(str(condition))
    except ExpressionError as error:
        raise NodeError(error.message) from error


def _param_items(text: str) -> list[str]:
    try:
        return raw_json.split_list(text)
    except NodeError as error:
        raise NodeError(
            f"withParam value could not be parsed as a JSON list: {text.strip()}: {error.message}"
        ) from error


def _sequence_items(sequence: Mapping[str, Json]) -> list[str]:
    start = _atoi(sequence["start"]) if sequence.get("start") is not None else 0
    if sequence.get("end") is not None:
        end = _atoi(sequence["end"])
    elif sequence.get("count") is not None:
        count = _atoi(sequence["count"])
        if count == 0:
            return []
        end = start + count - 1
    else:
        raise NodeError("neither end nor count was specified in withSequence")
    layout = str(sequence.get("format") or "%d")
    numbers = range(start, end + 1) if start <= end else range(start, end - 1, -1)
    texts = [f'"{go_printf.format_int(layout, number)}"' for number in numbers]
    if texts:
        raw_json.decoded(texts[0])
    return texts


def _atoi(value: Json) -> int:
    text = any_string(value)
    number = go_strings.atoi(text)
    if number is None:
        raise NodeError(go_strings.atoi_error(text))
    return number


class Loop:
    """A step or task that stands for many: the items' names, and each item's own step or task.

    `body` is the task as far as variables other than the item's are known, `scope` those it may still use.
    """

    __slots__ = ("_ambient", "_body", "_plan", "_scope", "items", "name")

    def __init__(
        self,
        task: Mapping[str, Json],
        body: Mapping[str, Json],
        items: list[str],
        scope: dict[str, Any],
        ambient: Ambient = NOTHING,
    ) -> None:
        self.name = str(task.get("name", ""))
        self.items = items
        self._body = body
        self._plan: Plan | None = plan_of(body)
        self._scope = scope
        self._ambient = ambient

    def item(self, index: int) -> dict[str, Json]:
        """The step or task of one item; raises `NodeError` when a tag cannot be replaced."""
        raw = self.items[index]
        variables, shown = _item_variables(raw)
        name = f"{self.name}({index}:{shown.replace('(', '').replace(')', '')})"
        if self._plan is None:
            return {**self._body, "name": name}
        scope = {**self._scope, **variables}
        never = _never_runs(self._body)
        if never:
            scope = {key: value for key, value in scope.items() if value is not None}
        made: dict[str, Json] = _filled(self._body, self._plan, scope, self._ambient, lenient=never)
        made["name"] = name
        made["template"] = self._body.get("template", "")
        return made

    def item_name(self, index: int) -> str:
        """The name of an item's step or task."""
        shown = _item_variables(self.items[index])[1]
        return f"{self.name}({index}:{shown.replace('(', '').replace(')', '')})"


def _filled(tree: Json, plan: Plan, scope: Mapping[str, Any], ambient: Ambient, *, lenient: bool) -> Any:
    if isinstance(tree, str):
        try:
            return tags.replace(tree, scope, allow_unresolved=lenient, ambient=ambient)
        except ExpressionError as error:
            raise NodeError(error.message) from error
    made = tree.copy()
    for key, below in plan.items():
        made[key] = _filled(tree[key], below, scope, ambient, lenient=lenient)
    return made


def _item_variables(raw: str) -> tuple[dict[str, str], str]:
    """The variables of an item, and what is shown of it in the node's name."""
    first = raw[:1]
    if first == '"':
        return {"item": json.loads(raw, strict=False)}, _shown(raw)
    if first == "{":
        return _map_variables(raw)
    if first == "[" or raw == "null":
        elements = raw_json.split_list(raw)
        shown = "[" + " ".join(_shown(each) for each in elements) + "]"
        return {"item": raw_json.compact(raw)}, shown
    return {"item": _shown(raw)}, _shown(raw)


def _map_variables(raw: str) -> tuple[dict[str, str], str]:
    members = raw_json.split_object(raw)
    variables = {f"item.{key}": _shown(value) for key, value in members.items()}
    whole = ",".join(
        f"{go_format.json_string(key)}:{raw_json.compact(members[key])}" for key in sorted(members)
    )
    variables["item"] = f"{{{whole}}}"
    return variables, ",".join(sorted(f"{key}:{_shown(value)}" for key, value in members.items()))


def _shown(raw: str) -> str:
    text = raw_json.compact(raw)
    return raw_json.unescaped(text[1:-1] if text[:1] == '"' else text)
