"""Texts: trimming, searching, quoting, splitting and joining."""

from __future__ import annotations

from typing import Any

from tiphys.expressions import go_strings
from tiphys.expressions import go_values as go
from tiphys.expressions.functions.casts import byte_slice, is_list, strings_of, strval
from tiphys.expressions.functions.signature import A, B, I, S, Table, function
from tiphys.expressions.go_format import sprint
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import GoPanic, StringMap, Strings, to_bytes

MAX_TEXT = 1 << 20


def _repeat(count: int, text: str) -> str:
    if count < 0:
        raise GoPanic("strings: negative Repeat count")
    if len(text) * count > MAX_TEXT:
        raise GoPanic("memory budget exceeded")
    return text * count


def _trim_all(cutset: str, text: str) -> str:
    return text.strip(cutset) if cutset else text


def _trunc(count: int, text: str) -> str:
    size = len(to_bytes(text))
    if count < 0 < size + count:
        return byte_slice(text, size + count, size)
    return byte_slice(text, 0, count) if 0 <= count < size else text


def _substring(start: int, stop: int, text: str) -> str:
    size = len(to_bytes(text))
    if start < 0:
        return byte_slice(text, 0, stop)
    if stop < 0 or stop > size:
        if start > size:
            raise GoPanic(f"runtime error: slice bounds out of range [{start}:{size}]")
        return byte_slice(text, start, size)
    return byte_slice(text, start, stop)


def _quote(*values: Any) -> str:
    return " ".join(quote(strval(value)) for value in values if value is not None)


def _single_quote(*values: Any) -> str:
    return " ".join(f"'{sprint(value)}'" for value in values if value is not None)


def _cat(*values: Any) -> str:
    return " ".join(sprint(value) for value in values if value is not None)


def _indent(spaces: int, text: str) -> str:
    if spaces < 0:
        raise GoPanic("strings: negative Repeat count")
    if spaces * (text.count("\n") + 1) + len(text) > MAX_TEXT:
        raise GoPanic("memory budget exceeded")
    pad = " " * spaces
    return pad + text.replace("\n", "\n" + pad)


def _join(separator: str, values: Any) -> str:
    return go_strings.join(separator, strings_of(values))


def _numbered(parts: Strings) -> StringMap:
    return StringMap({f"_{index}": part for index, part in enumerate(parts)})


def _sort_alpha(values: Any) -> Strings:
    if not is_list(values):
        return Strings([strval(values)])
    texts = strings_of(values)
    texts.sort(key=to_bytes)
    return texts


FUNCTIONS: Table = {
    "hello": function(lambda: "Hello!", output=S),
    "trunc": function(_trunc, I, S, output=S),
    "trim": function(go_strings.trim_space, S, output=S),
    "upper": function(go_strings.upper, S, output=S),
    "lower": function(go_strings.lower, S, output=S),
    "substr": function(_substring, I, I, S, output=S),
    "repeat": function(_repeat, I, S, output=S),
    "trimall": function(_trim_all, S, S, output=S),
    "trimAll": function(_trim_all, S, S, output=S),
    "trimSuffix": function(lambda part, text: text.removesuffix(part), S, S, output=S),
    "trimPrefix": function(lambda part, text: text.removeprefix(part), S, S, output=S),
    "contains": function(lambda part, text: part in text, S, S, output=B),
    "hasPrefix": function(lambda part, text: text.startswith(part), S, S, output=B),
    "hasSuffix": function(lambda part, text: text.endswith(part), S, S, output=B),
    "quote": function(_quote, A, output=S, variadic=True),
    "squote": function(_single_quote, A, output=S, variadic=True),
    "cat": function(_cat, A, output=S, variadic=True),
    "indent": function(_indent, I, S, output=S),
    "nindent": function(lambda spaces, text: "\n" + _indent(spaces, text), I, S, output=S),
    "replace": function(lambda old, new, text: go_strings.replace(text, old, new), S, S, S, output=S),
    "plural": function(lambda one, many, count: one if count == 1 else many, S, S, I, output=S),
    "toString": function(strval, A, output=S),
    "split": function(lambda separator, text: _numbered(go_strings.split(text, separator)), S, S, output=go.STRING_MAP),
    "splitn": function(
        lambda separator, limit, text: _numbered(go_strings.split(text, separator, limit)),
        S,
        I,
        S,
        output=go.STRING_MAP,
    ),
    "splitList": function(lambda separator, text: go_strings.split(text, separator), S, S, output=go.STRINGS),
    "toStrings": function(strings_of, A, output=go.STRINGS),
    "join": function(_join, S, A, output=S),
    "sortAlpha": function(_sort_alpha, A, output=go.STRINGS),
}
