"""The types of an expression, as expr-lang's checker works them out before anything runs.

It knows little (most of Argo's scope is untyped maps), but what it refuses, Argo refuses, in these words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tiphys.expressions import go_values as go
from tiphys.expressions import regexp
from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr.builtin_rules import Mismatch
from tiphys.expressions.expr.builtins import BUILTINS, Builtin
from tiphys.expressions.expr.failure import Location, SyntaxFailure
from tiphys.expressions.expr.natures import (
    BOOL,
    FLOAT,
    INTEGER,
    LIST,
    MAP,
    NIL,
    STRING,
    UNKNOWN,
    Nature,
    of_type,
)
from tiphys.expressions.expr.operator_natures import OPERATORS, coalesce
from tiphys.expressions.expr.predicate_natures import RULES, Rule
from tiphys.expressions.go_methods import METHODS
from tiphys.expressions.go_values import GoPanic, GoType

_NIL_ARGUMENT = GoType("%!s(<nil>)", "invalid")


@dataclass(frozen=True, slots=True)
class _Scope:
    """A predicate's surroundings: what `#` is taken from, and the pointers with names."""

    collection: Nature
    pointers: tuple[tuple[str, Nature], ...] = ()


class Checker:
    """Checks one tree against the natures of the environment's names; raises the first mistake."""

    def __init__(self, environment: Mapping[str, Nature], env_type: GoType = go.MAP) -> None:
        self._environment = environment
        self._env_type = env_type
        self._scopes: list[_Scope] = []
        self._variables: list[tuple[str, Nature]] = []
        self._failure: SyntaxFailure | None = None

    def check(self, tree: n.Node) -> Nature:
        nature = self._visit(tree)
        if self._failure is not None:
            raise self._failure
        return nature

    def _visit(self, node: n.Node) -> Nature:
        nature = _VISITORS[type(node)](self, node)
        node.nature = nature
        return nature

    def _fail(self, node: n.Node, message: str) -> Nature:
        return self._fail_at(node.location, message)

    def _fail_at(self, location: Location, message: str) -> Nature:
        if self._failure is None:
            self._failure = SyntaxFailure(message, location)
        return UNKNOWN

    # -- names

    def _identifier(self, node: n.IdentifierNode) -> Nature:
        for name, nature in reversed(self._variables):
            if name == node.value:
                return nature
        if node.value == "$env":
            return UNKNOWN
        return self._ident(node, node.value, strict=True, builtins=True)

    def _ident(self, node: n.Node, name: str, *, strict: bool, builtins: bool) -> Nature:
        known = self._environment.get(name)
        if known is not None:
            return known
        if builtins and name in BUILTINS:
            types = BUILTINS[name].types
            return Nature(types[0] if types else go.func_type(go.LIST, variadic=True, fails=True), function=name)
        return self._fail(node, f"unknown name {name}") if strict else UNKNOWN

    def _variable(self, node: n.VariableNode) -> Nature:
        name = node.name
        if name in self._environment:
            return self._fail(node, f"cannot redeclare {name}")
        if name in BUILTINS:
            return self._fail(node, f"cannot redeclare builtin {name}")
        if any(known == name for known, _ in self._variables):
            return self._fail(node, f"cannot redeclare variable {name}")
        self._variables.append((name, self._visit(node.value)))
        nature = self._visit(node.expression)
        self._variables.pop()
        return nature

    def _pointer(self, node: n.PointerNode) -> Nature:
        if not self._scopes:
            return self._fail(node, "cannot use pointer accessor outside predicate")
        scope = self._scopes[-1]
        if not node.name:
            if scope.collection.is_unknown:
                return UNKNOWN
            return scope.collection.elem()
        for name, nature in scope.pointers:
            if name == node.name:
                return nature
        return self._fail(node, f"unknown pointer #{node.name}")

    # -- operators

    def _unary(self, node: n.UnaryNode) -> Nature:
        nature = self._visit(node.node).deref()
        if node.operator in ("!", "not"):
            if nature.is_bool or nature.is_unknown:
                return BOOL
        elif nature.is_number:
            return nature
        elif nature.is_unknown:
            return UNKNOWN
        return self._fail(node, f"invalid operation: {node.operator} (mismatched type {nature})")

    def _binary(self, node: n.BinaryNode) -> Nature:
        spine = [node]
        while isinstance(spine[-1].left, n.BinaryNode):
            spine.append(spine[-1].left)
        nature = self._visit(spine[-1].left)
        for upper in reversed(spine):
            nature = self._binary_step(upper, nature.deref(), self._visit(upper.right).deref())
            upper.nature = nature
        return nature

    def _binary_step(self, node: n.BinaryNode, left: Nature, right: Nature) -> Nature:
        operator = node.operator
        if operator == "in":
            found = self._in(node, left, right)
        elif operator == "??":
            found = coalesce(left, right)
        else:
            if operator == "matches" and isinstance(node.right, n.StringNode):
                try:
                    regexp.compile(node.right.value)
                except GoPanic as panic:
                    return self._fail(node, panic.message)
            found = OPERATORS[operator](left, right)
        if found is not None:
            return found
        return self._fail(node, f"invalid operation: {operator} (mismatched types {left} and {right})")

    def _in(self, node: n.BinaryNode, left: Nature, right: Nature) -> Nature | None:
        if (left.is_string or left.is_unknown) and right.is_struct:
            return BOOL
        if right.is_map:
            key = right.key()
            if not left.is_unknown and not left.assignable_to(key):
                return self._fail(node, f"cannot use {left} as type {key} in map key")
            return BOOL
        if right.is_array:
            elem = right.elem()
            if not left.comparable_to(elem):
                return self._fail(node, f"cannot use {left} as type {elem} in array")
            return BOOL
        if (left.is_unknown and right.is_string) or right.is_unknown:
            return BOOL
        return None

    # -- members

    def _member(self, node: n.MemberNode) -> Nature:
        owner, prop_node = node.node, node.property
        if isinstance(owner, n.IdentifierNode) and owner.value == "$env":
            if isinstance(prop_node, n.StringNode):
                return self._ident(node, prop_node.value, strict=not node.optional, builtins=False)
            return UNKNOWN
        base = self._visit(owner)
        prop = self._visit(prop_node)
        if base.is_unknown:
            return UNKNOWN
        name = prop_node.value if isinstance(prop_node, n.StringNode) else None
        if name is not None:
            if base.is_nil:
                return self._fail(node, f"type nil has no field {name}")
            method = METHODS.get(base.type, {}).get(name) if base.type is not None else None
            if method is not None:
                return Nature(method[0], method=True)
        return self._member_of(node, base.deref(), prop, name)

    def _member_of(self, node: n.MemberNode, base: Nature, prop: Nature, name: str | None) -> Nature:
        if base.is_map:
            prop = prop if prop.assignable_to(base.key()) else prop.deref()
            if not prop.assignable_to(base.key()) and not prop.is_unknown:
                return self._fail(node.property, f"cannot use {prop} to get an element from {base}")
            return base.elem()
        if base.is_array:
            prop = prop.deref()
            if not prop.is_integer and not prop.is_unknown:
                return self._fail(node.property, f"array elements can only be selected using an integer (got {prop})")
            return base.elem()
        if name is None:
            return self._fail(node, f"type {base}[{prop}] is undefined")
        if base.type is not None and name in base.type.fields:
            return of_type(base.type.fields[name])
        return self._fail(node, f"type {base} has no {'method' if node.method else 'field'} {name}")

    def _slice(self, node: n.SliceNode) -> Nature:
        nature = self._visit(node.node)
        if nature.is_unknown:
            return UNKNOWN
        if not nature.is_string and not nature.is_array:
            return self._fail(node, f"cannot slice {nature}")
        for bound in (node.start, node.stop):
            if bound is not None:
                index = self._visit(bound).deref()
                if not index.is_integer and not index.is_unknown:
                    return self._fail(bound, f"non-integer slice index {index}")
        return nature

    # -- calls

    def _call(self, node: n.CallNode) -> Nature:
        callee = node.callee
        if isinstance(callee, n.IdentifierNode) and callee.value == "$env":
            return self._fail(node, f"{self._env_type.name} is not callable")
        nature = self._visit(callee)
        if nature.is_unknown:
            return UNKNOWN
        if nature.function:
            return self._function(BUILTINS[nature.function], node, node.arguments)
        name = "function"
        if isinstance(callee, n.IdentifierNode):
            name = callee.value
        elif isinstance(callee, n.MemberNode) and isinstance(callee.property, n.StringNode):
            name = callee.property.value
        if nature.is_nil:
            return self._fail(node, f"{name} is nil; cannot call nil as function")
        if nature.kind != "func" or nature.type is None:
            return self._fail(node, f"{nature} is not callable")
        result, failure = self._arguments(name, nature.type, node.arguments, node)
        if failure is not None:
            return self._fail_at(failure.location, failure.message)
        return result

    def _builtin(self, node: n.BuiltinNode) -> Nature:
        rule = RULES.get(node.name)
        if rule is not None:
            return self._predicate_call(node, rule)
        if node.name == "get":
            return self._get(node)
        return self._function(BUILTINS[node.name], node, node.arguments)

    def _function(self, builtin: Builtin, node: n.Node, arguments: list[n.Node]) -> Nature:
        if builtin.validate is not None:
            natures = [self._visit(argument) for argument in arguments]
            try:
                return of_type(
                    builtin.validate([go.ANY if nt.is_unknown else nt.type or _NIL_ARGUMENT for nt in natures])
                )
            except Mismatch as mismatch:
                return self._fail(node, str(mismatch))
        last: SyntaxFailure | None = None
        for signature in builtin.types:
            result, last = self._arguments(builtin.name, signature, arguments, node)
            if last is None:
                return result
        if last is not None:
            return self._fail_at(last.location, last.message)
        return UNKNOWN

    def _arguments(
        self, name: str, signature: GoType, arguments: list[n.Node], node: n.Node
    ) -> tuple[Nature, SyntaxFailure | None]:
        """The nature of a call's result, or why these arguments do not fit."""
        inputs = signature.inputs
        required = len(inputs) - 1 if signature.variadic else len(inputs)
        complaint = ""
        if len(arguments) < required:
            complaint = f"not enough arguments to call {name}"
        elif len(arguments) > required and not signature.variadic:
            complaint = f"too many arguments to call {name}"
        if complaint:
            for argument in arguments:
                self._visit(argument)
            return UNKNOWN, SyntaxFailure(complaint, node.location)
        for position, argument in enumerate(arguments):
            nature = self._visit(argument)
            wanted = of_type(inputs[position] if position < required else inputs[-1].elem)
            failure = self._argument(name, arguments, position, nature, wanted)
            if failure is not None:
                return UNKNOWN, failure
        return of_type(signature.output), None

    def _argument(
        self, name: str, arguments: list[n.Node], position: int, nature: Nature, wanted: Nature
    ) -> SyntaxFailure | None:
        location = arguments[position].location
        if wanted.is_float and nature.is_integer:
            arguments[position] = _as_float(arguments[position])
            return None
        if wanted.is_integer and nature.is_integer:
            return None
        if nature.is_nil:
            if wanted.kind in ("ptr", "interface"):
                return None
            return SyntaxFailure(f"cannot use nil as argument (type {wanted}) to call {name}", location)
        fits = nature.assignable_to(wanted) or nature.deref().assignable_to(wanted)
        if fits or nature.is_unknown:
            return None
        return SyntaxFailure(f"cannot use {nature} as argument (type {wanted}) to call {name} ", location)

    def _get(self, node: n.BuiltinNode) -> Nature:
        if len(node.arguments) != 2:
            return self._fail(node, f"invalid number of arguments (expected 2, got {len(node.arguments)})")
        source, key = node.arguments
        base = self._visit(source)
        prop = self._visit(key).deref()
        if isinstance(source, n.IdentifierNode) and source.value == "$env":
            return self._environment.get(key.value, UNKNOWN) if isinstance(key, n.StringNode) else UNKNOWN
        if base.is_unknown:
            return UNKNOWN
        if base.is_array:
            if not prop.is_integer and not prop.is_unknown:
                return self._fail(key, f"non-integer slice index {prop}")
            return base.elem()
        if base.is_map:
            if not prop.assignable_to(base.key()) and not prop.is_unknown:
                return self._fail(key, f"cannot use {prop} to get an element from {base}")
            return base.elem()
        return self._fail(source, f"type {base} does not support indexing")

    # -- predicates

    def _predicate_call(self, node: n.BuiltinNode, rule: Rule) -> Nature:
        arguments = node.arguments
        collection = self._visit(arguments[0]).deref()
        if not collection.is_array and not collection.is_unknown:
            return self._fail(arguments[0], f"builtin {node.name} takes only array (got {collection})")
        if len(arguments) == 1:
            return rule.without(collection) if rule.without else UNKNOWN
        self._scopes.append(_Scope(collection, rule.pointers))
        gives = self._visit(arguments[1])
        self._scopes.pop()
        if len(arguments) == 3:
            order = self._visit(arguments[2])
            if node.name == "sortBy" and not order.is_string and not order.is_unknown:
                return self._fail(arguments[2], f"sortBy order argument must be a string (got {order})")
        result = gives.ref or UNKNOWN
        if result.is_nil:
            if node.name == "sum":
                # `sum(xs, nil)` falls through to the check of its declared type
                return self._function(BUILTINS["sum"], node, node.arguments)
            inputs = "two" if node.name == "reduce" else "one"
            return self._fail(arguments[1], f"predicate should has {inputs} input and one output param")
        if rule.boolean and not result.is_bool and not result.is_unknown:
            return self._fail(arguments[1], f"predicate should return boolean (got {result})")
        return rule.gives(collection, result)

    def _predicate(self, node: n.PredicateNode) -> Nature:
        inner = self._visit(node.node)
        output = None if inner.is_nil else go.ANY if inner.is_unknown else inner.type
        return Nature(go.func_type(go.ANY, output=output), ref=inner)

    # -- the rest

    def _sequence(self, node: n.SequenceNode) -> Nature:
        return [self._visit(child) for child in node.nodes][-1]

    def _conditional(self, node: n.ConditionalNode) -> Nature:
        condition = self._visit(node.condition).deref()
        if not condition.is_bool and not condition.is_unknown:
            return self._fail(node.condition, f"non-bool expression (type {condition}) used as condition")
        then, otherwise = self._visit(node.then), self._visit(node.otherwise)
        if then.is_nil:
            return otherwise
        if otherwise.is_nil:
            return then
        if not then.assignable_to(otherwise):
            return UNKNOWN
        if then.is_array and otherwise.is_array:
            first, second = then.elem(), otherwise.elem()
            if not first.assignable_to(second) or not second.assignable_to(first):
                return LIST
        return then

    def _array(self, node: n.ArrayNode) -> Nature:
        natures = [self._visit(child) for child in node.nodes]
        if not natures:
            return UNKNOWN.array_of()
        if any(nature.kind != natures[0].kind for nature in natures):
            return LIST
        return natures[-1].array_of()

    def _map(self, node: n.MapNode) -> Nature:
        for pair in node.pairs:
            self._visit(pair)
        return MAP

    def _pair(self, node: n.PairNode) -> Nature:
        self._visit(node.key)
        self._visit(node.value)
        return NIL


def _as_float(node: n.Node) -> n.Node:
    """Integer literals where a float is wanted become floats."""
    if isinstance(node, n.IntegerNode):
        return n.FloatNode(float(node.value), location=node.location, nature=FLOAT)
    if isinstance(node, n.UnaryNode):
        node.node = _as_float(node.node)
    elif isinstance(node, n.BinaryNode) and node.operator in "+-*":
        node.left, node.right = _as_float(node.left), _as_float(node.right)
    return node


_VISITORS: dict[type[n.Node], Callable[..., Nature]] = {
    n.NilNode: lambda checker, node: NIL,
    n.IntegerNode: lambda checker, node: INTEGER,
    n.FloatNode: lambda checker, node: FLOAT,
    n.BoolNode: lambda checker, node: BOOL,
    n.StringNode: lambda checker, node: STRING,
    n.BytesNode: lambda checker, node: of_type(go.BYTES),
    n.IdentifierNode: Checker._identifier,
    n.UnaryNode: Checker._unary,
    n.BinaryNode: Checker._binary,
    n.ChainNode: lambda checker, node: checker._visit(node.node),
    n.MemberNode: Checker._member,
    n.SliceNode: Checker._slice,
    n.CallNode: Checker._call,
    n.BuiltinNode: Checker._builtin,
    n.PredicateNode: Checker._predicate,
    n.PointerNode: Checker._pointer,
    n.VariableNode: Checker._variable,
    n.SequenceNode: Checker._sequence,
    n.ConditionalNode: Checker._conditional,
    n.ArrayNode: Checker._array,
    n.MapNode: Checker._map,
    n.PairNode: Checker._pair,
}
