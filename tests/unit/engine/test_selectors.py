"""Selectors: parsing, which tasks a suffix means, which nodes are found."""

from __future__ import annotations

import pytest

from tiphys.engine.run import Node, Run
from tiphys.engine.selectors import Part, find, parse, resolve
from tiphys.errors import BadInput
from tiphys.messages.phases import NodePhase, NodeType


def node(
    name: str, display: str, boundary: str = "wf", kind: NodeType = NodeType.POD, *, retried: bool = False
) -> Node:
    flag = {"retried": True} if retried else None
    return Node(name, name, display, kind, NodePhase.SUCCEEDED, boundary_id=boundary, node_flag=flag)


@pytest.fixture
def run() -> Run:
    nodes = [
        Node("wf", "wf", "wf", NodeType.DAG, NodePhase.SUCCEEDED),
        node("wf.prepare", "prepare"),
        node("wf.loop", "loop", kind=NodeType.TASK_GROUP),
        node("wf.loop(0:a)", "loop(0:a)", kind=NodeType.DAG),
        node("wf.loop(0:a).train", "train", "wf.loop(0:a)", NodeType.RETRY),
        node("wf.loop(0:a).train(0)", "train(0)", "wf.loop(0:a)", retried=True),
        node("wf.loop(0:a).train(1)", "train(1)", "wf.loop(0:a)", retried=True),
        node("wf.loop(1:b)", "loop(1:b)", kind=NodeType.DAG),
        node("wf.loop(1:b).train", "train", "wf.loop(1:b)"),
        node("wf.other", "other", kind=NodeType.DAG),
        node("wf.other.report", "report", "wf.other"),
        node("wf.report", "report"),
        node("wf.last", "last", kind=NodeType.DAG),
        node("wf.last.check", "check", "wf.last"),
        node("wf.other.check", "check", "wf.other"),
    ]
    return Run("wf", "default", "u", 0.0, {}, nodes={each.id: each for each in nodes})


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("prepare", ["wf.prepare"]),
        ("loop", ["wf.loop"]),
        ("loop[1]", ["wf.loop(1:b)"]),
        ("train", ["wf.loop(0:a).train", "wf.loop(1:b).train"]),
        ("loop[0]/train", ["wf.loop(0:a).train"]),
        ("loop[0]/train#1", ["wf.loop(0:a).train(1)"]),
        ("train#0", ["wf.loop(0:a).train(0)"]),
        ("report", ["wf.report"]),
        ("other/report", ["wf.other.report"]),
        ("wf.other.report", ["wf.other.report"]),
    ],
)
def test_a_selector_finds_its_nodes(run: Run, selector: str, names: list[str]) -> None:
    assert find(run, selector) == names


def test_a_suffix_that_means_two_tasks_is_refused(run: Run) -> None:
    with pytest.raises(BadInput, match=r"`last/check` or `other/check`"):
        find(run, "check")


def test_a_name_nobody_has_is_answered_with_the_nearest(run: Run) -> None:
    with pytest.raises(BadInput, match="no task 'prepar'") as caught:
        find(run, "prepar")
    assert "`prepare`" in caught.value.remedy


def test_a_template_is_found_where_no_task_has_that_name(run: Run) -> None:
    run.nodes["wf.report"].template_name = "write"
    assert find(run, "write") == ["wf.report"]


@pytest.mark.parametrize("text", ["", "a//b", "a[x]", "a#", "a[1]#2#3", "[1]"])
def test_what_is_no_selector_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is not a selector"):
        parse(text)


def test_indices_are_parsed() -> None:
    assert parse("a/b[12]#3").parts == (Part("a"), Part("b", 12, 3))


def test_a_whole_path_wins_over_suffixes() -> None:
    assert resolve(parse("a"), ["a", "b/a", "c/a"]) == "a"
    assert resolve(parse("b/a"), ["a", "b/a", "c/a"]) == "b/a"
    assert resolve(parse("z"), ["a"]) is None
