"""Filling variables into templates without walking over what holds none.

A plan says where in a template texts with tags lie; it is made once for a template. What holds no tag is
shared between the template and all that is made of it, and must not be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tiphys.expressions import tags
from tiphys.expressions.ambient import NOTHING, Ambient
from tiphys.messages.outputs import Json

_OPEN: Final = "{{"
_KEPT: Final = 2000

Plan = dict[Any, Any]
"""Keys (or indices) that lead to texts with tags: to a deeper plan, or to None at the text itself."""


def plan_of(tree: Json) -> Plan | None:
    """Where the tags are; None if there are none."""
    return _plan(tree) if b"{{" in msgspec.json.encode(tree) else None


def _plan(tree: Json) -> Plan | None:
    kind = type(tree)
    if kind is str:
        return {} if _OPEN in tree else None
    if kind is dict:
        children = tree.items()
    elif kind is list:
        children = enumerate(tree)
    else:
        return None
    plan: Plan = {}
    for key, child in children:
        below = _plan(child)
        if below is not None:
            plan[key] = below
    return plan or None


def fill(tree: Json, plan: Plan | None, *scopes: Mapping[str, Any], ambient: Ambient = NOTHING) -> Json:
    """The tree with its tags replaced, once with each scope; unknown tags stay."""
    if plan is None:
        return tree
    if isinstance(tree, str):
        for scope in scopes:
            if _OPEN not in tree:
                break
            tree = tags.replace(tree, scope, allow_unresolved=True, ambient=ambient)
        return tree
    made = tree.copy()
    for key, below in plan.items():
        made[key] = fill(tree[key], below, *scopes, ambient=ambient)
    return made


class Plans:
    """Plans by template, kept as long as the template is."""

    def __init__(self) -> None:
        self._plans: dict[int, tuple[Json, Plan | None]] = {}

    def of(self, tree: Json) -> Plan | None:
        """The plan of the tree, which must not change afterwards."""
        known = self._plans.get(id(tree))
        if known is not None and known[0] is tree:
            return known[1]
        if len(self._plans) >= _KEPT:
            self._plans.clear()
        plan = plan_of(tree)
        self._plans[id(tree)] = (tree, plan)
        return plan
