"""How the tasks that a task waits for may have ended when it runs.

`depends` is taken apart by the parser of expressions and tried with every outcome of every task that it
names. Argo expands bare names and `dependencies` first, so both styles are one here.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from tiphys.checks.subject import Call, Known, Template
from tiphys.errors import ExpressionError
from tiphys.expressions import depends
from tiphys.expressions.depends import ContinueOn, Depends
from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr.parser import parse
from tiphys.validation.dependencies import Dependencies

Json = Any
Outcome = Literal["Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned"]

RAN: Final[frozenset[Outcome]] = frozenset({"Succeeded", "Failed", "Errored", "Daemoned"})
_OPERAND: Final = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?)\.([A-Z][a-zA-Z]+)")
_FINE: Final[frozenset[Outcome]] = frozenset({"Succeeded", "Daemoned"})
_FARTHEST: Final = 60  # tasks between a task and the one whose output it reads
_MOST: Final = 4096  # combinations; beyond that nothing is said

_Truth = Callable[[Mapping[str, "_State"]], bool]


@dataclass(frozen=True, slots=True)
class _State:
    """One way for a task to have ended; of a loop also whether some or all items did so."""

    outcome: Outcome
    any_succeeded: bool = False
    all_failed: bool = False

    def has(self, result: str) -> bool:
        if result == "AnySucceeded":
            return self.any_succeeded
        return self.all_failed if result == "AllFailed" else self.outcome == result


@dataclass(frozen=True, slots=True)
class _Shape:
    """All that matters of a task for how it may end."""

    has_when: bool
    may_be_empty: bool
    may_be_omitted: bool
    is_daemon: bool
    is_loop: bool

    def states(self) -> tuple[_State, ...]:
        if self.is_daemon:
            states = [_State("Daemoned"), _State("Succeeded"), _State("Failed"), _State("Errored")]
        elif self.is_loop:
            states = [_State("Succeeded", any_succeeded=True)]
            states += [_State("Succeeded")] if self.has_when else []  # it was false for every item
            states += [_State(each, some, every) for each in ("Failed", "Errored") for some, every in _MIXED]
        else:
            states = [_State("Succeeded"), _State("Failed"), _State("Errored")]
        may_skip = self.may_be_empty if self.is_loop else self.has_when
        states += [_State("Skipped")] if may_skip else []
        states += [_State("Omitted")] if self.may_be_omitted else []
        return tuple(states)


_MIXED: Final = ((True, False), (False, True), (False, False))


class Dag:
    """The tasks of a DAG template, and what may have become of those that each one waits for."""

    def __init__(self, template: Template, known: Known) -> None:
        self.calls = {call.name: call for call in template.calls()}
        self._manifest = template.manifest
        self._known = known
        self._possible: dict[str, Mapping[str, frozenset[Outcome]] | None] = {}
        self._before: dict[tuple[str, str], frozenset[Outcome] | None] = {}
        self._dependencies = Dependencies([call.data for call in self.calls.values()])

    def wait(self, name: str) -> Depends:
        """What a task waits for, in Argo's expanded form; raises `ExpressionError` for an unknown task."""
        data = self.calls[name].data
        return depends.parse(data.get("depends") or "", data.get("dependencies") or [], self._continue_on)

    def possible_at_once(self, name: str) -> Mapping[str, frozenset[Outcome]] | None:
        """For each task that it names, how that one may have ended when this one runs.

        Empty sets say that it never runs. None: too much to try, or not to be understood.
        """
        if name not in self._possible:
            self._possible[name] = self._find_possible(name)
        return self._possible[name]

    def possible(self, other: str, *, when_runs: str) -> frozenset[Outcome] | None:
        """How another task may have ended when a task runs; None if nothing can be said."""
        return self._possible_before(other, when_runs, _FARTHEST) if other in self.calls else None

    def waits_for(self, other: str, *, by: str) -> bool:
        """True if a task waits for another, directly or not."""
        return self._dependencies.is_ancestor(other, of=by)

    def _possible_before(self, other: str, name: str, steps: int) -> frozenset[Outcome] | None:
        key = (other, name)
        if key not in self._before:
            self._before[key] = self._find_before(other, name, steps)
        return self._before[key]

    def _find_before(self, other: str, name: str, steps: int) -> frozenset[Outcome] | None:
        at_once = self.possible_at_once(name)
        if at_once is None or not steps:
            return None
        everything = frozenset(state.outcome for state in self._shape(other).states())
        result = at_once.get(other, everything)
        for between, outcomes in at_once.items():
            if result <= _FINE:
                break
            if between != other and outcomes <= RAN:
                further = self._possible_before(other, between, steps - 1)
                if further is None:
                    return None
                result &= further
        return result

    def syntax_problem(self, name: str) -> str:
        """What is wrong with the text of a `depends`; "" if it can be read, or names an unknown task."""
        try:
            wait = self.wait(name)
        except ExpressionError:
            return ""
        if not _mistake(_numbered(wait)):
            return ""
        return _mistake(wait.logic.replace("-", "_")).splitlines()[0]

    def _find_possible(self, name: str) -> Mapping[str, frozenset[Outcome]] | None:
        try:
            wait = self.wait(name)
        except ExpressionError:
            return None
        if any(each not in self.calls for each in wait.names):
            return None
        answer = _solved(_numbered(wait), tuple(self._shape(each) for each in wait.names))
        return None if answer is None else dict(zip(wait.names, answer, strict=True))

    def _shape(self, name: str) -> _Shape:
        call = self.calls[name]
        called = self._known.called(call.data, self._manifest)
        waits = bool(call.data.get("depends") or call.data.get("dependencies"))
        is_daemon = bool(called and called.data.get("daemon"))
        return _Shape(bool(call.data.get("when")), _may_be_empty(call), waits, is_daemon, call.is_loop)

    def _continue_on(self, name: str) -> ContinueOn:
        if name not in self.calls:
            raise ExpressionError(f"no task `{name}`")
        given = self.calls[name].data.get("continueOn") or {}
        return ContinueOn(failed=bool(given.get("failed")), error=bool(given.get("error")))


def _may_be_empty(call: Call) -> bool:
    return bool(call.data.get("withParam")) or call.data.get("withSequence") is not None


def _numbered(wait: Depends) -> str:
    """The condition with numbers instead of names: for many tasks it is the same, and answered once."""
    numbers = {each: f"t{index}" for index, each in enumerate(wait.names)}
    return _OPERAND.sub(lambda match: f"{numbers[match[1]]}.{match[2]}", wait.logic)


@lru_cache(maxsize=4096)
def _mistake(logic: str) -> str:
    try:
        if logic:
            parse(logic)
    except ExpressionError as error:
        return error.message
    return ""


@lru_cache(maxsize=4096)
def _solved(logic: str, shapes: tuple[_Shape, ...]) -> tuple[frozenset[Outcome], ...] | None:
    """For tasks `t0`, `t1` … the outcomes with which the logic is true."""
    states = {f"t{index}": shape.states() for index, shape in enumerate(shapes)}
    if not logic:
        return ()
    try:
        parts = [_Part.of(node) for node in _conjuncts(parse(logic))]
    except (ExpressionError, _NotUnderstood):
        return None
    found: dict[str, set[Outcome]] = {name: set() for name in states}
    for part in _joined(parts):
        names = sorted(part.names)
        choices = [states[name] for name in names]
        if _count(choices) > _MOST:
            return None
        for combination in itertools.product(*choices):
            ended = dict(zip(names, combination, strict=True))
            if part.is_true(ended):
                for name, state in ended.items():
                    found[name].add(state.outcome)
        if names and not found[names[0]]:
            return tuple(frozenset() for _ in shapes)
    return tuple(frozenset(found[name]) for name in states)


def _count(choices: Iterable[Sequence[_State]]) -> int:
    count = 1
    for each in choices:
        count *= len(each)
    return count


class _NotUnderstood(Exception):
    """An expression that is more than results joined by and, or, not."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a condition, and the tasks that it speaks of."""

    truths: tuple[_Truth, ...]
    names: frozenset[str]

    @staticmethod
    def of(node: n.Node) -> _Part:
        return _Part((_truth(node),), frozenset(_names_of(node)))

    def joined(self, other: _Part) -> _Part:
        return _Part(self.truths + other.truths, self.names | other.names)

    def is_true(self, ended: Mapping[str, _State]) -> bool:
        return all(truth(ended) for truth in self.truths)


def _joined(parts: Iterable[_Part]) -> list[_Part]:
    """Parts that speak of a common task belong together; all others can be tried alone."""
    result: list[_Part] = []
    for part in parts:
        apart = []
        for other in result:
            if other.names & part.names:
                part = part.joined(other)
            else:
                apart.append(other)
        result = [*apart, part]
    return result


def _conjuncts(node: n.Node) -> Iterator[n.Node]:
    if isinstance(node, n.BinaryNode) and node.operator in ("&&", "and"):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _names_of(node: n.Node) -> Iterator[str]:
    for each in n.walk(node):
        if isinstance(each, n.IdentifierNode):
            yield each.value


def _truth(node: n.Node) -> _Truth:
    if isinstance(node, n.BinaryNode) and node.operator in ("&&", "and", "||", "or"):
        left, right = _truth(node.left), _truth(node.right)
        if node.operator in ("&&", "and"):
            return lambda ended: left(ended) and right(ended)
        return lambda ended: left(ended) or right(ended)
    if isinstance(node, n.UnaryNode) and node.operator in ("!", "not"):
        inner = _truth(node.node)
        return lambda ended: not inner(ended)
    if isinstance(node, n.BoolNode):
        value = bool(node.value)
        return lambda _ended: value
    match node:
        case n.MemberNode(node=n.IdentifierNode(value=name), property=n.StringNode(value=result)):
            return lambda ended: ended[name].has(result)
    raise _NotUnderstood
