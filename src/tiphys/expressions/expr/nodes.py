"""The nodes of an expr-lang expression.

`location` is where errors point to; `nature` is what the checker found out about the node's type.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tiphys.expressions.expr.failure import Location
from tiphys.expressions.expr.natures import UNKNOWN, Nature


@dataclass(slots=True, eq=False)
class Node:
    """Any node."""

    location: Location = field(default=(0, 0), kw_only=True)
    nature: Nature = field(default=UNKNOWN, kw_only=True, repr=False)

    def children(self) -> Iterator[Node]:
        """The nodes directly below, in the order of the source."""
        return iter(())


@dataclass(slots=True, eq=False)
class NilNode(Node):
    pass


@dataclass(slots=True, eq=False)
class IdentifierNode(Node):
    value: str


@dataclass(slots=True, eq=False)
class IntegerNode(Node):
    value: int


@dataclass(slots=True, eq=False)
class FloatNode(Node):
    value: float


@dataclass(slots=True, eq=False)
class BoolNode(Node):
    value: bool


@dataclass(slots=True, eq=False)
class StringNode(Node):
    value: str


@dataclass(slots=True, eq=False)
class BytesNode(Node):
    value: bytes


@dataclass(slots=True, eq=False)
class ConstantNode(Node):
    """A value that the optimizer computed."""

    value: Any


@dataclass(slots=True, eq=False)
class UnaryNode(Node):
    operator: str
    node: Node

    def children(self) -> Iterator[Node]:
        yield self.node


@dataclass(slots=True, eq=False)
class BinaryNode(Node):
    operator: str
    left: Node
    right: Node

    def children(self) -> Iterator[Node]:
        yield self.left
        yield self.right


@dataclass(slots=True, eq=False)
class ChainNode(Node):
    """The whole of `a?.b.c`: a nil in it ends it."""

    node: Node

    def children(self) -> Iterator[Node]:
        yield self.node


@dataclass(slots=True, eq=False)
class MemberNode(Node):
    node: Node
    property: Node
    optional: bool = False
    method: bool = False

    def children(self) -> Iterator[Node]:
        yield self.node
        yield self.property


@dataclass(slots=True, eq=False)
class SliceNode(Node):
    node: Node
    start: Node | None = None
    stop: Node | None = None

    def children(self) -> Iterator[Node]:
        yield self.node
        if self.start is not None:
            yield self.start
        if self.stop is not None:
            yield self.stop


@dataclass(slots=True, eq=False)
class CallNode(Node):
    callee: Node
    arguments: list[Node]

    def children(self) -> Iterator[Node]:
        yield self.callee
        yield from self.arguments


@dataclass(slots=True, eq=False)
class BuiltinNode(Node):
    """A call of a builtin; `throws`, `mapped` and `threshold` are the optimizer's."""

    name: str
    arguments: list[Node]
    throws: bool = False
    mapped: Node | None = None
    threshold: int | None = None

    def children(self) -> Iterator[Node]:
        yield from self.arguments


@dataclass(slots=True, eq=False)
class PredicateNode(Node):
    node: Node

    def children(self) -> Iterator[Node]:
        yield self.node


@dataclass(slots=True, eq=False)
class PointerNode(Node):
    """`#`, `#index`, `#acc`, or nothing before a `.field`."""

    name: str


@dataclass(slots=True, eq=False)
class VariableNode(Node):
    """`let name = value; expression`."""

    name: str
    value: Node
    expression: Node

    def children(self) -> Iterator[Node]:
        yield self.value
        yield self.expression


@dataclass(slots=True, eq=False)
class SequenceNode(Node):
    nodes: list[Node]

    def children(self) -> Iterator[Node]:
        yield from self.nodes


@dataclass(slots=True, eq=False)
class ConditionalNode(Node):
    condition: Node
    then: Node
    otherwise: Node

    def children(self) -> Iterator[Node]:
        yield self.condition
        yield self.then
        yield self.otherwise


@dataclass(slots=True, eq=False)
class ArrayNode(Node):
    nodes: list[Node]

    def children(self) -> Iterator[Node]:
        yield from self.nodes


@dataclass(slots=True, eq=False)
class PairNode(Node):
    key: Node
    value: Node

    def children(self) -> Iterator[Node]:
        yield self.key
        yield self.value


@dataclass(slots=True, eq=False)
class MapNode(Node):
    pairs: list[PairNode]

    def children(self) -> Iterator[Node]:
        yield from self.pairs


def walk(node: Node) -> list[Node]:
    """Every node, children first."""
    order: list[Node] = []
    waiting = [node]
    while waiting:
        last = waiting.pop()
        order.append(last)
        waiting.extend(last.children())
    order.reverse()
    return order
