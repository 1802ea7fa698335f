"""The names that an expression cannot do without, as Argo collects them before it evaluates.

`a.b` needs `a` and `a.b`; left of `??` and before `?.` only the base is needed.
"""

from __future__ import annotations

from tiphys.expressions.environment import Reach
from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr.failure import CompileFailure
from tiphys.expressions.expr.parser import parse
from tiphys.expressions.short_cache import short_cache


@short_cache(2048)
def identifiers_of(source: str) -> tuple[str, ...] | None:
    """The names in the order met; None where the source does not parse.

    >>> identifiers_of("item.requiredKey + (item.optionalKey ?? 'x')")
    ('item', 'item.requiredKey')
    """
    try:
        return identifiers(parse(source))
    except CompileFailure:
        return None


def identifiers(tree: n.Node) -> tuple[str, ...]:
    """The names that a tree cannot do without, in the order met."""
    guarded = _guarded(tree)
    names: dict[str, None] = {}
    for node in n.walk(tree):
        if isinstance(node, n.IdentifierNode):
            names[node.value] = None
        elif isinstance(node, n.MemberNode) and id(node) not in guarded:
            path = _path(node)
            if path is not None:
                names[path] = None
    return tuple(names)


def _guarded(tree: n.Node) -> set[int]:
    guarded: set[int] = set()
    for node in reversed(n.walk(tree)):
        if isinstance(node, n.BinaryNode) and node.operator == "??":
            if id(node) not in guarded:  # the `??` further up has seen to all below
                guarded.update(map(id, n.walk(node.left)))
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


def reach_of(tree: n.Node) -> Reach | None:
    """What of the environment a tree can get at; None where that cannot be told (`$env`)."""
    whole: set[str] = set()
    members: set[tuple[str, str]] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, n.IdentifierNode):
            whole.add(node.value)
        elif isinstance(node, n.MemberNode | n.ChainNode):
            path = _member(node)
            if path is None:
                waiting.extend(node.children())
            else:
                members.add(path)
        else:
            waiting.extend(node.children())
    if "$env" in whole or any(name == "$env" for name, _ in members):
        return None
    return Reach(frozenset(whole), frozenset(pair for pair in members if pair[0] not in whole))


def _member(node: n.Node) -> tuple[str, str] | None:
    """The name and its first member of `name.member.….…`, `name['member']?.…`."""
    member = ""
    while isinstance(node, n.MemberNode | n.ChainNode):
        if isinstance(node, n.MemberNode):
            if not isinstance(node.property, n.StringNode):
                return None
            member = node.property.value
        node = node.node
    return (node.value, member) if isinstance(node, n.IdentifierNode) else None
