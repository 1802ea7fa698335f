"""What a predicate's call gives, by the types of the collection and of what the predicate gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tiphys.expressions import go_values as go
from tiphys.expressions.expr.natures import BOOL, INTEGER, LIST, UNKNOWN, Nature, of_type


@dataclass(frozen=True, slots=True)
class Rule:
    """How a predicate's result follows from the collection and from what the predicate gives."""

    gives: Callable[[Nature, Nature], Nature]
    boolean: bool = True
    pointers: tuple[tuple[str, Nature], ...] = ()
    without: Callable[[Nature], Nature] | None = None


def _element(collection: Nature) -> Nature:
    return UNKNOWN if collection.is_unknown else collection.elem()


_INDEX = (("index", INTEGER),)
_TRUTH = Rule(lambda collection, result: BOOL)
_FOUND = Rule(lambda collection, result: _element(collection))
_PLACE = Rule(lambda collection, result: INTEGER)
RULES: dict[str, Rule] = {
    **dict.fromkeys(("all", "none", "any", "one"), _TRUTH),
    **dict.fromkeys(("find", "findLast"), _FOUND),
    **dict.fromkeys(("findIndex", "findLastIndex"), _PLACE),
    "filter": Rule(lambda collection, result: LIST if collection.is_unknown else collection.elem().array_of()),
    "map": Rule(lambda collection, result: result.array_of(), boolean=False, pointers=_INDEX),
    "count": Rule(lambda collection, result: INTEGER, without=lambda collection: INTEGER),
    "sum": Rule(
        lambda collection, result: of_type(go.ANY if result.is_unknown else result.type),
        boolean=False,
        without=_element,
    ),
    "groupBy": Rule(lambda collection, result: of_type(go.GROUP_MAP), boolean=False),
    "sortBy": Rule(lambda collection, result: collection, boolean=False),
    "reduce": Rule(lambda collection, result: result, boolean=False, pointers=(*_INDEX, ("acc", UNKNOWN))),
}
