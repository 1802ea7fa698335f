"""The names that an expression cannot do without, as Argo collects them before it evaluates.

`a.b` needs `a` and `a.b`; left of `??` and before `?.` only the base is needed.
"""

from __future__ import annotations

from functools import lru_cache

from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr.failure import CompileFailure
from tiphys.expressions.expr.parser import parse


@lru_cache(maxsize=2048)
def identifiers_of(source: str) -> tuple[str, ...] | None:
    """The names in the order met; None where the source does not parse.

    >>> identifiers_of("item.requiredKey + (item.optionalKey ?? 'x')")
    ('item', 'item.requiredKey')
    """
    try:
        tree = parse(source)
    except CompileFailure:
        return None
    guarded = _guarded(tree)
    names: dict[str, None] = {}
    for node in n.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, n.IdentifierNode):
            names[node.value] = None
        elif isinstance(node, n.MemberNode):
            path = _path(node)
            if path is not None:
                names[path] = None
    return tuple(names)


def _guarded(tree: n.Node) -> set[int]:
    guarded: set[int] = set()
    for node in n.walk(tree):
        if isinstance(node, n.BinaryNode) and node.operator == "??":
            guarded.update(id(below) for below in n.walk(node.left) if isinstance(below, n.MemberNode))
        elif isinstance(node, n.MemberNode) and node.optional and isinstance(node.node, n.MemberNode):
            guarded.add(id(node.node))
    return guarded


def _path(node: n.MemberNode) -> str | None:
    """`a.b.c`, where all parts are plain."""
    parts: list[str] = []
    current: n.Node = node
    while isinstance(current, n.MemberNode):
        if current.optional or not isinstance(current.property, n.StringNode):
            return None
        parts.append(current.property.value)
        current = current.node
    if not isinstance(current, n.IdentifierNode):
        return None
    return ".".join([current.value, *reversed(parts)])
