"""expr-lang's rewriting of a checked tree, as far as it changes results or errors.

`false && f()` never looks at `f()`, `1 % 0` is a compile error, `filter(xs, p)[0]` fails in words of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr import operators
from tiphys.expressions.expr.failure import SyntaxFailure
from tiphys.expressions.go_numbers import truncated_remainder
from tiphys.expressions.go_values import StringSet, wrap_int

_Visit = Callable[[n.Node], n.Node]


def optimize(tree: n.Node) -> n.Node:
    """The tree as expr-lang would run it; raises `SyntaxFailure` for a constant that cannot be computed."""
    tree = _rewrite(tree, _in_array)
    tree = _rewrite(tree, _fold)
    if not any(isinstance(node, n.BuiltinNode) or _is_in_range(node) for node in n.walk(tree)):
        return tree
    for visit in _PASSES:
        tree = _rewrite(tree, visit)
    return tree


def _rewrite(node: n.Node, visit: _Visit) -> n.Node:
    """Rewrites children first; chains of binary operators without recursion."""
    if isinstance(node, n.BinaryNode):
        spine = [node]
        while isinstance(spine[-1].left, n.BinaryNode):
            spine.append(spine[-1].left)
        left = _rewrite(spine[-1].left, visit)
        for upper in reversed(spine):
            upper.left = left
            upper.right = _rewrite(upper.right, visit)
            left = visit(upper)
        return left
    _rewrite_children(node, visit)
    return visit(node)


def _rewrite_children(node: n.Node, visit: _Visit) -> None:
    for name in _CHILDREN.get(type(node), ()):
        child: Any = getattr(node, name)
        if isinstance(child, list):
            child[:] = [_rewrite(item, visit) for item in child]
        elif child is not None:
            setattr(node, name, _rewrite(child, visit))


_CHILDREN: dict[type[n.Node], tuple[str, ...]] = {
    n.UnaryNode: ("node",),
    n.ChainNode: ("node",),
    n.MemberNode: ("node", "property"),
    n.SliceNode: ("node", "start", "stop"),
    n.CallNode: ("callee", "arguments"),
    n.BuiltinNode: ("arguments",),
    n.PredicateNode: ("node",),
    n.VariableNode: ("value", "expression"),
    n.SequenceNode: ("nodes",),
    n.ConditionalNode: ("condition", "then", "otherwise"),
    n.ArrayNode: ("nodes",),
    n.MapNode: ("pairs",),
    n.PairNode: ("key", "value"),
}


def _patch(old: n.Node, new: n.Node) -> n.Node:
    new.location = old.location
    new.nature = old.nature
    return new


def _in_array(node: n.Node) -> n.Node:
    if isinstance(node, n.BinaryNode) and node.operator == "in" and isinstance(node.right, n.ArrayNode):
        items = node.right.nodes
        if items and all(isinstance(item, n.StringNode) for item in items):
            values = StringSet.fromkeys(item.value for item in items if isinstance(item, n.StringNode))
            return _patch(node, n.BinaryNode("in", node.left, n.ConstantNode(StringSet(values))))
    return node


# -- constants


def _fold(node: n.Node) -> n.Node:
    if isinstance(node, n.UnaryNode):
        return _fold_unary(node)
    if isinstance(node, n.BinaryNode):
        return _fold_binary(node)
    if isinstance(node, n.ArrayNode) and node.nodes:
        constants = (n.IntegerNode, n.FloatNode, n.StringNode, n.BoolNode)
        values = [item.value for item in node.nodes if isinstance(item, constants)]
        if len(values) == len(node.nodes):
            return _patch(node, n.ConstantNode(values))
    if isinstance(node, n.BuiltinNode) and node.name == "filter" and len(node.arguments) == 2:
        return _fold_filters(node)
    return node


def _fold_unary(node: n.UnaryNode) -> n.Node:
    inner = node.node
    if node.operator in ("!", "not"):
        return _patch(node, n.BoolNode(not inner.value)) if isinstance(inner, n.BoolNode) else node
    if isinstance(inner, n.IntegerNode):
        return _patch(node, n.IntegerNode(wrap_int(-inner.value if node.operator == "-" else inner.value)))
    if isinstance(inner, n.FloatNode):
        return _patch(node, n.FloatNode(-inner.value if node.operator == "-" else inner.value))
    return node


def _fold_filters(node: n.BuiltinNode) -> n.Node:
    inner = node.arguments[0]
    if not isinstance(inner, n.BuiltinNode) or inner.name != "filter" or len(inner.arguments) != 2:
        return node
    first, second = inner.arguments[1], node.arguments[1]
    if not isinstance(first, n.PredicateNode) or not isinstance(second, n.PredicateNode):
        return node
    both = n.PredicateNode(n.BinaryNode("&&", first.node, second.node))
    return _patch(node, n.BuiltinNode("filter", [inner.arguments[0], both]))


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    "/": operators.divide,
    "**": operators.exponent,
    "^": operators.exponent,
}


def _fold_binary(node: n.BinaryNode) -> n.Node:
    left, right = node.left, node.right
    if node.operator in ("and", "&&", "or", "||"):
        return _fold_logical(node, absorbing=node.operator in ("or", "||"))
    if node.operator == "%" and isinstance(left, n.IntegerNode) and isinstance(right, n.IntegerNode):
        if right.value == 0:
            raise SyntaxFailure("integer divide by zero", node.location)
        return _patch(node, n.IntegerNode(truncated_remainder(left.value, right.value)))
    if node.operator == "==":
        for kind in (n.IntegerNode, n.StringNode, n.BoolNode):
            if isinstance(left, kind) and isinstance(right, kind):
                return _patch(node, n.BoolNode(left.value == right.value))
        return node
    operation = _ARITHMETIC.get(node.operator)
    if operation is None:
        return node
    numbers = (n.IntegerNode, n.FloatNode)
    if isinstance(left, numbers) and isinstance(right, numbers):
        value = operation(left.value, right.value)
        return _patch(node, n.IntegerNode(value) if type(value) is int else n.FloatNode(value))
    if node.operator == "+" and isinstance(left, n.StringNode) and isinstance(right, n.StringNode):
        return _patch(node, n.StringNode(left.value + right.value))
    return node


def _fold_logical(node: n.BinaryNode, *, absorbing: bool) -> n.Node:
    left, right = node.left, node.right
    if isinstance(left, n.BoolNode) and left.value is not absorbing:
        return _patch(node, right)
    if isinstance(right, n.BoolNode) and right.value is not absorbing:
        return _patch(node, left)
    if isinstance(left, n.BoolNode) or isinstance(right, n.BoolNode):
        return _patch(node, n.BoolNode(absorbing))
    return node


# -- predicates


def _is_in_range(node: n.Node) -> bool:
    return isinstance(node, n.BinaryNode) and node.operator == "in" and isinstance(node.right, n.BinaryNode)


def _bounds(node: n.Node) -> tuple[int, int] | None:
    """The ends of a constant range."""
    if isinstance(node, n.BinaryNode) and node.operator == "..":
        low, high = node.left, node.right
        if isinstance(low, n.IntegerNode) and isinstance(high, n.IntegerNode):
            return low.value, high.value
    return None


def _in_range(node: n.Node) -> n.Node:
    if not isinstance(node, n.BinaryNode) or node.operator != "in" or node.left.nature.type is not go.INT:
        return node
    bounds = _bounds(node.right)
    if bounds is None:
        return node
    low, high = (n.IntegerNode(bound) for bound in bounds)
    return _patch(node, n.BinaryNode("and", n.BinaryNode(">=", node.left, low), n.BinaryNode("<=", node.left, high)))


def _is_call(node: n.Node, name: str, arguments: int) -> bool:
    return isinstance(node, n.BuiltinNode) and node.name == name and len(node.arguments) == arguments


def _filter_map(node: n.Node) -> n.Node:
    if not isinstance(node, n.BuiltinNode) or not _is_call(node, "map", 2):
        return node
    predicate, inner = node.arguments[1], node.arguments[0]
    if any(isinstance(below, n.PointerNode) and below.name == "index" for below in n.walk(predicate)):
        return node
    if not isinstance(predicate, n.PredicateNode) or not isinstance(inner, n.BuiltinNode):
        return node
    if inner.name != "filter" or inner.mapped is not None:
        return node
    return _patch(node, n.BuiltinNode("filter", inner.arguments, mapped=predicate.node))


def _filter_length(node: n.Node) -> n.Node:
    if isinstance(node, n.BuiltinNode) and _is_call(node, "len", 1) and _is_call(node.arguments[0], "filter", 2):
        inner = node.arguments[0]
        return _patch(node, n.BuiltinNode("count", list(inner.children())))
    return node


def _filter_end(index: int, function: str, finder: str) -> _Visit:
    """`filter(…)[0]` and `first(filter(…))` stop at the first found; likewise the last."""

    def visit(node: n.Node) -> n.Node:
        throws = False
        inner: n.Node | None = None
        if isinstance(node, n.MemberNode) and not node.optional and isinstance(node.property, n.IntegerNode):
            if node.property.value == index:
                inner, throws = node.node, True
        elif isinstance(node, n.BuiltinNode) and _is_call(node, function, 1):
            inner = node.arguments[0]
        if isinstance(inner, n.BuiltinNode) and _is_call(inner, "filter", 2):
            return _patch(node, n.BuiltinNode(finder, inner.arguments, throws=throws, mapped=inner.mapped))
        return node

    return visit


_COMBINED = {("all", "and"): "and", ("all", "&&"): "&&", ("any", "or"): "or", ("any", "||"): "||"}
_COMBINED |= {("none", "and"): "or", ("none", "&&"): "||"}


def _combine_predicates(node: n.Node) -> n.Node:
    """`all(xs, p) && all(xs, q)` is `all(xs, p && q)`."""
    if not isinstance(node, n.BinaryNode):
        return node
    left, right = node.left, node.right
    if not isinstance(left, n.BuiltinNode) or not isinstance(right, n.BuiltinNode) or left.name != right.name:
        return node
    operator = _COMBINED.get((left.name, node.operator))
    if operator is None or not _same(left.arguments[0], right.arguments[0]):
        return node
    first, second = left.arguments[1], right.arguments[1]
    if not isinstance(first, n.PredicateNode) or not isinstance(second, n.PredicateNode):
        return node
    both = n.PredicateNode(_combine_predicates(n.BinaryNode(operator, first.node, second.node)))
    return _patch(node, n.BuiltinNode(left.name, [left.arguments[0], both]))


def _same(a: n.Node, b: n.Node) -> bool:
    """Whether two nodes are written alike."""
    if type(a) is not type(b):
        return False
    for name in ("value", "name", "operator", "optional"):
        if getattr(a, name, None) != getattr(b, name, None):
            return False
    mine, others = list(a.children()), list(b.children())
    return len(mine) == len(others) and all(map(_same, mine, others))


def _sum_range(node: n.Node) -> n.Node:
    if not isinstance(node, n.BuiltinNode) or node.name not in ("sum", "reduce") or not node.arguments:
        return node
    bounds = _bounds(node.arguments[0])
    if bounds is None or bounds[1] < bounds[0]:
        return node
    count = wrap_int(bounds[1] - bounds[0] + 1)
    product = wrap_int(count * wrap_int(bounds[0] + bounds[1]))
    total: int | None = int(product / 2) if abs(product) < 1 << 50 else (abs(product) // 2) * (-1 if product < 0 else 1)
    if len(node.arguments) > 1:
        predicate = node.arguments[1]
        if not isinstance(predicate, n.PredicateNode) or total is None:
            return node
        total = _predicated_sum(node, predicate.node, total, count)
    return node if total is None else _patch(node, n.IntegerNode(wrap_int(total)))


def _predicated_sum(node: n.BuiltinNode, predicate: n.Node, total: int, count: int) -> int | None:
    if node.name == "reduce":
        names = [part.name if isinstance(part, n.PointerNode) else "?" for part in predicate.children()]
        plus = isinstance(predicate, n.BinaryNode) and predicate.operator == "+"
        if not plus or sorted(names) != ["", "acc"]:
            return None
        if len(node.arguments) == 2:
            return total
        start = node.arguments[2]
        return start.value + total if isinstance(start, n.IntegerNode) else None
    if isinstance(predicate, n.PointerNode):
        return total if predicate.name == "" else None
    if not isinstance(predicate, n.BinaryNode):
        return None
    left, right = predicate.left, predicate.right
    if isinstance(left, n.PointerNode) and left.name == "" and isinstance(right, n.IntegerNode):
        results = {
            "*": right.value * total,
            "+": total + count * right.value,
            "-": total - count * right.value,
        }
        return results.get(predicate.operator)
    if isinstance(right, n.PointerNode) and right.name == "" and isinstance(left, n.IntegerNode):
        results = {"*": left.value * total, "+": total + count * left.value, "-": count * left.value - total}
        return results.get(predicate.operator)
    return None


def _sum_array(node: n.Node) -> n.Node:
    """`sum([a, b, c])` is `a + (b + c)`."""
    if not isinstance(node, n.BuiltinNode) or not _is_call(node, "sum", 1):
        return node
    array = node.arguments[0]
    if not isinstance(array, n.ArrayNode) or not 2 <= len(array.nodes) <= 100:
        return node
    total = array.nodes[-1]
    for item in reversed(array.nodes[:-1]):
        total = n.BinaryNode("+", item, total)
    return _patch(node, total)


def _sum_map(node: n.Node) -> n.Node:
    if isinstance(node, n.BuiltinNode) and _is_call(node, "sum", 1) and _is_call(node.arguments[0], "map", 2):
        return _patch(node, n.BuiltinNode("sum", list(node.arguments[0].children())))
    return node


def _count_comparison(node: n.Node) -> n.Node:
    """`count(xs, p) > 0` is `any(xs, p)`; other comparisons stop counting when they are decided."""
    if not isinstance(node, n.BinaryNode) or not isinstance(node.right, n.IntegerNode):
        return node
    count, value = node.left, node.right.value
    if not isinstance(count, n.BuiltinNode) or not _is_call(count, "count", 2):
        return node
    if (node.operator, value) in ((">", 0), (">=", 1)):
        return _patch(node, n.BuiltinNode("any", count.arguments))
    threshold = {">": value + 1, ">=": value, "<": value, "<=": value + 1}.get(node.operator, 0)
    if value >= 0 and threshold > 1:
        count.threshold = threshold
    return node


_PASSES: tuple[_Visit, ...] = (
    _in_range,
    _filter_map,
    _filter_length,
    _filter_end(-1, "last", "findLast"),
    _filter_end(0, "first", "find"),
    _combine_predicates,
    _sum_range,
    _sum_array,
    _sum_map,
    _count_comparison,
)
