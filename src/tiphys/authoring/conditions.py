"""What Argo's `depends` can say, built in Python: `argo.succeeded(a) & ~argo.failed(b)`.

A condition is a small tree; `render` writes it in Argo's own words once the names of the tasks in the
compiled DAG are known. `mentions` finds the names in a text written by hand, as Argo itself does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tiphys.authoring.caller import refuse

RESULTS: Final = (
    "Succeeded",
    "Failed",
    "Errored",
    "Skipped",
    "Omitted",
    "Daemoned",
    "AnySucceeded",
    "AllFailed",
)
"""Argo's task results, https://argo-workflows.readthedocs.io/en/latest/enhanced-depends-logic/"""

ENDED: Final = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted")
"""Every way in which a task can end."""


class Condition:
    """Something that is true or false of tasks that have ended; join with `&`, `|` and `~`."""

    def __and__(self, other: object) -> Condition:
        return All((*_parts(All, self), *_parts(All, _condition(other))))

    def __or__(self, other: object) -> Condition:
        return AnyOf((*_parts(AnyOf, self), *_parts(AnyOf, _condition(other))))

    def __rand__(self, other: object) -> Condition:
        return _condition(other) & self

    def __ror__(self, other: object) -> Condition:
        return _condition(other) | self

    def __invert__(self) -> Condition:
        return Not(self)

    def __bool__(self) -> bool:
        raise refuse(
            "a condition is not true or false before the run",
            remedy="Join conditions with `&`, `|` and `~` instead of `and`, `or` and `not`.",
        )


@dataclass(frozen=True, slots=True)
class Result(Condition):
    """`operand` (a task, a group or a name) ended with `result`."""

    operand: Any
    result: str


@dataclass(frozen=True, slots=True)
class Bare(Condition):
    """A name without a result: succeeded, was skipped, or is a daemon that is ready."""

    operand: Any


@dataclass(frozen=True, slots=True)
class All(Condition):
    """All of `parts`."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    """At least one of `parts`."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """Not `part`."""

    part: Condition


def ended_with(result: str, tasks: tuple[Any, ...]) -> Condition:
    """All of `tasks` ended with `result`."""
    if not tasks:
        raise refuse(f"argo.{result.lower()}() names no task")
    return every([Result(task, result) for task in tasks])


def every(parts: list[Condition]) -> Condition:
    """All of `parts`, of which there is at least one."""
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def some(parts: list[Condition]) -> Condition:
    """Any of `parts`, of which there is at least one."""
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def operands(condition: Condition) -> Iterator[Any]:
    """Every task, group or name that `condition` speaks of."""
    for operand, _ in results(condition):
        yield operand


def results(condition: Condition) -> Iterator[tuple[Any, str]]:
    """Every task, group or name with the result that `condition` asks of it ('' for a bare name)."""
    match condition:
        case Result(operand, result):
            yield operand, result
        case Bare(operand):
            yield operand, ""
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from results(part)
        case Not(part):
            yield from results(part)


def render(condition: Condition, name_of: Callable[[Any], str]) -> str:
    """The condition in Argo's words.

    >>> render(~Result("a", "Failed") & (Result("b", "Omitted") | Bare("c")), str)
    '!a.Failed && (b.Omitted || c)'
    """
    match condition:
        case Result(operand, result):
            return f"{name_of(operand)}.{result}"
        case Bare(operand):
            return name_of(operand)
        case All(parts):
            return " && ".join(_enclosed(part, AnyOf, name_of) for part in parts)
        case AnyOf(parts):
            return " || ".join(_enclosed(part, All, name_of) for part in parts)
        case Not(part):
            return "!" + _enclosed(part, (All, AnyOf), name_of)
    raise AssertionError(condition)


def _enclosed(
    part: Condition, kinds: type[Condition] | tuple[type[Condition], ...], name_of: Callable[[Any], str]
) -> str:
    text = render(part, name_of)
    return f"({text})" if isinstance(part, kinds) else text


def _parts(kind: type[All] | type[AnyOf], condition: Condition) -> tuple[Condition, ...]:
    return condition.parts if isinstance(condition, kind) else (condition,)


def _condition(value: object) -> Condition:
    if isinstance(value, Condition):
        return value
    if isinstance(value, str):
        raise refuse(
            f"`{value}` is text; conditions in Python join with conditions",
            remedy="Write `argo.succeeded(task)`, or give the whole expression as text.",
        )
    raise refuse(
        f"{value!r} is not a condition",
        remedy="Write `argo.succeeded(task)`, `argo.failed(task)` and so on.",
    )


# https://github.com/argoproj/argo-workflows/blob/v4.1.2/workflow/common/ancestry.go#L33
_MENTION = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?)\.([A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)")


@dataclass(frozen=True, slots=True)
class Mention:
    """A task's name in a text: where it stands, and with which result ('' for a bare name)."""

    name: str
    result: str
    start: int
    end: int


def mentions(text: str) -> list[Mention]:
    """The names in a text of Argo's `depends`, in order.

    >>> [(found.name, found.result) for found in mentions("a || (b-2.Failed && !c.Skipped)")]
    [('a', ''), ('b-2', 'Failed'), ('c', 'Skipped')]
    """
    found = []
    for match in _MENTION.finditer(text):
        group = 1 if match[1] is not None else 3
        found.append(Mention(match[group], match[2] or "", match.start(group), match.end(group)))
    return found


_TOKEN = re.compile(r"\s*(?:(&&|\|\||==|!=|!|\(|\))|([a-zA-Z0-9][-a-zA-Z0-9]*(?:\.[a-zA-Z]+)?)|(\S))")
_LEVELS: Final = (("||",), ("&&",), ("==", "!="))


def check_syntax(text: str) -> None:
    """Refuse a text that Argo would accept when submitted and stumble over when it runs."""
    tokens = [match[0].strip() for match in _TOKEN.finditer(text) if match[0].strip()]
    strange = [match[3] for match in _TOKEN.finditer(text) if match[3]]
    if strange:
        raise refuse(f"depends: `{strange[0]}` has no meaning in `{text}`", remedy=_GRAMMAR)
    rest = _skip(tokens, text, 0)
    if rest:
        raise refuse(f"depends: `{rest[0]}` is not expected in `{text}`", remedy=_GRAMMAR)


def _skip(tokens: list[str], text: str, level: int) -> list[str]:
    """The tokens after one expression of `level` at the head of `tokens`."""
    if level == len(_LEVELS):
        return _skip_operand(tokens, text)
    rest = _skip(tokens, text, level + 1)
    while rest and rest[0] in _LEVELS[level]:
        rest = _skip(rest[1:], text, level + 1)
    return rest


def _skip_operand(tokens: list[str], text: str) -> list[str]:
    while tokens and tokens[0] == "!":
        tokens = tokens[1:]
    if not tokens:
        raise refuse(f"depends: `{text}` ends too early", remedy=_GRAMMAR)
    head, rest = tokens[0], tokens[1:]
    if head == "(":
        rest = _skip(rest, text, 0)
        if not rest or rest[0] != ")":
            raise refuse(f"depends: a parenthesis is not closed in `{text}`", remedy=_GRAMMAR)
        return rest[1:]
    if not head[0].isalnum():
        raise refuse(f"depends: `{head}` is not expected in `{text}`", remedy=_GRAMMAR)
    return rest


_GRAMMAR = "Names of tasks, with a result such as `.Failed` or without, joined by `&&`, `||`, `!` and parentheses."
