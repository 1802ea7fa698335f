"""Loops: `withItems`, `withParam` and `withSequence` become items, an item becomes a task of its own.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (processItem, expandSequence)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tiphys.engine.substitution import Plan, plan_of
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import items, sequence, tags, when
from tiphys.expressions.ambient import NOTHING, Ambient
from tiphys.expressions.items import Item
from tiphys.messages.outputs import Json

LOOP_FIELDS: Final = ("withItems", "withParam", "withSequence")


def is_loop(task: Mapping[str, Json]) -> bool:
    """Whether a step or task stands for many (ShouldExpand)."""
    return bool(task.get("withItems") or task.get("withParam") or task.get("withSequence") is not None)


def items_of(task: Mapping[str, Json]) -> list[Item]:
    """The items of a loop; raises `NodeError` when they cannot be had, unless `when` says nobody wants them."""
    try:
        if task.get("withItems"):
            return [items.of_value(item) for item in task["withItems"]]
        if task.get("withParam"):
            return _param_items(str(task["withParam"]))
        texts = sequence.expand(sequence.decode(task["withSequence"]))
        return [items.of_value(text) for text in texts]
    except ExpressionError as error:
        if _never_runs(task):
            return []
        raise NodeError(error.message) from error


def _param_items(text: str) -> list[Item]:
    try:
        return items.list_of(text)
    except ExpressionError as error:
        raise ExpressionError(
            f"withParam value could not be parsed as a JSON list: {text.strip()}: {error.message}"
        ) from error


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


class Loop:
    """A step or task that stands for many: the items' names, and each item's own step or task.

    `body` is the task as far as variables other than the item's are known, `scope` those it may still use.
    """

    __slots__ = ("_ambient", "_body", "_plan", "_scope", "items", "name")

    def __init__(
        self,
        task: Mapping[str, Json],
        body: Mapping[str, Json],
        loop_items: list[Item],
        scope: dict[str, Any],
        ambient: Ambient = NOTHING,
    ) -> None:
        self.name = str(task.get("name", ""))
        self.items = loop_items
        self._body = body
        self._plan: Plan | None = plan_of(body)
        self._scope = scope
        self._ambient = ambient

    def item(self, index: int) -> dict[str, Json]:
        """The step or task of one item; raises `NodeError` when a tag cannot be replaced."""
        name = self.item_name(index)
        if self._plan is None:
            return {**self._body, "name": name}
        scope = {**self._scope, **items.values(self.items[index])}
        never = _never_runs(self._body)
        if never:
            scope = {key: value for key, value in scope.items() if value is not None}
        made: dict[str, Json] = _filled(self._body, self._plan, scope, self._ambient, lenient=never)
        made["name"] = name
        made["template"] = self._body.get("template", "")
        return made

    def item_name(self, index: int) -> str:
        """The name of an item's step or task."""
        return items.node_name(self.name, index, self.items[index])


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
