"""Conditions of the IR, which are CEL, written as expressions of Argo.

A lexer, a parser and one function that writes: the subset of CEL that has the same meaning in Argo's
expression language. What has not is refused by name.
https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tiphys.compiler.transport import literal
from tiphys.errors import CompileError, Unsupported

Parameter = Callable[[str], str]
"""Gives the expression that yields the transport text of an input parameter."""

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<number>0[xX][0-9a-fA-F]+|\d+\.\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|\d+(?:[eE][-+]?\d+)?)
      (?P<unsigned>[uU]?)
    | (?P<string>[rR]?(?:
          '''(?:[^\\]|\\.)*?''' | \"\"\"(?:[^\\]|\\.)*?\"\"\"
        | '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*" ))
    | (?P<name>[A-Za-z_]\w*)
    | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)
_SHORT: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LEVELS: Final = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))
_FUNCTIONS: Final = {"int": "int", "uint": "int", "double": "float", "string": "string", "size": "len"}
_METHODS: Final = {
    "startsWith": "startsWith",
    "endsWith": "endsWith",
    "contains": "contains",
    "matches": "matches",
}
_MAX_DEPTH: Final = 40


def translate(condition: str, parameter: Parameter, place: str = "") -> str:
    """The expression of Argo that means the same as a condition of the IR.

    >>> print(translate("int(inputs.parameter_values['n']) > 5", lambda name: f"inputs.parameters.{name}"))
    int(fromJSON(inputs.parameters.n)) > 5
    """
    return _Writer(_lex(condition, place), parameter, condition, place).write()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _lex(text: str, place: str) -> list[_Token]:
    tokens = []
    end = 0
    while text[end:].strip():
        match = _TOKEN.match(text, end)
        if match is None:
            raise CompileError(f"{place}: the condition `{text}` cannot be read at `{text[end:].strip()[:20]}`")
        kind = match.lastgroup if match.lastgroup != "unsigned" else "number"
        tokens.append(_Token(kind or "", match[kind or 0]))
        end = match.end()
    return tokens


def _string(token: str) -> str:
    raw = token[0] in "rR"
    body = token[1:] if raw else token
    body = body[3:-3] if body[:3] in ("'''", '"""') else body[1:-1]
    return body if raw else _ESCAPE.sub(_unescape, body)


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        return chr(int(code, 16))
    return chr(int(match[4], 8)) if match[4] else _SHORT.get(match[5], match[5])


@dataclass(slots=True)
class _Writer:
    tokens: list[_Token]
    parameter: Parameter
    text: str
    where: str
    at: int = 0
    depth: int = field(default=0)

    def write(self) -> str:
        written, _ = self._ternary()
        if self.at < len(self.tokens):
            raise self._wrong(f"`{self.tokens[self.at].text}` is not expected")
        return written

    def _ternary(self) -> tuple[str, bool]:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._wrong("it is nested too deep")
        written, simple = self._binary(0)
        if self._take("?"):
            then = self._closed(self._ternary())
            self._expect(":")
            otherwise = self._closed(self._ternary())
            written, simple = f"{self._closed((written, simple))} ? {then} : {otherwise}", False
        self.depth -= 1
        return written, simple

    def _binary(self, level: int) -> tuple[str, bool]:
        if level == len(_LEVELS):
            return self._unary()
        written, simple = self._binary(level + 1)
        while self.at < len(self.tokens) and self.tokens[self.at].text in _LEVELS[level]:
            if self.tokens[self.at].kind == "string":
                break
            operator = self.tokens[self.at].text
            self.at += 1
            right = self._closed(self._binary(level + 1))
            written, simple = f"{self._closed((written, simple))} {operator} {right}", False
        return written, simple

    def _unary(self) -> tuple[str, bool]:
        for sign in ("!", "-"):
            if self._take(sign):
                return sign + self._closed(self._unary()), True
        return self._postfix()

    def _postfix(self) -> tuple[str, bool]:
        inputs = self._inputs()
        written, simple = inputs if inputs else self._primary()
        while True:
            if self._take("["):
                index, _ = self._ternary()
                self._expect("]")
                written, simple = f"{self._closed((written, simple))}[{index}]", True
            elif self._take("."):
                name = self._name()
                if not self._take("("):
                    written, simple = f"{self._closed((written, simple))}[{literal(name)}]", True
                    continue
                written, simple = self._method(name, self._closed((written, simple)))
            else:
                return written, simple

    def _method(self, name: str, subject: str) -> tuple[str, bool]:
        arguments = self._list(")")
        if name == "size" and not arguments:
            return f"len({subject})", True
        if name not in _METHODS or len(arguments) != 1:
            raise self._unknown(f"{name}()")
        return f"({subject} {_METHODS[name]} {self._closed(arguments[0])})", True

    def _inputs(self) -> tuple[str, bool] | None:
        """`inputs.parameter_values['x']`, and the form of old SDKs with `.string_value` and the like."""
        texts = [token.text for token in self.tokens[self.at : self.at + 6]]
        if len(texts) < 6 or texts[:2] != ["inputs", "."] or texts[3] != "[" or texts[5] != "]":
            return None
        if texts[2] not in ("parameter_values", "parameters") or self.tokens[self.at + 4].kind != "string":
            return None
        name = _string(texts[4])
        self.at += 6
        if texts[2] == "parameters":
            self._expect(".")
            if self._name() not in ("string_value", "int_value", "double_value"):
                raise self._wrong("a parameter has string_value, int_value or double_value")
        return f"fromJSON({self.parameter(name)})", True

    def _primary(self) -> tuple[str, bool]:
        if self.at >= len(self.tokens):
            raise self._wrong("it ends too early")
        token = self.tokens[self.at]
        self.at += 1
        if token.kind == "number":
            return token.text, True
        if token.kind == "string":
            return literal(_string(token.text)), True
        if token.kind == "name":
            return self._named(token.text), True
        if token.text == "(":
            written, simple = self._ternary()
            self._expect(")")
            return (written if simple else f"({written})"), True
        if token.text == "[":
            return "[" + ", ".join(item for item, _ in self._list("]")) + "]", True
        raise self._wrong(f"`{token.text}` is not expected")

    def _named(self, name: str) -> str:
        if name in ("true", "false"):
            return name
        if name == "null":
            return "nil"
        if not self._take("("):
            raise self._unknown(name)
        arguments = self._list(")")
        if name == "parseJson" and len(arguments) == 1:
            return f"fromJSON({arguments[0][0]})"
        if name not in _FUNCTIONS or len(arguments) != 1:
            raise self._unknown(f"{name}()")
        return f"{_FUNCTIONS[name]}({arguments[0][0]})"

    def _list(self, end: str) -> list[tuple[str, bool]]:
        items: list[tuple[str, bool]] = []
        while not self._take(end):
            if items:
                self._expect(",")
            items.append(self._ternary())
        return items

    def _closed(self, written: tuple[str, bool]) -> str:
        return written[0] if written[1] else f"({written[0]})"

    def _take(self, sign: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at] == _Token("sign", sign):
            self.at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong(f"`{sign}` is missing")

    def _name(self) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at].kind != "name":
            raise self._wrong("a name is missing")
        self.at += 1
        return self.tokens[self.at - 1].text

    def _wrong(self, what: str) -> CompileError:
        return CompileError(f"{self.where}: the condition `{self.text}` cannot be read: {what}")

    def _unknown(self, what: str) -> Unsupported:
        return Unsupported(
            f"{self.where}: the condition `{self.text}` uses `{what}`, which Argo cannot evaluate",
            remedy="Compare inputs with constants or with each other, or decide in a component.",
        )
