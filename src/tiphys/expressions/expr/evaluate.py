"""A checked tree to a Python closure.

Each node becomes a function of the frame; what can fail catches Go's panic and places it at its node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiphys.expressions import go_values as go
from tiphys.expressions import regexp
from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr import operators
from tiphys.expressions.expr.builtins import BUILTINS
from tiphys.expressions.expr.failure import Location
from tiphys.expressions.expr.frame import Frame, Run, Unreadable
from tiphys.expressions.expr.predicates import PREDICATES
from tiphys.expressions.go_calls import call_function
from tiphys.expressions.go_values import Func, GoPanic, assertion_panic, type_of

_Step = Callable[[Frame, Any], Any]


class _ChainEnd(Exception):
    """`?.` met nil."""


class Compiler:
    """Makes the closure of one tree."""

    def __init__(self) -> None:
        self._scopes: list[tuple[str, int]] = []
        self.variables = 0

    def compile(self, node: n.Node) -> Run:
        return _COMPILERS[type(node)](self, node)

    # -- names

    def _identifier(self, node: n.IdentifierNode) -> Run:
        name = node.value
        for known, slot in reversed(self._scopes):
            if known == name:
                return lambda frame: frame.variables[slot]
        if name == "$env":
            return lambda frame: frame.env
        return lambda frame: frame.env.get(name)

    def _variable(self, node: n.VariableNode) -> Run:
        value = self.compile(node.value)
        slot = self.variables
        self.variables += 1
        self._scopes.append((node.name, slot))
        expression = self.compile(node.expression)
        self._scopes.pop()

        def run(frame: Frame) -> Any:
            frame.variables[slot] = value(frame)
            return expression(frame)

        return run

    def _pointer(self, node: n.PointerNode) -> Run:
        if node.name == "index":
            return lambda frame: frame.scope.index
        if node.name == "acc":
            return lambda frame: frame.scope.acc
        location = node.location

        def run(frame: Frame) -> Any:
            item = frame.scope.item
            if type(item) is Unreadable:
                raise GoPanic(item.message).at(location)
            return item

        return run

    # -- operators

    def _unary(self, node: n.UnaryNode) -> Run:
        inner, location = self.compile(node.node), node.location
        if node.operator == "+":
            return inner
        operation = operators.negate if node.operator == "-" else _not

        def run(frame: Frame) -> Any:
            value = inner(frame)
            try:
                return operation(value)
            except GoPanic as panic:
                raise panic.at(location) from None

        return run

    def _binary(self, node: n.BinaryNode) -> Run:
        spine = [node]
        while isinstance(spine[-1].left, n.BinaryNode):
            spine.append(spine[-1].left)
        first = self.compile(spine[-1].left)
        steps = [self._step(upper) for upper in reversed(spine)]
        if len(steps) == 1:
            step = steps[0]
            return lambda frame: step(frame, first(frame))

        def run(frame: Frame) -> Any:
            value = first(frame)
            for each in steps:
                value = each(frame, value)
            return value

        return run

    def _step(self, node: n.BinaryNode) -> _Step:
        """What the operator does to the value on its left."""
        operator, location = node.operator, node.location
        right = self.compile(node.right)
        if operator in ("&&", "and", "||", "or"):
            return _logical(right, location, stops_at=operator in ("||", "or"))
        if operator == "??":
            return lambda frame, left: right(frame) if go.is_nil(left) else left
        if operator == "matches" and isinstance(node.right, n.StringNode):
            pattern = node.right.value
            return _placed(lambda frame, left: _matches(frame, left, pattern), location)
        operation = _OPERATIONS[operator]
        walks = operator == "in"

        def step(frame: Frame, left: Any) -> Any:
            value = right(frame)
            try:
                frame.weigh(left)
                if walks and isinstance(value, list):
                    frame.weigh(value)
                result = operation(left, value)
                if type(result) is str:
                    frame.weigh(result)
                elif type(result) is go.Ints:
                    frame.grow(len(result))
                return result
            except GoPanic as panic:
                raise panic.at(location) from None

        if operator == "matches":
            return _with_right(right, _matches_any, location)
        return step

    # -- members

    def _chain(self, node: n.ChainNode) -> Run:
        inner = self.compile(node.node)

        def run(frame: Frame) -> Any:
            try:
                return inner(frame)
            except _ChainEnd:
                return None

        return run

    def _member(self, node: n.MemberNode) -> Run:
        source, key, location = self.compile(node.node), self.compile(node.property), node.location
        optional = node.optional
        constant = node.property.value if isinstance(node.property, n.StringNode) else None

        def run(frame: Frame) -> Any:
            value = source(frame)
            if optional and go.is_nil(value):
                raise _ChainEnd
            name = constant if constant is not None else key(frame)
            if type(value) is dict and type(name) is str:
                return value.get(name)
            try:
                return operators.fetch(value, name)
            except GoPanic as panic:
                raise panic.at(location) from None

        return run

    def _slice(self, node: n.SliceNode) -> Run:
        source, location = self.compile(node.node), node.location
        start = self.compile(node.start) if node.start is not None else None
        stop = self.compile(node.stop) if node.stop is not None else None

        def run(frame: Frame) -> Any:
            value = source(frame)
            try:
                high = operators.size_of(value) if stop is None else stop(frame)
                low = 0 if start is None else start(frame)
                frame.weigh(value)
                return operators.slice_of(value, low, high)
            except GoPanic as panic:
                raise panic.at(location) from None

        return run

    # -- calls

    def _call(self, node: n.CallNode) -> Run:
        arguments = [self.compile(argument) for argument in node.arguments]
        callee, location = self.compile(node.callee), node.location

        def run(frame: Frame) -> Any:
            values = [argument(frame) for argument in arguments]
            function = callee(frame)
            try:
                if not isinstance(function, Func):
                    raise _not_callable(function)
                frame.spend(_COST_OF_CALL)
                for value in values:
                    frame.read(value)
                if function.slow:
                    frame.spend(function.slow * sum(len(value) for value in values if type(value) is str))
                result = call_function(function, values, frame.ambient)
                frame.weigh(result)
                return result
            except GoPanic as panic:
                raise panic.at(location) from None

        return run

    def _builtin(self, node: n.BuiltinNode) -> Run:
        predicate = PREDICATES.get(node.name)
        if predicate is not None:
            return predicate(self.compile, node)
        builtin = BUILTINS[node.name]
        function, memory, location = builtin.call, builtin.memory, node.location
        arguments = [self.compile(argument) for argument in node.arguments]
        clock, walks = builtin.needs_clock, node.name not in _GLANCES

        def run(frame: Frame) -> Any:
            values = [argument(frame) for argument in arguments]
            try:
                frame.spend(_COST_OF_CALL)
                for value in values if walks else ():
                    frame.read(value)
                if function is None:
                    raise GoPanic("invalid operation: cannot call nil")
                result = function(frame.ambient.now(), *values) if clock else function(*values)
                if memory is not None:
                    frame.grow(memory(result))
                if walks:
                    frame.weigh(result)
                return result
            except GoPanic as panic:
                raise panic.at(location) from None

        return run

    # -- the rest

    def _constant(self, node: Any) -> Run:
        value = node.value
        return lambda frame: value

    def _sequence(self, node: n.SequenceNode) -> Run:
        parts = [self.compile(child) for child in node.nodes]

        def run(frame: Frame) -> Any:
            value = None
            for part in parts:
                value = part(frame)
            return value

        return run

    def _conditional(self, node: n.ConditionalNode) -> Run:
        condition, location = self.compile(node.condition), node.location
        then, otherwise = self.compile(node.then), self.compile(node.otherwise)

        def run(frame: Frame) -> Any:
            chosen = condition(frame)
            if chosen is True:
                return then(frame)
            if chosen is False:
                return otherwise(frame)
            raise assertion_panic(chosen, "bool").at(location)

        return run

    def _array(self, node: n.ArrayNode) -> Run:
        parts, location = [self.compile(child) for child in node.nodes], node.location
        size = len(parts)

        def run(frame: Frame) -> Any:
            values = [part(frame) for part in parts]
            try:
                frame.grow(size)
            except GoPanic as panic:
                raise panic.at(location) from None
            return values

        return run

    def _map(self, node: n.MapNode) -> Run:
        pairs = [(self.compile(pair.key), self.compile(pair.value)) for pair in node.pairs]
        location = node.location

        def run(frame: Frame) -> Any:
            items = [(key(frame), value(frame)) for key, value in pairs]
            try:
                frame.grow(len(items))
                result: dict[str, Any] = {}
                for key, value in reversed(items):
                    if type(key) is not str:
                        raise assertion_panic(key, "string")
                    result[key] = value
            except GoPanic as panic:
                raise panic.at(location) from None
            return result

        return run


_COST_OF_CALL = 8
_COST_OF_PATTERN = 200  # which has to be compiled, unless it is known
_GLANCES = frozenset({"len", "first", "last", "get", "type"})  # that do not walk through what they are given


def _not(value: Any) -> bool:
    if value is True or value is False:
        return not value
    raise assertion_panic(value, "bool")


def _not_callable(function: Any) -> GoPanic:
    if function is None:
        return GoPanic("invalid operation: cannot call nil")
    return GoPanic(f"invalid operation: cannot call non-function of type {type_of(function).name}")


def _logical(right: Run, location: Location, *, stops_at: bool) -> _Step:
    def step(frame: Frame, left: Any) -> Any:
        if left is stops_at:
            return left
        if left is True or left is False:
            return right(frame)
        raise assertion_panic(left, "bool").at(location)

    return step


def _placed(step: _Step, location: Location) -> _Step:
    def run(frame: Frame, left: Any) -> Any:
        try:
            return step(frame, left)
        except GoPanic as panic:
            raise panic.at(location) from None

    return run


def _with_right(right: Run, operation: Callable[[Frame, Any, Any], Any], location: Location) -> _Step:
    def run(frame: Frame, left: Any) -> Any:
        value = right(frame)
        try:
            return operation(frame, left, value)
        except GoPanic as panic:
            raise panic.at(location) from None

    return run


def _matches(frame: Frame, left: Any, pattern: Any) -> bool:
    if left is None or pattern is None:
        return False
    if type(pattern) is not str:
        raise assertion_panic(pattern, "string")
    if isinstance(left, bytes):
        left = go.from_bytes(left)
    elif type(left) is not str:
        raise assertion_panic(left, "[]uint8")
    frame.weigh(left)
    frame.spend(16)
    return regexp.matches(pattern, left)


def _matches_any(frame: Frame, left: Any, pattern: Any) -> bool:
    frame.spend(_COST_OF_PATTERN)
    return _matches(frame, left, pattern)


def _textual(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def operation(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        for value in (left, right):
            if type(value) is not str:
                raise assertion_panic(value, "string")
        return test(left, right)

    return operation


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operators.equal,
    "!=": lambda a, b: not operators.equal(a, b),
    "<": operators.less,
    ">": operators.more,
    "<=": operators.less_or_equal,
    ">=": operators.more_or_equal,
    "+": operators.add,
    "-": operators.subtract,
    "*": operators.multiply,
    "/": operators.divide,
    "%": operators.modulo,
    "**": operators.exponent,
    "^": operators.exponent,
    "in": operators.contains_value,
    "..": operators.make_range,
    "contains": _textual(lambda a, b: b in a),
    "startsWith": _textual(str.startswith),
    "endsWith": _textual(str.endswith),
    "matches": lambda a, b: False,
}


_COMPILERS: dict[type[n.Node], Callable[..., Run]] = {
    n.NilNode: lambda compiler, node: lambda frame: None,
    n.IntegerNode: Compiler._constant,
    n.FloatNode: Compiler._constant,
    n.BoolNode: Compiler._constant,
    n.StringNode: Compiler._constant,
    n.BytesNode: Compiler._constant,
    n.ConstantNode: Compiler._constant,
    n.IdentifierNode: Compiler._identifier,
    n.UnaryNode: Compiler._unary,
    n.BinaryNode: Compiler._binary,
    n.ChainNode: Compiler._chain,
    n.MemberNode: Compiler._member,
    n.SliceNode: Compiler._slice,
    n.CallNode: Compiler._call,
    n.BuiltinNode: Compiler._builtin,
    n.PredicateNode: lambda compiler, node: compiler.compile(node.node),
    n.PointerNode: Compiler._pointer,
    n.VariableNode: Compiler._variable,
    n.SequenceNode: Compiler._sequence,
    n.ConditionalNode: Compiler._conditional,
    n.ArrayNode: Compiler._array,
    n.MapNode: Compiler._map,
}
