"""When the tasks of a DAG run: `dependencies` or `depends`, and `target`, which decides the DAG's phase.

Argo refuses both spellings in one DAG. `dependencies` is what snippets of KFP 1.8 and `continueOn` work
with, so it is written wherever it can say what is meant: that all needs succeeded, or were loops over
nothing. A failure that some task provides for is handled and does not fail the DAG; what an ExitHandler
waits for is not handled, so it is named in `target`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tiphys.errors import CompileError

Json = Any

_NAME = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9]*?)\.[A-Z][a-zA-Z]+|([a-zA-Z0-9][-a-zA-Z0-9]*)")
ENDED = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted")


@dataclass(frozen=True, slots=True)
class Node:
    """A task as far as order goes. `settings` are the fields that the author laid over the DAGTask."""

    name: str
    needs: tuple[str, ...]
    tolerant: bool = False
    is_exit: bool = False
    skippable: bool = False
    settings: Mapping[str, Json] | None = None

    def setting(self, field: str) -> Json:
        """A field that the author laid over the task."""
        return (self.settings or {}).get(field)


@dataclass(frozen=True, slots=True)
class Order:
    """For each task the fields that say when it runs, and the DAG's `target` ('' if Argo's own will do).

    `forgiven` may fail, and with `depends` need one more task to say so.
    """

    fields: Mapping[str, Mapping[str, Json]]
    target: str
    uses_depends: bool
    forgiven: Sequence[str]


def named_in(depends: str) -> list[str]:
    """The tasks that a text of `depends` speaks of.

    >>> named_in("a || (b-2.Failed && !c.Skipped)")
    ['a', 'b-2', 'c']
    """
    return [match[1] or match[2] for match in _NAME.finditer(depends)]


def order(nodes: Sequence[Node], where: str) -> Order:
    """Decide for all tasks of a DAG."""
    by_name = {node.name: node for node in nodes}
    reads_results = any(
        node.setting("depends") or (node.tolerant and node.needs) or any(by_name[n].skippable for n in node.needs)
        for node in nodes
    )
    if reads_results:
        written_out = [node.name for node in nodes if node.setting("dependencies")]
        if written_out:
            raise CompileError(
                f"{where}: task `{written_out[0]}` has `dependencies`, another task needs `depends`, "
                "and Argo refuses both in one DAG",
                remedy=f"Write the needs of `{written_out[0]}` as `depends`.",
            )
    fields = {node.name: _fields(node, by_name, reads_results) for node in nodes}
    waited_for = {need for node in nodes for need in node.needs}
    leaves = [node for node in nodes if node.name not in waited_for]
    forgiven = [node.name for node in leaves if reads_results and node.setting("continueOn")]
    return Order(fields, _target(nodes, leaves), reads_results, forgiven)


def _fields(node: Node, by_name: Mapping[str, Node], reads_results: bool) -> dict[str, Json]:
    if node.setting("depends") or node.setting("dependencies"):
        return {}
    if not node.needs:
        return {}
    if not reads_results:
        return {"dependencies": list(node.needs)}
    return {"depends": " && ".join(_term(by_name[need], node) for need in node.needs)}


def _term(need: Node, node: Node) -> str:
    if node.tolerant:
        alone = " || ".join(f"{need.name}.{result}" for result in ENDED)
        return f"({alone})" if len(node.needs) > 1 else alone
    term = f"{need.name}.Succeeded" if need.skippable else need.name
    goes_on = need.setting("continueOn") or {}
    others = [result for field, result in (("failed", "Failed"), ("error", "Errored")) if goes_on.get(field)]
    if not others:
        return term
    return "(" + " || ".join([term, *(f"{need.name}.{result}" for result in others)]) + ")"


def _target(nodes: Sequence[Node], leaves: Sequence[Node]) -> str:
    """The tasks that decide: those that nobody waits for, and what only an exit task waits for."""
    last = [node.name for node in leaves]
    needed = {need for node in nodes if not node.is_exit for need in node.needs}.union(last)
    handled = [node.name for node in nodes if node.name not in needed and not node.setting("continueOn")]
    return " ".join([*handled, *last]) if handled else ""
