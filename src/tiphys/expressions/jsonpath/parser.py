"""A path's text to its tokens."""

from __future__ import annotations

from typing import Any

from tiphys.expressions import go_strings
from tiphys.expressions.jsonpath import failure
from tiphys.expressions.jsonpath import tokens as tk
from tiphys.expressions.jsonpath.failure import Failure


def tokenize(path: str) -> list[str]:
    """The texts of the tokens: `$`, `a`, `..`, `[0]`."""
    if not path:
        raise failure.unexpected("", 0)
    if path[0] not in "$@":
        raise failure.unexpected(path[0], 0)
    if len(path) > 1 and path[1] not in ".[":
        raise failure.unexpected(chr(path[1].encode()[0]), 1)
    return [path[0], *_Splitter().split(path[1:])]


class _Splitter:
    """Counts quotes and brackets while it splits, as the library does (brackets over the whole path)."""

    def __init__(self) -> None:
        self._tokens: list[str] = []
        self._quotes = self._scripts = self._subscripts = 0

    def split(self, text: str) -> list[str]:
        token = ""
        for char in text:
            if not token:
                self._quotes = self._scripts = 0
            self._quotes += char == "'"
            self._scripts += (char == "(") - (char == ")")
            self._subscripts += (char == "[") - (char == "]")
            token = self._extend(token + char, char)
        if token:
            self._tokens.append(token.removeprefix("."))
        return self._tokens

    def _extend(self, token: str, char: str) -> str:
        """What stays of the token behind this character."""
        if token in (".", "[", ".["):
            return token
        if token == "..":  # noqa: S105 - a part of a path
            self._tokens.append(token)
            return ""
        if char == "[":
            if token.count("[") > 1:
                return token
            self._tokens.append(token.removeprefix(".")[:-1])
            return "["
        inside = self._quotes % 2 == 1 or self._scripts != 0
        if "[" in token:
            if not inside and char == "]" and self._subscripts == 0:
                self._tokens.append(token.removeprefix("."))
                return ""
        elif char == "." and not inside:
            self._tokens.append(token.removeprefix(".")[:-1])
            return "."
        return token


_PLAIN = {"$": tk.Root, "@": tk.Current, "*": tk.Wildcard, "..": tk.Recursive}


def parse(text: str, compile_script: tk.Compile) -> tk.Token:
    """The token of a text."""
    text = go_strings.trim_space(text)
    if not text:
        raise Failure("invalid token. token string is empty", failure.TOKEN)
    if text in _PLAIN:
        return _PLAIN[text]()
    if not text.startswith("["):
        return tk.Length() if text == "length" else tk.Key(text)
    if not text.endswith("]"):
        raise failure.bad_format(text)
    subscript = go_strings.trim_space(text[1:-1])
    if not subscript:
        raise failure.bad_format(text)
    if subscript == "*":
        return tk.Wildcard()
    if subscript.startswith("?"):
        if not subscript.startswith("?(") or not subscript.endswith(")"):
            raise failure.bad_format(text)
        expression = go_strings.trim_space(subscript[2:-1])
        return tk.Filter(expression, compile_script(expression))
    return _subscript(text, _Arguments(text).read(subscript), compile_script)


def _is_script(text: Any) -> bool:
    return isinstance(text, str) and len(text) > 2 and text[0] == "(" and text[-1] == ")"


def _is_key(text: Any) -> bool:
    return isinstance(text, str) and len(text) > 1 and text[0] == text[-1] and text[0] in "'\""


class _Arguments:
    """Reads `'a','b'`, `1:2` or `(…)`: numbers, quoted keys, scripts, and the separators between them."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._arguments: list[Any] = []
        self._buffer = ""
        self._quote = ""
        self._opened = self._closed = 0

    def read(self, subscript: str) -> list[Any]:
        for index, char in enumerate(subscript):
            self._buffer += char
            if char == " ":
                if not self._quote and self._opened == self._closed:
                    self._buffer = go_strings.trim_space(self._buffer)
            elif char == "(":
                self._opened += not self._quote
            elif char == ")":
                self._close_script()
            elif char in "'\"":
                self._quoted(char)
            elif char in ":," and not self._quote and self._opened == self._closed:
                self._separator(char, first=index == 0)
        if self._buffer:
            self._arguments.append(_number_or_text(self._buffer))
        return self._arguments

    def _close_script(self) -> None:
        self._closed += 1
        if self._opened == self._closed:
            if not _is_script(self._buffer):
                raise failure.bad_expression(self._buffer)
            self._arguments.append(self._buffer)
            self._buffer = ""

    def _quoted(self, char: str) -> None:
        other = self._quote and self._quote != char
        if other or self._opened != self._closed:
            return
        if len(self._buffer) > 1 and self._buffer[-2] == "\\":
            self._buffer = self._buffer[:-2] + char
            return
        if not self._quote:
            self._quote = char
            if self._buffer != char:
                raise failure.bad_format(self._token)
            return
        self._quote = ""
        if not _is_key(self._buffer):
            raise failure.bad_format(self._token)
        self._arguments.append(self._buffer)
        self._buffer = ""

    def _separator(self, char: str, *, first: bool) -> None:
        argument = self._buffer[:-1]
        if argument:
            value = _number_or_text(argument)
            if char == ":" and isinstance(value, str):
                raise failure.bad_format(self._token)
            self._arguments.append(value)
        elif char == ":" and first:
            self._arguments.append(None)
        self._arguments.append(char)
        self._buffer = ""


def _number_or_text(text: str) -> int | str:
    number = go_strings.atoi(text)
    return text if number is None else number


def _subscript(text: str, arguments: list[Any], compile_script: tk.Compile) -> tk.Token:
    if len(arguments) == 1:
        only = arguments[0]
        if _is_key(only):
            return tk.Key(only[1:-1])
        if _is_script(only):
            return tk.ScriptToken(only[1:-1], compile_script(only[1:-1]))
        if isinstance(only, int):
            return tk.Index(only)
        raise failure.bad_format(text)
    values, colons, commas = _without_separators(arguments)
    if colons and commas:
        raise failure.bad_format(text)
    if commas:
        return _union(text, values, commas, compile_script)
    if colons:
        return _range(text, values, colons, compile_script)
    raise failure.bad_format(text)


def _without_separators(arguments: list[Any]) -> tuple[list[Any], int, int]:
    values: list[Any] = []
    colons = commas = 0
    after_colon = False
    for argument in arguments:
        if argument == ":":
            colons += 1
            if after_colon:
                values.append(None)
            after_colon = True
            continue
        if argument == ",":
            commas += 1
        else:
            values.append(argument)
        after_colon = False
    return values, colons, commas


def _expression(script: str, compile_script: tk.Compile) -> tk.Expression:
    try:
        return tk.Expression(script[1:-1], compile_script(script[1:-1]))
    except Failure as reason:
        raise failure.in_expression(reason) from None


def _union(text: str, values: list[Any], commas: int, compile_script: tk.Compile) -> tk.Token:
    if commas >= len(values):
        raise failure.bad_format(text)
    arguments: list[Any] = []
    for value in values:
        if _is_script(value):
            arguments.append(_expression(value, compile_script))
        elif _is_key(value):
            arguments.append(value[1:-1])
        elif isinstance(value, int):
            arguments.append(value)
        else:
            raise failure.bad_format(text)
    return tk.Union(arguments)


def _range(text: str, values: list[Any], colons: int, compile_script: tk.Compile) -> tk.Token:
    if colons > 2:
        raise failure.bad_format(text)
    if colons == 1 and len(values) == 1:
        values = [*values, None]
    if len(values) < 2:
        raise failure.bad_format(text)
    bounds = [*values, None][:3]
    for position, bound in enumerate(bounds):
        if isinstance(bound, str):
            if not _is_script(bound):
                raise failure.bad_expression(bound)
            bounds[position] = _expression(bound, compile_script)
    return tk.Range(*bounds)
