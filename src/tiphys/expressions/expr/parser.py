"""Tokens to nodes, as expr-lang's parser builds them.

The first mistake stands; a mistake of the lexer, whenever it is met, replaces one of the parser.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final

from tiphys.expressions.expr import lexer
from tiphys.expressions.expr.builtins import BUILTINS
from tiphys.expressions.expr.failure import CompileFailure, SyntaxFailure, bind
from tiphys.expressions.expr.lexer import (
    BRACKET,
    BYTES,
    END,
    IDENTIFIER,
    NUMBER,
    OPERATOR,
    STRING,
    Token,
)
from tiphys.expressions.expr.literals import BASES, FLOAT, parse_int
from tiphys.expressions.expr.nodes import (
    ArrayNode,
    BinaryNode,
    BoolNode,
    BuiltinNode,
    BytesNode,
    CallNode,
    ChainNode,
    ConditionalNode,
    FloatNode,
    IdentifierNode,
    IntegerNode,
    MapNode,
    MemberNode,
    NilNode,
    Node,
    PairNode,
    PointerNode,
    PredicateNode,
    SequenceNode,
    SliceNode,
    StringNode,
    UnaryNode,
    VariableNode,
)
from tiphys.expressions.expr.token_reader import MAX_NODES, Reader
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import to_bytes

MAX_NESTING: Final = 64
MAX_DEPTH: Final = 200
MAX_SOURCE: Final = 64 * 1024

_EXPRESSION, _PREDICATE, _OPTIONAL_PREDICATE, _OPTIONAL = (
    "expression",
    "predicate",
    "predicate?",
    "expression?",
)
_PREDICATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "all",
            "none",
            "any",
            "one",
            "filter",
            "map",
            "find",
            "findIndex",
            "findLast",
            "findLastIndex",
            "groupBy",
        ),
        (_EXPRESSION, _PREDICATE),
    ),
    "count": (_EXPRESSION, _OPTIONAL_PREDICATE),
    "sum": (_EXPRESSION, _OPTIONAL_PREDICATE),
    "sortBy": (_EXPRESSION, _PREDICATE, _OPTIONAL),
    "reduce": (_EXPRESSION, _PREDICATE, _OPTIONAL),
}
_UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
_BINARY = {
    "|": 0,
    "or": 10,
    "||": 10,
    "and": 15,
    "&&": 15,
    **dict.fromkeys(("==", "!=", "<", ">", ">=", "<=", "in", "matches", "contains", "startsWith", "endsWith"), 20),
    "..": 25,
    "+": 30,
    "-": 30,
    "*": 60,
    "/": 60,
    "%": 60,
    "**": 100,
    "^": 100,
    "??": 500,
}
_RIGHT_ASSOCIATIVE = ("**", "^")
_COMPARISONS = ("<", ">", ">=", "<=")
_NEGATABLE = ("contains", "matches", "startsWith", "endsWith", "in")
_WORDS: dict[str, Callable[[], Node]] = {
    "true": lambda: BoolNode(True),
    "false": lambda: BoolNode(False),
    "nil": NilNode,
}
_NOTHING = NilNode()  # stands where a mistake left no node; such a tree is never used


def parse(source: str, overridden: Container[str] = (), longest: int = MAX_SOURCE) -> Node:
    """The tree of an expression. Names in `overridden` are the environment's, not those of builtins."""
    if len(source) > longest:
        raise CompileFailure(f"compilation failed: expression is longer than {longest} characters")
    parser = _Parser(source, overridden)
    try:
        return parser.parse()
    except SyntaxFailure as failure:
        raise CompileFailure(bind(failure.message, failure.location, source)) from None


class _Parser(Reader):
    def parse(self) -> Node:
        self._next()
        node = self._sequence()
        if self._current.kind != END:
            self._unexpected()
        if self.failure is None and _is_too_deep(node):
            self._fail("compilation failed: expression is nested too deeply")
        if self.failure is not None:
            raise self.failure
        return node

    # -- expressions

    def _sequence(self) -> Node:
        nodes = [self._expression(0)]
        while self._is(OPERATOR, ";") and self._ok():
            self._next()
            if self._current.kind == END:
                break
            nodes.append(self._expression(0))
        if len(nodes) == 1:
            return nodes[0]
        return self._node(SequenceNode(nodes), nodes[0].location)

    def _expression(self, precedence: int) -> Node:
        if not self._ok():
            return _NOTHING
        self._depth += 1
        if self._depth > MAX_NESTING:
            self._fail("compilation failed: expression is nested too deeply")
            return _NOTHING
        if precedence == 0 and self._is(OPERATOR, "let"):
            node = self._variable()
        elif precedence == 0 and self._is(OPERATOR, "if"):
            node = self._if()
        else:
            node = self._operators(self._primary(), precedence)
            if precedence == 0:
                node = self._conditional(node)
        self._depth -= 1
        return node

    def _operators(self, left: Node, precedence: int) -> Node:
        """The binary operators behind `left` that bind at least as strongly as `precedence`."""
        previous = ""
        token = self._current
        while token.kind == OPERATOR and self._ok():
            negated = token.value == "not"
            if negated:
                if not self._negation(token, precedence):
                    break
                token = self._current
            strength = _BINARY.get(token.value)
            if strength is None or strength < precedence:
                break
            self._next()
            if token.value == "|":
                name = self._current
                self._expect(IDENTIFIER)
                left = self._call(name, [left])
            elif previous == "??" and token.value != "??":
                self._fail(
                    f"Operator ({token.value}) and coalesce expressions (??) cannot be mixed. "
                    "Wrap either by parentheses.",
                    token,
                )
                break
            elif token.value in _COMPARISONS:
                left = self._comparison(left, token, strength)
            else:
                stronger = strength if token.value in _RIGHT_ASSOCIATIVE else strength + 1
                left = self._node(BinaryNode(token.value, left, self._expression(stronger)), token.location)
                if negated and self._ok():
                    left = self._node(UnaryNode("not", left), token.location)
            if not self._ok() and token.value != "|":
                return _NOTHING
            previous = token.value
            token = self._current
        return left

    def _negation(self, token: Token, precedence: int) -> bool:
        """Steps over `not` where a `not in` follows that binds strongly enough."""
        self._next()
        if self._current.value not in _NEGATABLE:
            self._unexpected()
            return False
        if _BINARY[self._current.value] >= precedence:
            return True
        self._stash, self._current = self._current, token
        return False

    def _comparison(self, left: Node, token: Token, strength: int) -> Node:
        """`a < b < c` is `a < b && b < c`."""
        root: Node | None = None
        while True:
            right = self._expression(strength + 1)
            compared: Node = self._node(BinaryNode(token.value, left, right), token.location)
            root = compared if root is None else self._node(BinaryNode("&&", root, compared), token.location)
            if not self._ok():
                return _NOTHING
            left = right
            token = self._current
            if token.kind != OPERATOR or token.value not in _COMPARISONS:
                return root
            self._next()

    def _variable(self) -> Node:
        self._expect(OPERATOR, "let")
        name = self._current
        self._expect(IDENTIFIER)
        self._expect(OPERATOR, "=")
        value = self._expression(0)
        self._expect(OPERATOR, ";")
        return self._node(VariableNode(name.value, value, self._sequence()), name.location)

    def _if(self) -> Node:
        self._next()
        if not self._ok():
            return _NOTHING
        condition = self._expression(0)
        then = self._braced()
        self._expect(OPERATOR, "else")
        otherwise = self._if() if self._is(OPERATOR, "if") else self._braced()
        return ConditionalNode(condition, then, otherwise)

    def _braced(self) -> Node:
        self._expect(BRACKET, "{")
        node = self._sequence()
        self._expect(BRACKET, "}")
        return node

    def _conditional(self, node: Node) -> Node:
        while self._is(OPERATOR, "?") and self._ok():
            self._next()
            if self._is(OPERATOR, ":"):
                self._next()
                then = node
            else:
                then = self._expression(0)
                self._expect(OPERATOR, ":")
            otherwise = self._expression(0)
            node = self._node(ConditionalNode(node, then, otherwise), self._current.location)
        return node

    def _primary(self) -> Node:
        token = self._current
        if token.kind == OPERATOR and token.value in _UNARY:
            self._next()
            unary = UnaryNode(token.value, self._expression(_UNARY[token.value]))
            return self._postfix(self._node(unary, token.location))
        if self._is(BRACKET, "("):
            self._next()
            node = self._sequence()
            self._expect(BRACKET, ")")
            return self._postfix(node)
        if self._predicates > 0 and token.kind == OPERATOR and token.value in ("#", "."):
            return self._pointer(token)
        if self._is(OPERATOR, "::"):
            self._next()
            name = self._current
            self._expect(IDENTIFIER)
            return self._postfix(self._call(name, [], builtin_only=True))
        return self._secondary(token)

    def _pointer(self, token: Token) -> Node:
        name = ""
        if token.value == "#":
            self._next()
            if self._current.kind == IDENTIFIER:
                name = self._current.value
                self._next()
        return self._postfix(self._node(PointerNode(name), token.location))

    def _secondary(self, token: Token) -> Node:
        node: Node = _NOTHING
        if token.kind == IDENTIFIER:
            self._next()
            word = _WORDS.get(token.value)
            if word is not None:
                return self._node(word(), token.location)
            if self._is(BRACKET, "("):
                node = self._call(token, [])
            else:
                node = self._node(IdentifierNode(token.value), token.location)
        elif token.kind == NUMBER:
            self._next()
            return self._number(token)
        elif token.kind == STRING:
            self._next()
            node = self._node(StringNode(token.value), token.location)
        elif token.kind == BYTES:
            self._next()
            node = self._node(BytesNode(to_bytes(token.value)), token.location)
        elif self._is(BRACKET, "["):
            node = self._array(token)
        elif self._is(BRACKET, "{"):
            node = self._map(token)
        else:
            self._unexpected(token)
        return self._postfix(node)

    # -- literals

    def _number(self, token: Token) -> Node:
        text = token.value.replace("_", "")
        lowered = text.lower()
        if not lowered.startswith("0x") and ("." in lowered or "e" in lowered):
            return self._float(text, token)
        base, name = BASES.get(lowered[:2], (10, "integer"))
        value, problem = parse_int(text[2:] if base != 10 else text, base)
        if problem:
            self._fail(f"invalid {name} literal: strconv.ParseInt: parsing {quote(text)}: {problem}")
        return self._node(IntegerNode(value), token.location)

    def _float(self, text: str, token: Token) -> Node:
        value = 0.0
        if FLOAT.fullmatch(text) is None:
            self._fail(f"invalid float literal: strconv.ParseFloat: parsing {quote(text)}: invalid syntax")
        else:
            value = float(text)
            if value == float("inf"):
                self._fail(f"invalid float literal: strconv.ParseFloat: parsing {quote(text)}: value out of range")
        return self._node(FloatNode(value), token.location)

    def _array(self, token: Token) -> Node:
        self._expect(BRACKET, "[")
        nodes: list[Node] = []
        while not self._is(BRACKET, "]") and self._ok():
            if nodes:
                self._expect(OPERATOR, ",")
                if self._is(BRACKET, "]"):
                    break
            nodes.append(self._expression(0))
        self._expect(BRACKET, "]")
        return self._node(ArrayNode(nodes), token.location)

    def _map(self, token: Token) -> Node:
        self._expect(BRACKET, "{")
        pairs: list[PairNode] = []
        while not self._is(BRACKET, "}") and self._ok():
            if pairs:
                self._expect(OPERATOR, ",")
                if self._is(BRACKET, "}"):
                    break
                if self._is(OPERATOR, ","):
                    self._unexpected()
            key: Node = _NOTHING
            if self._current.kind in (NUMBER, STRING, IDENTIFIER):
                key = self._node(StringNode(self._current.value), self._current.location)
                if not self._ok():
                    return _NOTHING
                self._next()
            elif self._is(BRACKET, "("):
                key = self._expression(0)
            else:
                self._fail(
                    "a map key must be a quoted string, a number, a identifier, or an expression enclosed in "
                    f"parentheses (unexpected token {self._current})"
                )
            self._expect(OPERATOR, ":")
            pairs.append(self._node(PairNode(key, self._expression(0)), token.location))
            if not self._ok():
                return _NOTHING
        self._expect(BRACKET, "}")
        return self._node(MapNode(pairs), token.location)

    # -- calls

    def _call(self, token: Token, arguments: list[Node], *, builtin_only: bool = False) -> Node:
        name = token.value
        overridden = not builtin_only and name in self._overridden
        if name in _PREDICATES and not overridden:
            self._predicate_arguments(_PREDICATES[name][len(arguments) :], arguments)
            return self._node(BuiltinNode(name, arguments), token.location)
        if name in BUILTINS and not overridden:
            return self._node(BuiltinNode(name, self._arguments(arguments)), token.location)
        callee = self._node(IdentifierNode(name), token.location)
        if not self._ok():
            return _NOTHING
        return self._node(CallNode(callee, self._arguments(arguments)), token.location)

    def _arguments(self, arguments: list[Node]) -> list[Node]:
        given = len(arguments)
        self._expect(BRACKET, "(")
        while not self._is(BRACKET, ")") and self._ok():
            if len(arguments) > given:
                self._expect(OPERATOR, ",")
            if self._is(BRACKET, ")"):
                break
            arguments.append(self._expression(0))
        self._expect(BRACKET, ")")
        return arguments

    def _predicate_arguments(self, wanted: tuple[str, ...], arguments: list[Node]) -> None:
        self._expect(BRACKET, "(")
        for position, kind in enumerate(wanted):
            if self._is(BRACKET, ")"):
                if kind in (_OPTIONAL, _OPTIONAL_PREDICATE):
                    break
                self._fail(f"expected at least {len(wanted)} arguments")
            if position > 0:
                self._expect(OPERATOR, ",")
            arguments.append(self._expression(0) if kind in (_EXPRESSION, _OPTIONAL) else self._predicate())
        if self._is(OPERATOR, ","):
            self._next()
        self._expect(BRACKET, ")")

    def _predicate(self) -> Node:
        start = self._current
        braced = self._is(BRACKET, "{")
        if braced:
            self._next()
        self._predicates += 1
        node = self._sequence() if braced else self._expression(0)
        if not braced and self._is(OPERATOR, ";"):
            self._fail("wrap predicate with brackets { and }")
        self._predicates -= 1
        if braced:
            self._expect(BRACKET, "}")
        return self._node(PredicateNode(node), start.location)

    # -- what follows a value

    def _postfix(self, node: Node) -> Node:
        token = self._current
        while token.kind in (OPERATOR, BRACKET) and self._ok():
            if token.value not in (".", "?.", "["):
                break
            optional = token.value == "?."
            if token.value != "[":
                self._next()
                if optional and self._is(BRACKET, "["):
                    token = self._current
            node = self._index(node, token, optional) if token.value == "[" else self._member(node, optional)
            if not self._ok():
                return _NOTHING
            token = self._current
        return node

    def _member(self, node: Node, optional: bool) -> Node:
        """`.name` or `.name(…)`; the dot has been read."""
        name = self._current
        self._next()
        if name.kind != IDENTIFIER and (name.kind != OPERATOR or not lexer.is_identifier(name.value)):
            self._fail("expected name")
        prop = self._node(StringNode(name.value), name.location)
        if not self._ok():
            return _NOTHING
        chained = isinstance(node, ChainNode)
        if isinstance(node, ChainNode):
            node = node.node
        member = self._node(MemberNode(node, prop, optional), name.location)
        result: Node = member
        if self._is(BRACKET, "("):
            member.method = True
            result = self._node(CallNode(member, self._arguments([])), name.location)
        if chained or optional:
            result = self._node(ChainNode(result), name.location)
        return result

    def _index(self, node: Node, token: Token, optional: bool) -> Node:
        """`[i]` or `[from:to]`; the bracket has not been read."""
        self._next()
        start: Node | None = None
        if not self._is(OPERATOR, ":"):
            start = self._expression(0)
        if self._is(OPERATOR, ":"):
            self._next()
            stop = None if self._is(BRACKET, "]") else self._expression(0)
            result: Node = self._node(SliceNode(node, start, stop), token.location)
        else:
            result = self._node(MemberNode(node, start or _NOTHING, optional), token.location)
            if optional:
                result = self._node(ChainNode(result), token.location)
        if not self._ok():
            return _NOTHING
        self._expect(BRACKET, "]")
        return result


def _is_too_deep(node: Node) -> bool:
    """Whether the tree is deeper than `MAX_DEPTH`; chains of operators (`a + b + c`) count once.

    `a < b < c` and `a ?: b` use a node twice, so the nodes met on the way are counted again.
    """
    level = [node]
    seen = 0
    for _ in range(MAX_DEPTH):
        below: list[Node] = []
        while level:
            upper = level.pop()
            seen += 1
            if seen > MAX_NODES:
                return True
            while isinstance(upper, BinaryNode):
                below.append(upper.right)
                upper = upper.left
            below.extend(upper.children())
        if not below:
            return False
        level = below
    return True
