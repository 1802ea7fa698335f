"""Compiled expressions and their cache.

An expression is checked against the types of the names that it uses, so one source may have several compiled
forms; all are kept in bounded caches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tiphys.expressions.ambient import NOTHING, Ambient, Refused
from tiphys.expressions.environment import environment
from tiphys.expressions.expr import nodes as n
from tiphys.expressions.expr.builtins import BUILTIN_NAMES
from tiphys.expressions.expr.checker import Checker
from tiphys.expressions.expr.evaluate import Compiler
from tiphys.expressions.expr.failure import CompileFailure, RefusedExpression, RunFailure, SyntaxFailure, bind
from tiphys.expressions.expr.frame import MAX_STEPS, Budget, Frame, Run
from tiphys.expressions.expr.identifiers import identifiers, reach_of
from tiphys.expressions.expr.natures import NIL, Nature, of_type
from tiphys.expressions.expr.optimizer import optimize
from tiphys.expressions.expr.parser import MAX_SOURCE, parse
from tiphys.expressions.go_format import sprint_as_string
from tiphys.expressions.go_values import MAP, GoPanic, GoType, type_of, valid_utf8
from tiphys.expressions.short_cache import short_cache

_ABSENT = object()
_Signature = tuple[GoType | str | None, ...]


class Program:
    """One expression.

    `names` are the names that it may take from the environment, `needed` those that it cannot do without,
    `reach` is all that it can get at.
    """

    __slots__ = ("_forms", "_longest", "_overridden", "_tree", "names", "needed", "reach", "source")

    def __init__(self, source: str, overridden: frozenset[str], longest: int = MAX_SOURCE) -> None:
        tree = parse(source, overridden, longest)
        self._longest = longest
        self.source = source
        self._overridden = overridden
        self._tree: n.Node | None = tree
        self.names = tuple(sorted(_names(tree)))
        self.needed = identifiers(tree)
        self.reach = reach_of(tree)
        self._forms: dict[_Signature, tuple[Run, int] | CompileFailure] = {}

    def environment(self, scope: Mapping[str, Any]) -> dict[str, Any]:
        """What of a scope with dotted names the expression needs, and Argo's functions."""
        return environment(scope, self.reach)

    def run(
        self,
        env: Mapping[str, Any],
        ambient: Ambient = NOTHING,
        env_type: GoType = MAP,
        budget: Budget | None = None,
    ) -> Any:
        """The value in this environment; raises `CompileFailure` or `RunFailure`."""
        run, variables = self.form(env, env_type)
        frame = Frame(env, ambient, variables, MAX_STEPS if budget is None else budget.steps)
        try:
            value = run(frame)
            frame.weigh(value)
            return value
        except GoPanic as panic:
            kind = RefusedExpression if isinstance(panic, Refused) else RunFailure
            raise kind(bind(panic.message, panic.location or (0, 0), self.source)) from None
        except RecursionError:
            raise RefusedExpression("a value is nested too deeply") from None
        finally:
            if budget is not None:
                budget.steps = frame.steps

    def run_bool(self, env: Mapping[str, Any], ambient: Ambient = NOTHING, env_type: GoType = MAP) -> bool:
        """Argo's `EvalBool` in this environment."""
        try:
            value = self.run(env, ambient, env_type)
        except RunFailure as failure:
            raise type(failure)(f"unable to evaluate expression '{self.source}': {failure.message}") from None
        if value is True or value is False:
            return bool(value)
        shown = valid_utf8(sprint_as_string(value))
        raise RunFailure(f"unable to cast expression result '{shown}' to bool")

    def form(self, env: Mapping[str, Any], env_type: GoType = MAP) -> tuple[Run, int]:
        """The closure for the types that the names have in this environment."""
        signature = (env_type, *[_tag(env.get(name, _ABSENT)) for name in self.names])
        form = self._forms.get(signature)
        if form is None:
            if len(self._forms) >= 32:
                self._forms.clear()
            form = self._forms[signature] = self._compile(signature)
        if isinstance(form, CompileFailure):
            raise CompileFailure(form.message)
        return form

    def _compile(self, signature: _Signature) -> tuple[Run, int] | CompileFailure:
        natures: dict[str, Nature] = {}
        for name, tag in zip(self.names, signature[1:], strict=True):
            if tag is None:
                natures[name] = NIL
            elif isinstance(tag, GoType):
                natures[name] = of_type(tag)
        env_type = signature[0] if isinstance(signature[0], GoType) else MAP
        tree, self._tree = self._tree or parse(self.source, self._overridden, self._longest), None
        try:
            Checker(natures, env_type).check(tree)
            tree = optimize(tree)
        except SyntaxFailure as failure:
            return CompileFailure(bind(failure.message, failure.location, self.source))
        compiler = Compiler()
        run = compiler.compile(tree)
        return run, compiler.variables


def _tag(value: Any) -> GoType | str | None:
    if value is _ABSENT:
        return "absent"
    return None if value is None else type_of(value)


def _names(tree: n.Node) -> set[str]:
    names = set()
    for node in n.walk(tree):
        if isinstance(node, n.IdentifierNode):
            names.add(node.value)
        elif isinstance(node, n.VariableNode):
            names.add(node.name)
        elif isinstance(node, n.MemberNode) and isinstance(node.property, n.StringNode):
            if isinstance(node.node, n.IdentifierNode) and node.node.value == "$env":
                names.add(node.property.value)
        elif isinstance(node, n.BuiltinNode) and node.name == "get":
            names.update(key.value for key in node.arguments[1:2] if isinstance(key, n.StringNode))
    return names


_NO_NAMES: frozenset[str] = frozenset()
_WORD = re.compile(r"[A-Za-z]+")


@short_cache(1024)
def hideable(source: str) -> tuple[str, ...]:
    """The names of builtins that stand in an expression, and that a scope could mean otherwise."""
    return tuple(BUILTIN_NAMES.intersection(_WORD.findall(source)))


def program_for(source: str, scope: Mapping[str, Any]) -> Program:
    """The program of an expression, from the cache. Names of the scope hide builtins of the same name."""
    hidden = hideable(source)
    if hidden:
        starts = tuple(f"{name}." for name in hidden)
        found = {key.split(".", 1)[0] for key in scope if key in hidden or key.startswith(starts)}
        if found:
            return _program(source, frozenset(found))
    return _program(source, _NO_NAMES)


def compile(source: str, env: Mapping[str, Any] | None = None) -> Program:
    """The program of an expression, from the cache. Names of `env` hide builtins of the same name."""
    if env is None or BUILTIN_NAMES.isdisjoint(env):
        return _program(source, _NO_NAMES)
    return _program(source, BUILTIN_NAMES.intersection(env))


def _program(source: str, overridden: frozenset[str]) -> Program:
    form = _compiled(source, overridden)
    if isinstance(form, CompileFailure):
        raise CompileFailure(form.message)
    return form


@short_cache(4096)
def _compiled(source: str, overridden: frozenset[str]) -> Program | CompileFailure:
    try:
        return Program(source, overridden)
    except CompileFailure as failure:
        return failure


def evaluate(source: str, scope: Mapping[str, Any], ambient: Ambient = NOTHING) -> Any:
    """The value of an expression; names of the scope are dotted, Argo's functions are there.

    >>> evaluate("asInt(inputs.parameters.n) + 1", {"inputs.parameters.n": "41"})
    42
    """
    program = program_for(source, scope)
    return program.run(program.environment(scope), ambient)


def evaluate_bool(source: str, scope: Mapping[str, Any], ambient: Ambient = NOTHING) -> bool:
    """Argo's `argoexpr.EvalBool` over a scope with dotted names: hooks, retries, HTTP conditions.

    >>> evaluate_bool("lastRetry.exitCode == '2'", {"lastRetry.exitCode": "2"})
    True
    """
    program = program_for(source, scope)
    return program.run_bool(program.environment(scope), ambient)
