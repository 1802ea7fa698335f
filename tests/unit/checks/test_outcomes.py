"""How the tasks that a task waits for may have ended."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tiphys.checks.check import manifests_of
from tiphys.checks.outcomes import Dag
from tiphys.checks.subject import Known
from tiphys.manifest.yaml import dump, load_documents


def _dag(*tasks: dict[str, Any], **templates: Any) -> Dag:
    defaults = {"pod": {"container": {"image": "a"}}, **templates}
    spec = {
        "templates": [
            {"name": "main", "dag": {"tasks": [{"template": "pod", **task} for task in tasks]}},
            *({"name": name, **template} for name, template in defaults.items()),
        ]
    }
    manifests = manifests_of(load_documents(dump({"kind": "Workflow", "spec": spec})))
    return Dag(next(manifests[0].templates()), Known(manifests))


A = {"name": "a"}
W = {"name": "w", "when": "{{workflow.name}} == x"}


@pytest.mark.parametrize(
    ("depends", "expected"),
    [
        ("a", {"Succeeded"}),
        ("a || a.Failed", {"Succeeded", "Failed"}),
        ("a.Failed && a.Succeeded", set()),
        ("!a.Succeeded", {"Failed", "Errored"}),
        ("a.Skipped", set()),
        ("!(a.Failed || a.Errored)", {"Succeeded"}),
    ],
)
def test_a_condition_says_how_its_task_may_have_ended(depends: str, expected: set[str]) -> None:
    dag = _dag(A, {"name": "x", "depends": depends})
    assert dag.possible("a", when_runs="x") == expected


def test_dependencies_and_continue_on_are_expanded_as_argo_does() -> None:
    dag = _dag({**A, "continueOn": {"failed": True}}, W, {"name": "x", "dependencies": ["a", "w"]})
    assert dag.possible("a", when_runs="x") == {"Succeeded", "Failed"}
    assert dag.possible("w", when_runs="x") == {"Succeeded", "Skipped"}


def test_what_ran_says_something_about_what_it_waited_for() -> None:
    chain = ({"name": "b", "depends": "a"}, {"name": "c", "depends": "b || b.Failed"})
    assert _dag(A, *chain).possible("a", when_runs="c") == {"Succeeded"}
    loose = ({"name": "b", "depends": "a"}, {"name": "c", "depends": "b || b.Omitted"})
    assert _dag(A, *loose).possible("a", when_runs="c") == {"Succeeded", "Failed", "Errored"}


def test_a_loop_is_skipped_only_when_it_is_empty() -> None:
    static = {"name": "l", "withItems": [1], "when": "{{item}} == 2"}
    dynamic = {"name": "l", "withParam": "{{workflow.parameters.x}}"}
    ask = {"name": "x", "depends": "l.Skipped"}
    assert _dag(static, ask).possible("l", when_runs="x") == set()
    assert _dag(dynamic, ask).possible("l", when_runs="x") == {"Skipped"}
    every = {"name": "x", "depends": "l.AnySucceeded && l.Failed"}
    assert _dag(static, every).possible("l", when_runs="x") == {"Failed"}


def test_daemons_are_daemoned() -> None:
    dag = _dag(
        {"name": "d", "template": "d"},
        {"name": "x", "depends": "d.Daemoned"},
        d={"daemon": True, "script": {}},
    )
    assert dag.possible("d", when_runs="x") == {"Daemoned"}


def test_many_independent_needs_are_no_trouble() -> None:
    tasks = [{"name": f"t{number}"} for number in range(200)]
    dag = _dag(*tasks, {"name": "x", "dependencies": [task["name"] for task in tasks]})
    assert dag.possible("t7", when_runs="x") == {"Succeeded"}


def test_what_cannot_be_tried_or_read_says_nothing() -> None:
    tasks = [{"name": f"t{number}"} for number in range(12)]
    entangled = " || ".join(
        f"({a['name']}.Failed && {b['name']}.Failed)" for a, b in itertools.pairwise(tasks)
    )
    assert _dag(*tasks, {"name": "x", "depends": entangled}).possible("t0", when_runs="x") is None
    assert _dag(A, {"name": "x", "depends": "(a"}).possible("a", when_runs="x") is None
    assert _dag(A, {"name": "x", "depends": "a && nope"}).possible("a", when_runs="x") is None
