"""expr-lang's predicates: `filter(xs, # > 1)` and its kin, as loops over a frame's scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr import operators
from tiphys.expressions.expr.builtin_lists import sort_values
from tiphys.expressions.expr.frame import Frame, Run, Scope, Unreadable
from tiphys.expressions.go_values import AnyMap, Func, GoPanic, GroupMap, Struct, assertion_panic, type_of


def _truth(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise assertion_panic(value, "bool")


class _Loop:
    """The parts of a predicate call."""

    __slots__ = ("cost", "mapped", "node", "predicate", "source", "third")

    def __init__(self, compile_node: Callable[[n.Node], Run], node: n.BuiltinNode) -> None:
        arguments = [compile_node(argument) for argument in node.arguments]
        self.node = node
        self.source = arguments[0]
        self.predicate = arguments[1] if len(arguments) > 1 else _item
        self.third = arguments[2] if len(arguments) > 2 else None
        self.mapped = compile_node(node.mapped) if node.mapped is not None else None
        self.cost = 4 + 2 * len(n.walk(node.arguments[-1]))


def _item(frame: Frame) -> Any:
    return frame.scope.read()


def _elements(values: Any) -> list[Any]:
    """What a predicate runs over; a map has a length but no elements by number."""
    if isinstance(values, dict | AnyMap):
        return [Unreadable("reflect: call of reflect.Value.Index on map Value")] * len(values)
    return operators.elements(values)


_NO_ELEMENT = Unreadable("runtime error: index out of range [0] with length 0")


def _third(loop: _Loop, frame: Frame, items: list[Any], default: Any) -> Any:
    """The third argument, which Go evaluates when the loop stands at its first element already."""
    if loop.third is None:
        return default
    frame.scope.item = items[0] if items else _NO_ELEMENT
    return loop.third(frame)


Maker = Callable[[Callable[[n.Node], Run], n.BuiltinNode], Run]
_Body = Callable[[_Loop, Frame, list[Any]], Any]


def _predicate(body: _Body) -> Maker:
    def make(compile_node: Callable[[n.Node], Run], node: n.BuiltinNode) -> Run:
        loop = _Loop(compile_node, node)
        source, location = loop.source, node.location

        def run(frame: Frame) -> Any:
            values = source(frame)
            outer = frame.scope
            try:
                items = _elements(values)
                frame.scope = Scope()
                result = body(loop, frame, items)
            except GoPanic as panic:
                raise panic.at(location) from None
            frame.scope = outer
            return result

        return run

    return make


def _hits(loop: _Loop, frame: Frame, items: list[Any], order: range | None = None) -> Iterator[bool]:
    """Whether the predicate holds, element by element; the scope stands at the element."""
    scope, predicate, cost = frame.scope, loop.predicate, loop.cost
    for index in order if order is not None else range(len(items)):
        scope.item, scope.index = items[index], index
        frame.spend(cost)
        yield _truth(predicate(frame))


def _all(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    return all(_hits(loop, frame, items))


def _none(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    return not any(_hits(loop, frame, items))


def _any(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    return any(_hits(loop, frame, items))


def _one(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    return sum(_hits(loop, frame, items)) == 1


def _found(loop: _Loop, frame: Frame) -> Any:
    return frame.scope.read() if loop.mapped is None else loop.mapped(frame)


def _filter(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    kept = [_found(loop, frame) for hit in _hits(loop, frame, items) if hit]
    frame.grow(len(kept))
    return kept


def _map(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    scope, predicate, cost = frame.scope, loop.predicate, loop.cost
    results = []
    for index, item in enumerate(items):
        scope.item, scope.index = item, index
        frame.spend(cost)
        results.append(predicate(frame))
    frame.grow(len(results))
    return results


def _count(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    count = 0
    for hit in _hits(loop, frame, items):
        count += hit
        if hit and count == loop.node.threshold:
            break
    return count


def _sum(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    scope = frame.scope
    scope.acc = 0
    for index, item in enumerate(items):
        scope.item, scope.index = item, index
        frame.spend(loop.cost)
        scope.acc = operators.add(loop.predicate(frame), scope.acc)
        frame.weigh(scope.acc)
    return scope.acc


def _finder(*, backwards: bool, place: bool) -> _Body:
    def body(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
        order = range(len(items) - 1, -1, -1) if backwards else range(len(items))
        for hit in _hits(loop, frame, items, order):
            if hit:
                return frame.scope.index if place else _found(loop, frame)
        if loop.node.throws:
            raise GoPanic("reflect: slice index out of range")
        return None

    return body


_COST_OF_GROUP = 8


def _group_by(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    scope = frame.scope
    groups = GroupMap()
    for index, item in enumerate(items):
        scope.item, scope.index = item, index
        frame.spend(loop.cost + _COST_OF_GROUP)
        key = loop.predicate(frame)
        if isinstance(key, list | dict | bytes | go.AnyMap | Func) or (isinstance(key, Struct) and key.methods):
            raise GoPanic(f"hash of unhashable type: {type_of(key).name}")
        if key not in groups:
            groups.set(key, [])
        groups.get(key).append(scope.read())
    return groups


def _sort_by(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    order = _third(loop, frame, items, "asc")
    if type(order) is not str:
        raise GoPanic("sortBy order argument must be a string")
    if order not in ("asc", "desc"):
        raise GoPanic("unknown order, use asc or desc")
    scope = frame.scope
    keys = []
    for index, item in enumerate(items):
        scope.item, scope.index = item, index
        frame.spend(loop.cost)
        keys.append(loop.predicate(frame))
        scope.read()
    result = sort_values(list(items), keys, descending=order == "desc")
    frame.grow(len(items))
    return result


def _reduce(loop: _Loop, frame: Frame, items: list[Any]) -> Any:
    scope = frame.scope
    start = 0
    if loop.third is not None:
        scope.acc = _third(loop, frame, items, None)
    elif items:
        scope.item = items[0]
        scope.acc, start = scope.read(), 1
    else:
        raise GoPanic("reduce of empty array with no initial value")
    for index in range(start, len(items)):
        scope.item, scope.index = items[index], index
        frame.spend(loop.cost)
        scope.acc = loop.predicate(frame)
    return scope.acc


PREDICATES: dict[str, Maker] = {
    "all": _predicate(_all),
    "none": _predicate(_none),
    "any": _predicate(_any),
    "one": _predicate(_one),
    "filter": _predicate(_filter),
    "map": _predicate(_map),
    "count": _predicate(_count),
    "sum": _predicate(_sum),
    "find": _predicate(_finder(backwards=False, place=False)),
    "findIndex": _predicate(_finder(backwards=False, place=True)),
    "findLast": _predicate(_finder(backwards=True, place=False)),
    "findLastIndex": _predicate(_finder(backwards=True, place=True)),
    "groupBy": _predicate(_group_by),
    "sortBy": _predicate(_sort_by),
    "reduce": _predicate(_reduce),
}
