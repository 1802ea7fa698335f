"""The environment of an expression: a scope's dotted names as nested maps, and Argo's own functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tiphys.expressions import functions, jsonpath
from tiphys.expressions import go_values as go
from tiphys.expressions.go_format import to_json
from tiphys.expressions.go_numbers import to_float, to_int
from tiphys.expressions.go_values import Func, func_type

FUNCTIONS: dict[str, Any] = {
    "asInt": Func(to_int, func_type(go.ANY)),
    "asFloat": Func(to_float, func_type(go.ANY)),
    "jsonpath": Func(jsonpath.query_text, func_type(go.STRING, go.STRING)),
    "toJson": Func(to_json, func_type(go.ANY, output=go.STRING)),
    "sprig": functions.SPRIG,
}


@dataclass(frozen=True, slots=True)
class Reach:
    """What an expression can get at: names, and of names that are only looked into, which of their members.

    `whole` names are needed with all below them; of a pair `(tasks, a)` only `tasks.a` is.
    """

    whole: frozenset[str]
    members: frozenset[tuple[str, str]]

    def keys(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names to take as they are, and the beginnings of the names to take."""
        dotted = [f"{name}.{member}" for name, member in self.members]
        exact = (*self.whole, *{name for name, _ in self.members}, *dotted)
        return exact, tuple(f"{name}." for name in (*self.whole, *dotted))


def environment(scope: Mapping[str, Any], reach: Reach | None = None) -> dict[str, Any]:
    """What an expression sees of a scope: all of it, or only what it can reach.

    >>> env = environment({"tasks.a.status": "Succeeded", "item": "x"})
    >>> env["tasks"], env["item"]
    ({'a': {'status': 'Succeeded'}}, 'x')
    """
    if reach is None:
        return {**expand(scope), **FUNCTIONS}
    exact, prefixes = _keys(reach)
    part = {key: value for key, value in scope.items() if key.startswith(prefixes)} if prefixes else {}
    for name in exact:
        if name in scope:
            part[name] = scope[name]
    env = expand(part)
    for name, _ in reach.members:
        if type(env.get(name)) is not dict and any(key.startswith(name + ".") for key in scope):
            env[name] = {}
    for name in FUNCTIONS.keys() & exact:
        env[name] = FUNCTIONS[name]
    return env


@lru_cache(maxsize=4096)
def _keys(reach: Reach) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return reach.keys()


def expand(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Nested maps of dotted names; where `a` and `a.b` are both there, `a` gives way."""
    root: dict[str, Any] = {}
    made: set[int] = {id(root)}
    for name, value in scope.items():
        if "." not in name:
            if id(root.get(name)) not in made:
                root[name] = value
            continue
        *parents, leaf = name.split(".")
        level = root
        for parent in parents:
            below: Any = level.get(parent)
            if id(below) not in made:
                below = level[parent] = {}
                made.add(id(below))
            level = below
        if id(level.get(leaf)) not in made:
            level[leaf] = value
    return root
