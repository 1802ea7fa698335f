"""`withItems`, `withParam`, `withSequence`: what `{{item}}` may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.validation.invalid import Invalid
from tiphys.validation.scope import ANY_ITEM, Scope

Json = Any


def is_aggregating(holder: Mapping[str, Json]) -> bool:
    """True if a step or task is a loop whose outputs Argo gathers (of a sequence it knows too late)."""
    return bool(holder.get("withItems")) or bool(holder.get("withParam"))


def add_items(holder: Mapping[str, Json], scope: Scope) -> None:
    """Make `{{item}}` and its parts known, as far as the loop says what they are."""
    items, source, sequence = holder.get("withItems"), holder.get("withParam"), holder.get("withSequence")
    if bool(items) + bool(source) + (sequence is not None) > 1:
        raise Invalid("only one of withItems, withParam, withSequence can be specified")
    if items:
        for item in items:
            _add_item(item, scope)
    elif source:
        scope.add("item", ANY_ITEM)
    elif sequence is not None:
        if sequence.get("count") is not None and sequence.get("end") is not None:
            raise Invalid("only one of count or end can be defined in withSequence")
        scope.add("item")


def _add_item(item: Json, scope: Scope) -> None:
    if isinstance(item, dict):
        scope.add(*(f"item.{key}" for key in item))
    elif isinstance(item, list):
        scope.add(*(f"item.[{index}]" for index in range(len(item))))
    elif item is not None:
        scope.add("item")
