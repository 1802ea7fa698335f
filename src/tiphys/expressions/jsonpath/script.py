"""The little language of `?(…)` and `(…)` in JSON paths.

Operators are found by searching the text, the weakest first; what is left is a number, a text or a path.
Strings that come out of a path carry single quotes, so that `@.a == 'x'` compares like with like.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tiphys.expressions import go_strings, regexp
from tiphys.expressions.go_format import sprint
from tiphys.expressions.go_json import loads
from tiphys.expressions.go_numbers import float_quotient, truncated_remainder
from tiphys.expressions.go_power import power
from tiphys.expressions.go_values import GoPanic, Int64
from tiphys.expressions.jsonpath import tokens as tk
from tiphys.expressions.jsonpath.failure import Failure
from tiphys.expressions.jsonpath.parser import parse, tokenize
from tiphys.expressions.short_cache import short_cache

_SINGLE = "|| && == != <= >= < > =~ ! + - ** * / %"
_SYMBOLS: tuple[str, ...] = (*_SINGLE.split(" "), "not in", "in", "@", "$")
MAX_DEPTH: Final = 40

_Parameters = dict[str, Any]


class _Operator:
    def value(self, parameters: _Parameters) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Compiled:
    """A script; without an operator it is a constant."""

    text: str
    operator: _Operator | None

    def evaluate(self, root: Any, current: Any) -> Any:
        if not self.text:
            raise Failure("invalid expression. is empty", "invalid expression")
        parameters: _Parameters = {"$": root, "@": current, "nil": None, "null": None}
        if self.operator is not None:
            return self.operator.value(parameters)
        if self.text in parameters:
            return parameters[self.text]
        for reading in (_number, _boolean):
            try:
                return reading(self.text, parameters)
            except Failure:
                continue
        return self.text


@short_cache(512)
def compile_script(text: str) -> Compiled:
    return Compiled(text, _build(text, _SYMBOLS, 0))


def _build(text: str, symbols: tuple[str, ...], depth: int) -> _Operator | None:
    """The operator at the top of a text, None where it is a plain argument."""
    if depth > MAX_DEPTH:
        raise Failure("invalid expression. nested too deeply", "invalid expression")
    while True:
        text = go_strings.trim_space(text)
        if not text:
            return None
        symbol = symbols[0]
        if text.startswith("(") and text.endswith(")"):
            text = go_strings.trim_space(text[1:-1])
            symbols = ("", *_SYMBOLS)
            depth += 1
            if depth > MAX_DEPTH:
                raise Failure("invalid expression. nested too deeply", "invalid expression")
        operator, found = _at_symbol(text, symbol, symbols, depth)
        if found:
            return operator
        if len(symbols) == 1:
            return None
        symbols = symbols[1:]


def _at_symbol(text: str, symbol: str, symbols: tuple[str, ...], depth: int) -> tuple[_Operator | None, bool]:
    """The operator if the symbol splits the text; `symbols` are those to look for in its arguments."""
    at = _find(text, symbol)
    if at < 0:
        return None, False
    right_text = go_strings.trim_space(text[at + len(symbol) :])
    if not right_text and symbol not in ("$", "@"):
        return None, False
    right = _argument(right_text, symbols, depth + 1)
    left_text = go_strings.trim_space(text[:at])
    if not left_text and symbol not in ("$", "@", "!"):
        return None, False
    left = _argument(left_text, symbols, depth + 1)
    if symbol in ("$", "@"):
        return (None, False) if left is not None else (_Path(_path_tokens(text)), True)
    if symbol == "!":
        return (None, False) if left is not None else (_Not(right), True)
    if symbol not in _OPERATORS:
        raise Failure("unsupported operator")
    return _Binary(_OPERATORS[symbol], left, right), True


def _argument(text: str, symbols: tuple[str, ...], depth: int) -> Any:
    operator = _build(text, symbols, depth)
    if operator is not None:
        return operator
    text = go_strings.trim_space(text)
    if not text:
        return None
    if text[0] + text[-1] in ("[]", "{}"):
        try:
            return loads(text)
        except GoPanic:
            return text
    return text


def _find(text: str, symbol: str) -> int:
    """Where the symbol stands outside of quotes and brackets; -1 if nowhere."""
    quote = ""
    square = round_ = 0
    size = len(symbol)
    for index, char in enumerate(text):
        if char in "()" and not quote and square <= 0:
            round_ += 1 if char == "(" else -1
        elif char in "[]" and not quote and round_ <= 0:
            square += 1 if char == "[" else -1
        elif char in "'\"" and square <= 0 and round_ <= 0 and quote in ("", char):
            quote = "" if quote else char
        if quote or square > 0 or round_ > 0 or size > index + 1:
            continue
        if text[index + 1 - size : index + 1] == symbol:
            return index + 1 - size
    return -1


# -- arguments


def _resolved(argument: Any, parameters: _Parameters) -> Any:
    value = argument.value(parameters) if isinstance(argument, _Operator) else argument
    return parameters[value] if isinstance(value, str) and value in parameters else value


def _number(argument: Any, parameters: _Parameters) -> float:
    if argument is None:
        raise Failure("invalid argument. is nil")
    number = go_strings.parse_float(sprint(_resolved(argument, parameters)))
    if number is None:
        raise Failure("invalid argument. expected number")
    return number


def _integer(argument: Any, parameters: _Parameters) -> int:
    if argument is None:
        raise Failure("invalid argument. is nil")
    number = go_strings.atoi(sprint(_resolved(argument, parameters)))
    if number is None:
        raise Failure("invalid argument. expected integer")
    return number


def _boolean(argument: Any, parameters: _Parameters) -> bool:
    if argument is None:
        return False
    value = _resolved(argument, parameters)
    if value is None:
        return False
    truth = go_strings.parse_bool(sprint(value))
    if truth is None:
        raise Failure("invalid argument. expected boolean")
    return truth


def _text(argument: Any, parameters: _Parameters) -> str:
    if argument is None:
        raise Failure("invalid argument. is nil")
    value = argument.value(parameters) if isinstance(argument, _Operator) else argument
    if not isinstance(value, str):
        return sprint(value)
    known = parameters.get(value)
    from_parameter = value in parameters
    if from_parameter and not isinstance(known, str):
        return sprint(known)
    text = known if isinstance(known, str) else value
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text
    if len(text) > 1 and text[0] == text[-1] == '"':
        return f"'{text[1:-1]}'"
    return f"'{text}'" if from_parameter else text


def _elements(argument: Any, parameters: _Parameters) -> list[Any]:
    if argument is None:
        raise Failure("invalid argument. is nil")
    value = argument.value(parameters) if isinstance(argument, _Operator) else argument
    if isinstance(value, str) and value in parameters:
        value = parameters[value]
    elif isinstance(value, str) and value and value[0] + value[-1] in ("{}", "[]"):
        try:
            value = loads(value)
        except GoPanic:
            raise Failure("invalid argument") from None
    if value is None:
        raise Failure("invalid argument. is nil")
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value.values())
    raise Failure("invalid argument. expected array, map, or slice")


# -- operators


@dataclass(frozen=True, slots=True)
class _Path(_Operator):
    tokens: tuple[tk.Token, ...]

    def value(self, parameters: _Parameters) -> Any:
        first, *rest = self.tokens
        value = first.apply(tk.Walk(parameters["$"]), parameters["@"], rest)
        if isinstance(value, str) and not (len(value) > 1 and value[0] == value[-1] == "'"):
            return f"'{value}'"
        return value


@short_cache(512)
def _path_tokens(text: str) -> tuple[tk.Token, ...]:
    return tuple(parse(token, compile_script) for token in tokenize(text))


@dataclass(frozen=True, slots=True)
class _Not(_Operator):
    argument: Any

    def value(self, parameters: _Parameters) -> Any:
        return not _boolean(self.argument, parameters)


_Operation = Callable[[Any, Any, _Parameters], Any]


@dataclass(frozen=True, slots=True)
class _Binary(_Operator):
    operation: _Operation
    left: Any
    right: Any

    def value(self, parameters: _Parameters) -> Any:
        return self.operation(self.left, self.right, parameters)


def _reading(reader: Callable[[Any, _Parameters], Any], operation: Callable[[Any, Any], Any]) -> _Operation:
    def run(left: Any, right: Any, parameters: _Parameters) -> Any:
        return operation(reader(left, parameters), reader(right, parameters))

    return run


def _equal(left: Any, right: Any, parameters: _Parameters) -> bool:
    try:
        return _number(left, parameters) == _number(right, parameters)
    except Failure:
        return _text(left, parameters) == _text(right, parameters)


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text


def _match(left: Any, right: Any, parameters: _Parameters) -> bool:
    text = _unquoted(_text(left, parameters))
    pattern = _unquoted(_text(right, parameters))
    try:
        return regexp.matches(pattern, text)
    except GoPanic:
        raise Failure("invalid argument. expected a valid regexp") from None


def _in(left: Any, right: Any, parameters: _Parameters) -> bool:
    item = left
    for reader in (_number, _text, _boolean):
        try:
            item = reader(left, parameters)
            break
        except Failure:
            continue
    return any(type(element) is type(item) and element == item for element in _elements(right, parameters))


def _remainder(left: int, right: int) -> Int64:
    if right == 0:
        raise GoPanic("runtime error: integer divide by zero")
    return Int64(truncated_remainder(left, right))


_OPERATORS: dict[str, _Operation] = {
    "||": _reading(_boolean, lambda a, b: a or b),
    "&&": _reading(_boolean, lambda a, b: a and b),
    "==": _equal,
    "!=": lambda left, right, parameters: not _equal(left, right, parameters),
    "<=": _reading(_number, lambda a, b: a <= b),
    ">=": _reading(_number, lambda a, b: a >= b),
    "<": _reading(_number, lambda a, b: a < b),
    ">": _reading(_number, lambda a, b: a > b),
    "=~": _match,
    "+": _reading(_number, lambda a, b: a + b),
    "-": _reading(_number, lambda a, b: a - b),
    "**": _reading(_number, power),
    "*": _reading(_number, lambda a, b: a * b),
    "/": _reading(_number, float_quotient),
    "%": _reading(_integer, _remainder),
    "not in": lambda left, right, parameters: not _in(left, right, parameters),
    "in": _in,
}
