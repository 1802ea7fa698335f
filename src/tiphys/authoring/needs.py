"""From what the author said about when a task runs to the text of Argo's `depends`.

Two ways of saying it meet here: `argo.depends` (a text or a Condition) and the trigger rules of
`argo.run_when`. Both become one text under the names that the IR has; needs of the task that the
expression does not speak of (`.after`, data) stay in force and are added.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from tiphys.authoring import conditions
from tiphys.authoring.caller import refuse
from tiphys.authoring.conditions import Bare, Condition, Result, every, some
from tiphys.authoring.settings import Need, has_settings, settings_of
from tiphys.authoring.topology import Topology
from tiphys.errors import AuthoringError


def depends_text(target: Any, need: Need, topology: Topology) -> tuple[str, list[str]]:
    """Argo's `depends` of `target`, and the names of the tasks that it speaks of."""
    names = _Names(target, need, topology)
    if need.rule != "depends":
        condition = _rule(target, need, names)
        text = conditions.render(condition, names)
    elif isinstance(need.condition, Condition):
        for operand, result in conditions.results(need.condition):
            names.check(operand, result)
        text = conditions.render(need.condition, names)
    else:
        text = _renamed(str(need.condition), names)
    silent = [name for name in names.needed() if name not in names.used]
    if silent:
        grouped = f"({text})" if "||" in text else text
        text = " && ".join([grouped, *silent])
    return text, [*names.used, *silent]


class _Names:
    """Finds the name under which a task, group or text is known in the DAG of `target`."""

    def __init__(self, target: Any, need: Need, topology: Topology) -> None:
        self.target = target
        self.need = need
        self.topology = topology
        self.group = topology.parent(target)
        self.used: list[str] = []

    def __call__(self, operand: Any) -> str:
        found = self.topology.named(operand) if isinstance(operand, str) else operand
        if found is None or not self.topology.knows(found):
            raise self._unknown(operand)
        standing = self.topology.within(found, self.group)
        if standing is None:
            raise self._outside(found)
        if standing is self.target:
            raise refuse(f"`{self.target.name}` cannot depend on itself", place=self.need.place)
        name = str(standing.name)
        if self._is_importer(name):
            raise refuse(
                f"`{self.target.name}` depends on importer `{name}`, which runs no pod and never ends",
                remedy="Name the tasks that the importer comes after.",
                place=self.need.place,
            )
        if name not in self.used:
            self.used.append(name)
        return name

    def needed(self) -> list[str]:
        """The needs that kfp found for the target, from `.after` and from data.

        Importers run nothing that could end: what they need counts instead.
        """
        found: dict[str, None] = {}
        waiting = sorted(self.topology.task_spec(self.target).dependent_tasks, reverse=True)
        dag = self.topology.dag(self.topology.groups[id(self.group)])
        while waiting:
            name = waiting.pop()
            if self._is_importer(name):
                waiting += sorted(dag.tasks[name].dependent_tasks, reverse=True)
            else:
                found[name] = None
        return list(found)

    def check(self, operand: Any, result: str) -> None:
        """Refuse what Argo cannot ask: items of a loop that another DAG stands around to limit it."""
        found = self.topology.named(operand) if isinstance(operand, str) else operand
        if found is None or result not in ("AnySucceeded", "AllFailed"):
            return
        if getattr(found, "parallelism_limit", 0):
            raise refuse(
                f"`{result}` of `{found.name}`, a loop with `parallelism`: Argo limits it by a DAG around "
                "it, and cannot ask for its items",
                remedy="Ask for `Succeeded` and `Failed` of the loop, or limit the run: "
                "`argo.workflow(parallelism=...)`.",
                place=self.need.place,
            )

    def _is_importer(self, name: str) -> bool:
        task = self.topology.pipeline.tasks.get(name)
        return task is not None and task.importer_spec is not None

    def _unknown(self, operand: Any) -> AuthoringError:
        name = operand if isinstance(operand, str) else getattr(operand, "name", repr(operand))
        near = difflib.get_close_matches(str(name), self.topology.names(), n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        return refuse(
            f"`{self.target.name}` depends on `{name}`, which is not in this pipeline.{hint}",
            remedy="The tasks are: " + ", ".join(f"`{known}`" for known in self.topology.names()) + ".",
            place=self.need.place,
        )

    def _outside(self, found: Any) -> AuthoringError:
        if self.topology.within(self.target, found) is not None:
            return refuse(
                f"`{self.target.name}` stands inside `{found.name}` and cannot wait for it",
                place=self.need.place,
            )
        ours = self.group
        while self.topology.within(found, self.topology.parent(ours)) is None:
            ours = self.topology.parent(ours)
        return refuse(
            f"`{found.name}` is outside of `{self.group.name}`, in which `{self.target.name}` stands; "
            "in Argo a task depends on tasks of its own DAG",
            remedy=f"Say it of the group: `argo.depends(<{ours.name}>, ...)`.",
            place=self.need.place,
        )


def _renamed(text: str, names: _Names) -> str:
    """The author's text with each name replaced by the one that the DAG has; all else stays as it is."""
    out, end = [], 0
    for mention in conditions.mentions(text):
        if mention.result and mention.result not in conditions.RESULTS:
            near = difflib.get_close_matches(mention.result, conditions.RESULTS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise refuse(
                f"`{mention.result}` is not a result of a task.{hint}",
                remedy="Results are: " + ", ".join(conditions.RESULTS) + ".",
                place=names.need.place,
            )
        names.check(mention.name, mention.result)
        out += [text[end : mention.start], names(mention.name)]
        end = mention.end
    return "".join([*out, text[end:]])


def _rule(target: Any, need: Need, names: _Names) -> Condition:
    """A trigger rule over the upstreams it speaks of: those given, else all that the task has."""
    upstreams = list(dict.fromkeys(names(operand) for operand in need.operands)) or names.needed()
    if not upstreams:
        raise refuse(
            f"`{target.name}` has no upstream in `{names.group.display_name or names.group.name}`, "
            f"so `{need.rule}` says nothing",
            remedy="Name the tasks: `argo.run_when(task, rule, upstream, ...)`, or say it of the group.",
            place=need.place,
        )
    inside = {member.name: member for member in names.topology.members(names.group)}
    rule = RULES[need.rule]
    condition = rule([_Upstream(inside[name]) for name in upstreams])
    for name, result in conditions.results(condition):
        names.check(inside[name], result)
    return condition


class _Upstream:
    """What can be said of one upstream; loops and daemons have words of their own."""

    def __init__(self, target: Any) -> None:
        self.name: str = target.name
        self.is_loop = hasattr(target, "loop_argument")
        template = settings_of(target).fields.get("template", {}) if has_settings(target) else {}
        self.is_daemon = bool(template.get("daemon"))

    def is_in(self, *results: str) -> Condition:
        """The upstream ended with one of `results`; a daemon that is ready has ended, too."""
        ready = ("Daemoned",) if self.is_daemon and "Succeeded" in results else ()
        return some([Result(self.name, result) for result in (*results, *ready)])

    def done(self) -> Condition:
        return self.is_in(*conditions.ENDED)

    def succeeded(self) -> Condition:
        return self.is_in("Succeeded")

    def any_succeeded(self) -> Condition:
        return Result(self.name, "AnySucceeded") if self.is_loop else self.succeeded()

    def failed(self) -> Condition:
        return self.is_in("Failed", "Errored", "Omitted")

    def all_failed(self) -> Condition:
        return self.is_in("AllFailed", "Errored", "Omitted") if self.is_loop else self.failed()

    def not_failed(self) -> Condition:
        return Bare(self.name)

    def not_skipped(self) -> Condition:
        return self.is_in("Succeeded", "Failed", "Errored", "Omitted")

    def skipped(self) -> Condition:
        return self.is_in("Skipped")


Rule = Callable[[list[_Upstream]], Condition]


def _all(say: Callable[[_Upstream], Condition]) -> Rule:
    return lambda upstreams: every([say(upstream) for upstream in upstreams])


def _any(say: Callable[[_Upstream], Condition]) -> Rule:
    return lambda upstreams: some([say(upstream) for upstream in upstreams])


def _both(first: Rule, second: Rule) -> Rule:
    return lambda upstreams: first(upstreams) & second(upstreams)


RULES: dict[str, Rule] = {
    "all_success": _all(_Upstream.succeeded),
    "all_failed": _all(_Upstream.all_failed),
    "all_done": _all(_Upstream.done),
    "all_skipped": _all(_Upstream.skipped),
    "one_success": _both(_all(_Upstream.done), _any(_Upstream.any_succeeded)),
    "one_failed": _any(_Upstream.failed),
    "none_failed": _all(_Upstream.not_failed),
    "none_failed_min_one_success": _both(_all(_Upstream.not_failed), _any(_Upstream.any_succeeded)),
    "none_skipped": _all(_Upstream.not_skipped),
}
"""Airflow's trigger rules in Argo's words; Argo waits for every task that an expression names.

`one_success` says that all are done as well: a failure that it names is one that it handles.
"""
