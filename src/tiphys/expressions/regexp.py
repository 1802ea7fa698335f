"""Go's regular expressions: RE2, in linear time, with Go's words for a bad pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import re2

from tiphys.expressions.ambient import Refused
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import GoPanic, NilStrings, Strings, from_bytes, to_bytes
from tiphys.expressions.short_cache import short_cache

MAX_MATCHES: Final = 20_000
MAX_PATTERN: Final = 4096
_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20

_BROKEN = re.compile("[\ud800-\udfff]")
_REASONS = {
    "missing )": "missing closing )",
    "unexpected )": "unexpected )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid escape sequence": "invalid escape sequence",
    "invalid character class range": "invalid character class range",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
    "invalid UTF-8": "invalid UTF-8",
}


@short_cache(256)
def _compiled(pattern: str) -> Any:
    """The compiled pattern, or what Go says of it."""
    if len(pattern) > MAX_PATTERN:
        return f"a pattern is longer than {MAX_PATTERN} characters"
    try:
        return re2.compile(to_bytes(pattern) if _BROKEN.search(pattern) else pattern, _OPTIONS)
    except re2.error as error:
        text = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error.args[0])
        reason, _, where = text.partition(": ")
        return f"error parsing regexp: {_REASONS.get(reason, reason)}: `{where}`"


def compile(pattern: str) -> Any:
    """regexp.Compile; raises `GoPanic` with `error parsing regexp: …`."""
    compiled = _compiled(pattern)
    if isinstance(compiled, str):
        raise GoPanic(compiled)
    return compiled


def must_compile(pattern: str) -> Any:
    """regexp.MustCompile."""
    compiled = _compiled(pattern)
    if isinstance(compiled, str):
        shown = f"`{pattern}`" if "`" not in pattern and pattern.isprintable() else quote(pattern)
        raise GoPanic(f"regexp: Compile({shown}): {compiled}")
    return compiled


def matches(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return compile(pattern).search(to_bytes(text) if _BROKEN.search(text) else text) is not None


def _rune_width(data: bytes, at: int) -> int:
    width = 1
    while at + width < len(data) and data[at + width] & 0xC0 == 0x80 and width < 4 and data[at] >= 0xC0:
        width += 1
    return width


def _all_matches(pattern: str, data: bytes, limit: int) -> Iterator[Any]:
    """Go's FindAll: an empty match right behind another does not count."""
    compiled = compile(pattern)
    at, previous_end, found = 0, -1, 0
    while at <= len(data) and (limit < 0 or found < limit):
        match = compiled.search(data, at)
        if match is None:
            return
        start, end = match.span()
        accepted = True
        if end == at:
            accepted = start != previous_end
            at += _rune_width(data, at) if at < len(data) else 1
        else:
            at = end
        previous_end = end
        if accepted:
            found += 1
            if found > MAX_MATCHES:
                raise Refused(f"a pattern is found more than {MAX_MATCHES} times")
            yield match


def find_all(pattern: str, text: str, limit: int) -> Strings:
    """FindAllString."""
    found = [from_bytes(match.group(0)) for match in _all_matches(pattern, to_bytes(text), limit)]
    return Strings(found) if found else NilStrings()


def find(pattern: str, text: str) -> str:
    """FindString."""
    match = compile(pattern).search(to_bytes(text))
    return "" if match is None else from_bytes(match.group(0))


def split(pattern: str, text: str, limit: int) -> Strings:
    """Regexp.Split."""
    compile(pattern)
    if limit == 0:
        return NilStrings()
    data = to_bytes(text)
    if pattern and not data:
        return Strings([""])
    parts: list[bytes] = []
    begin = end = 0
    for match in _all_matches(pattern, data, limit):
        if limit > 0 and len(parts) == limit - 1:
            break
        end = match.start()
        if match.end() != 0:
            parts.append(data[begin:end])
        begin = match.end()
    if end != len(data):
        parts.append(data[begin:])
    return Strings(map(from_bytes, parts))


def replace_all(pattern: str, text: str, template: str) -> str:
    """ReplaceAllString: `$1` and `${name}` stand for groups."""
    parts = _template(template)
    return _replace(pattern, text, lambda match: b"".join(_expand(match, part) for part in parts))


def replace_all_literal(pattern: str, text: str, replacement: str) -> str:
    """ReplaceAllLiteralString."""
    data = to_bytes(replacement)
    return _replace(pattern, text, lambda match: data)


def _replace(pattern: str, text: str, replacement: Any) -> str:
    compiled = compile(pattern)
    data = to_bytes(text)
    out: list[bytes] = []
    copied = at = size = 0
    while at <= len(data):
        match = compiled.search(data, at)
        if match is None:
            break
        if len(out) > 2 * MAX_MATCHES:
            raise Refused(f"a pattern is found more than {MAX_MATCHES} times")
        start, end = match.span()
        out.append(data[copied:start])
        if end > copied or start == 0:
            out.append(replacement(match))
            size += len(out[-1])
            if size > 4 << 20:
                raise GoPanic("memory budget exceeded")
        copied = end
        width = _rune_width(data, at) if at < len(data) else 0
        at = max(end, at + max(width, 1))
    return from_bytes(b"".join([*out, data[copied:]]))


@short_cache(256)
def _template(template: str) -> tuple[bytes | int | str, ...]:
    """Texts, group numbers and group names of a replacement."""
    parts: list[bytes | int | str] = []
    while "$" in template:
        before, _, rest = template.partition("$")
        parts.append(to_bytes(before))
        if rest.startswith("$"):
            parts.append(b"$")
            template = rest[1:]
            continue
        name, template, valid = _group_name(rest)
        if not valid:
            parts.append(b"$")
        elif name.isdecimal() and name.isascii() and len(name) < 9:
            parts.append(int(name))
        else:
            parts.append(name)
    return (*parts, to_bytes(template))


def _group_name(text: str) -> tuple[str, str, bool]:
    """The name behind a `$`, what follows it, and whether there is one."""
    braced = text.startswith("{")
    body = text[1:] if braced else text
    size = 0
    while size < len(body) and (body[size].isalpha() or body[size].isdecimal() or body[size] == "_"):
        size += 1
    if size == 0 or (braced and body[size : size + 1] != "}"):
        return "", text, False
    return body[:size], body[size + braced :], True


def _expand(match: Any, part: bytes | int | str) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, int):
        group = match.group(part) if part <= match.re.groups else None
    else:
        group = match.group(match.re.groupindex[part]) if part in match.re.groupindex else None
    return group or b""


_META = str.maketrans({char: "\\" + char for char in "\\.+*?()|[]{}^$"})


def quote_meta(text: str) -> str:
    """regexp.QuoteMeta."""
    return text.translate(_META)
