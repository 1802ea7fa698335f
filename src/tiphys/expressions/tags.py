"""`{{name}}` and `{{=expression}}` in texts, as Argo's util/template replaces them.

Argo replaces in the JSON form of an object, which shows: values that Go's quoting cannot bring into JSON are
errors, and a tag that is opened in one string is closed by whatever `}}` comes next. Here texts are split
once and cached; only a tree with an unclosed tag takes the way over JSON.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tiphys.errors import ExpressionError
from tiphys.expressions import expr
from tiphys.expressions.ambient import NOTHING, Ambient
from tiphys.expressions.expr.frame import Budget
from tiphys.expressions.expr.program import program_for
from tiphys.expressions.go_format import json_string, ordered_json, to_json
from tiphys.expressions.go_json import loads_exact, mistake
from tiphys.expressions.go_quote import is_printable, quote
from tiphys.expressions.go_strings import trim_space
from tiphys.expressions.go_values import GoPanic, valid_utf8
from tiphys.expressions.short_cache import short_cache

MAX_RESULT: Final = 1 << 20  # of one expression
MAX_TEXT: Final = 4 << 20
MAX_TAGS: Final = 20_000
PLACEHOLDER_PREFIX: Final = "__argo__internal__placeholder-"

_LATE_NAMES = frozenset(
    {
        "item",
        "retries",
        "lastRetry.exitCode",
        "lastRetry.status",
        "lastRetry.duration",
        "lastRetry.message",
        "workflow.status",
        "workflow.failures",
    }
)
_INVALID_JSON = "cannot finish template replacement because the result was invalid JSON"


class UnresolvedTag(ExpressionError):
    """A tag that cannot be replaced, in Argo's words.

    `missing_variable`: a name is not there yet, and the controller would look again later instead of failing.
    """

    @property
    def missing_variable(self) -> bool:
        text = self.message
        return "failed to resolve {{" in text or " is missing" in text or "variable not in env" in text


@dataclass(frozen=True, slots=True)
class _Rule:
    """Which names must be there: all (`prefixes` None), none (empty), or those under a prefix."""

    prefixes: tuple[str, ...] | None
    artifacts_may_wait: bool

    def is_strict(self, name: str) -> bool:
        if self.prefixes is None:
            return True
        return any(name == prefix or name.startswith(prefix + ".") for prefix in self.prefixes)


_LENIENT = _Rule((), artifacts_may_wait=True)
_STRICT = _Rule(None, artifacts_may_wait=False)


def _rule(allow_unresolved: bool, strict_prefixes: Sequence[str] | None) -> _Rule:
    if strict_prefixes is not None:
        return _Rule(tuple(strict_prefixes), artifacts_may_wait=True)
    return _LENIENT if allow_unresolved else _STRICT


class _Call:
    """What all tags of one text or tree share."""

    __slots__ = ("ambient", "budget", "rule", "scope")

    def __init__(self, scope: Mapping[str, Any], rule: _Rule, ambient: Ambient) -> None:
        self.scope = scope
        self.rule = rule
        self.ambient = ambient
        self.budget = Budget()


def replace(
    text: str,
    scope: Mapping[str, Any],
    *,
    allow_unresolved: bool,
    strict_prefixes: Sequence[str] | None = None,
    ambient: Ambient = NOTHING,
) -> str:
    """`template.Replace`, or with `strict_prefixes` `ReplaceStrictAny`, of one string.

    A None in the scope is an output that will never come.

    >>> replace("{{a.b}}-{{=asInt(a.n) + 1}}", {"a.b": "x", "a.n": "41"}, allow_unresolved=False)
    'x-42'
    """
    if "{{" not in text:
        return text
    template = _template(text)
    if template.unclosed is not None:
        raise UnresolvedTag(_unclosed_message(json_string(text), json_string(template.unclosed)[1:]))
    return template.render(_Call(scope, _rule(allow_unresolved, strict_prefixes), ambient))


def replace_tree(
    tree: Any,
    scope: Mapping[str, Any],
    *,
    allow_unresolved: bool,
    strict_prefixes: Sequence[str] | None = None,
    ambient: Ambient = NOTHING,
) -> Any:
    """The same over every string of a JSON tree, keys included; what has no tag is not copied."""
    call = _Call(scope, _rule(allow_unresolved, strict_prefixes), ambient)
    try:
        return _tree(tree, call)
    except (_UnclosedTag, UnresolvedTag):
        # JSON decides which of several mistakes comes first, and what closes an open tag
        call.budget = Budget()
        return _replace_in_json(ordered_json(tree), call)


class _UnclosedTag(Exception):
    """A string of a tree opens a tag that it does not close."""


def _tree(node: Any, call: _Call) -> Any:
    kind = type(node)
    if kind is str:
        if "{{" not in node:
            return node
        template = _template(node)
        if template.unclosed is not None:
            raise _UnclosedTag
        return template.render(call)
    if kind is list:
        items = [_tree(item, call) for item in node]
        return items if any(new is not old for new, old in zip(items, node, strict=True)) else node
    if kind is dict:
        return _tree_dict(node, call)
    return node


def _tree_dict(node: dict[str, Any], call: _Call) -> dict[str, Any]:
    changed = False
    result: dict[str, Any] = {}
    for key, value in node.items():
        new_key = _tree(key, call) if "{{" in key else key
        kind = type(value)
        if kind is str:
            new = _tree(value, call) if "{{" in value else value
        elif kind is dict or kind is list:
            new = _tree(value, call)
        else:
            new = value
        changed = changed or new is not value or new_key is not key
        result[new_key] = new
    return result if changed else node


# -- texts, split at their tags


@dataclass(frozen=True, slots=True)
class _Tag:
    """A simple tag: `text` is what stands between the braces in JSON, `name` the same without blanks."""

    text: str
    raw: str
    name: str

    def resolve(self, call: _Call) -> _Outcome | None:
        if self.name not in call.scope:
            return self._unresolved(self.name, call.scope, call.rule)
        value = call.scope[self.name]
        if value is None:
            raise UnresolvedTag(
                f"unable to substitute {{{{{self.text}}}}}: output is an absent optional "
                "(skipped/omitted node with no default)"
            )
        if not isinstance(value, str):
            raise UnresolvedTag(f"failed to resolve {{{{{self.text}}}}} to string")
        return _Outcome(value, quoted=True)

    def _unresolved(self, name: str, scope: Mapping[str, Any], rule: _Rule) -> _Outcome | None:
        inner = self.text.rfind("{{")
        if inner > 0:
            nested = self.text[inner + 2 :]
            if nested in scope:
                value = scope[nested]
                if value is None:
                    outer = f"{{{{{self.text}}}}}"
                    raise UnresolvedTag(
                        f"unable to substitute nested tag {outer}: {quote(nested)} is an absent optional"
                    )
                if isinstance(value, str):
                    return _Outcome(value, quoted=True, prefix=self.text[:inner])
        if rule.is_strict(name) and not (rule.artifacts_may_wait and ".outputs.artifacts." in name):
            raise UnresolvedTag(f"failed to resolve {{{{{self.text}}}}}")
        return None


@dataclass(frozen=True, slots=True)
class _Expression:
    """An expression tag; `source` is None where the text is no JSON string, `problem` says why."""

    text: str
    raw: str
    source: str | None
    problem: str = ""
    name: str = ""

    def resolve(self, call: _Call) -> _Outcome | None:
        if self.source is None:
            raise UnresolvedTag(f"failed to unmarshall JSON expression: {self.problem}")
        lenient = False
        try:
            program = program_for(self.source, call.scope)
            env = program.environment(call.scope)
            missing = [name for name in program.needed if not _is_in(env, name)]
            for name in missing:
                if call.rule.is_strict(name):
                    raise UnresolvedTag(f"failed to evaluate expression: {name} is missing")
            lenient = bool(missing) or call.rule.prefixes == ()
            if lenient and not _LATE_NAMES.isdisjoint(missing):
                return None
            value = program.run(env, call.ambient, budget=call.budget)
        except expr.RefusedExpression as error:
            raise UnresolvedTag(f"failed to evaluate expression: {error.message}") from None
        except (expr.CompileFailure, expr.RunFailure) as error:
            if lenient or _has_placeholder(call.scope):
                return None
            raise UnresolvedTag(f"failed to evaluate expression: {error.message}") from None
        if value is None:
            if lenient or _has_placeholder(call.scope):
                return None
            raise UnresolvedTag(f"failed to evaluate expression {quote(self.text)}")
        return self._written(value, lenient)

    def _written(self, value: Any, lenient: bool) -> _Outcome | None:
        if type(value) is str:
            return _Outcome(valid_utf8(_bounded(value)), quoted=False)
        try:
            text = _bounded(to_json(value))
        except GoPanic as panic:
            if lenient:
                return None
            raise UnresolvedTag(f"failed to marshal evaluated expression: {panic.message}") from None
        if text.startswith('"'):
            return _Outcome(loads_exact(text), quoted=False)
        return _Outcome(text, quoted=True)


def _bounded(text: str) -> str:
    if len(text) > MAX_RESULT:
        raise UnresolvedTag(f"the value of an expression is larger than {MAX_RESULT} bytes")
    return text


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A value to write.

    `quoted`: Argo brings it into JSON by Go's quoting. `prefix`: the tag stays open, this text first.
    """

    value: str
    quoted: bool
    prefix: str | None = None


_Part = _Tag | _Expression


@dataclass(frozen=True, slots=True)
class _Template:
    """Texts and tags in turn; `unclosed` is what follows a tag that is not closed."""

    texts: tuple[str, ...]
    tags: tuple[_Part, ...]
    unclosed: str | None

    def render(self, call: _Call) -> str:
        scope = call.scope
        out = [self.texts[0]]
        broken = False
        at = 0
        for tag in self.tags:
            at += 1
            value = scope.get(tag.name) if tag.name else None
            if type(value) is not str:
                outcome = tag.resolve(call)
                if outcome is None:
                    out += "{{", tag.raw, "}}", self.texts[at]
                    continue
                if outcome.prefix is not None:
                    out += "{{", tag.raw[: tag.raw.rfind("{{")]
                value = outcome.value
                broken = broken or (outcome.quoted and not _survives_quoting(value))
            elif not value.isascii() or not value.isprintable():
                broken = broken or not _survives_quoting(value)
            out += value, self.texts[at]
        if broken:
            raise UnresolvedTag(_INVALID_JSON)
        if at > 8 and sum(map(len, out)) > MAX_TEXT:
            raise UnresolvedTag(f"a text with its tags replaced is larger than {MAX_TEXT} bytes")
        return "".join(out)


@short_cache(8192, longest=1 << 14)
def _template(text: str) -> _Template:
    texts, raws, unclosed = _split(text)
    parts = {raw: _part(json_string(raw)[1:-1], raw) for raw in dict.fromkeys(raws)}
    return _Template(texts, tuple(map(parts.__getitem__, raws)), unclosed)


def _split(text: str) -> tuple[tuple[str, ...], list[str], str | None]:
    """The texts between the tags, the tags, and what follows a tag that is not closed."""
    texts: list[str] = []
    tags: list[str] = []
    at = 0
    while True:
        start = text.find("{{", at)
        if start < 0:
            texts.append(text[at:])
            return tuple(texts), tags, None
        texts.append(text[at:start])
        end = text.find("}}", start + 2)
        if end < 0:
            return tuple(texts), tags, text[start + 2 :]
        tags.append(text[start + 2 : end])
        if len(tags) > MAX_TAGS:
            raise UnresolvedTag(f"a text has more than {MAX_TAGS} tags")
        at = end + 2


def _part(text: str, raw: str) -> _Part:
    if not text.startswith("="):
        return _Tag(text, raw, trim_space(text))
    fixed = text[1:].replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
    return _expression(fixed, raw)


def _expression(text: str, raw: str) -> _Expression:
    if "\\" not in text:
        return _Expression(text, raw, text)
    literal = f'"{text}"'
    problem = mistake(literal)
    if problem is not None:
        return _Expression(text, raw, None, problem)
    return _Expression(text, raw, loads_exact(literal))


def _is_in(env: Mapping[str, Any], name: str) -> bool:
    """Whether a dotted name leads to something; nil counts."""
    if name in env:
        return True
    value: Any = env
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _has_placeholder(scope: Mapping[str, Any]) -> bool:
    return any(isinstance(value, str) and value.startswith(PLACEHOLDER_PREFIX) for value in scope.values())


_SUSPECT = re.compile("[\x00-\x07\x0b\x0e-\x1f\x7f\ud800-\udfff\U00010000-\U0010ffff]")


def _survives_quoting(value: str) -> bool:
    r"""Whether strconv.Quote writes only what JSON knows: `\a`, `\v`, `\x7f` and `\U0001…` are not in it."""
    if value.isascii() and value.isprintable():
        return True
    return all(char > "\uffff" and is_printable(char) for char in _SUSPECT.findall(value))


# -- the way over JSON


def _unclosed_message(template: str, rest: str) -> str:
    return f'Cannot find end tag="}}}}" in the template={quote(template)} starting from {quote(rest)}'


def _replace_in_json(text: str, call: _Call) -> Any:
    """Replaces in a JSON text as Argo does, and reads the result."""
    texts, tags, unclosed = _split(text)
    if unclosed is not None:
        raise UnresolvedTag(_unclosed_message(text, unclosed))
    out = [texts[0]]
    for tag, behind in zip(tags, texts[1:], strict=True):
        outcome = _part(tag, tag).resolve(call)
        if outcome is None:
            out.append("{{" + tag + "}}")
        else:
            if outcome.prefix is not None:
                out.append("{{" + outcome.prefix)
            out.append((quote(outcome.value) if outcome.quoted else json_string(outcome.value))[1:-1])
        out.append(behind)
    result = "".join(out)
    if mistake(result) is not None:
        raise UnresolvedTag(_INVALID_JSON)
    return loads_exact(result)
