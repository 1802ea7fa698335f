"""Outcomes in users' words: what they mean and which tasks they are for."""

from __future__ import annotations

import pytest

from tiphys.engine.run import Node, Run
from tiphys.errors import BadInput
from tiphys.messages.events import NodeSet, RunResumed, RunStopped
from tiphys.messages.phases import NodePhase, NodeType
from tiphys.simulate.outcomes import Outcome, Subject
from tiphys.simulate.scripted import outcome_of, spoken_script

TASKS = {
    "prepare": "gen",
    "loop": "body",
    "loop/train": "train-model",
    "loop/check": "check",
    "check": "check",
}


def pod(name: str, display: str, boundary: str = "wf", template: str = "pod") -> Subject:
    nodes = [
        Node("wf", "wf", "wf", NodeType.DAG, NodePhase.RUNNING),
        Node("wf.loop(0:a)", "wf.loop(0:a)", "loop(0:a)", NodeType.DAG, NodePhase.RUNNING, boundary_id="wf"),
        Node("wf.loop(1:b)", "wf.loop(1:b)", "loop(1:b)", NodeType.DAG, NodePhase.RUNNING, boundary_id="wf"),
    ]
    node = Node(name, name, display, NodeType.POD, NodePhase.PENDING, boundary_id=boundary)
    owner = Run("wf", "default", "u", 0.0, {}, nodes={each.id: each for each in (*nodes, node)})
    return Subject(node, owner, template)


def phase(outcomes: dict[str, object], subject: Subject) -> str | None:
    outcome = spoken_script(outcomes, TASKS).outcome(subject)  # type: ignore[arg-type]
    return outcome.phase if outcome else None


def test_a_word_is_a_phase() -> None:
    assert outcome_of("Failed") == Outcome("Failed")


def test_an_exit_code_is_a_failure() -> None:
    assert outcome_of({"exit_code": 3}) == Outcome("Failed", exit_code=3)


def test_outputs_are_values() -> None:
    spoken = outcome_of({"outputs": {"a": "x", "b": [1, {"k": None}], "c": None}, "result": 7})
    assert spoken.parameters == {"a": "x", "b": [1, {"k": None}], "c": None}
    assert spoken.result == "7"


def test_unknown_words_are_refused() -> None:
    with pytest.raises(BadInput, match="an outcome has no 'exitCode'"):
        outcome_of({"exitCode": 1})


def test_an_index_left_out_stands_for_every_item() -> None:
    outcomes = {"loop/train": "Failed"}
    assert phase(outcomes, pod("wf.loop(0:a).train", "train", "wf.loop(0:a)")) == "Failed"
    assert phase(outcomes, pod("wf.loop(1:b).train", "train", "wf.loop(1:b)")) == "Failed"
    assert phase(outcomes, pod("wf.prepare", "prepare")) is None


def test_the_most_precise_selector_wins() -> None:
    outcomes = {"train": "Failed", "loop[1]/train": "Succeeded"}
    assert phase(outcomes, pod("wf.loop(0:a).train", "train", "wf.loop(0:a)")) == "Failed"
    assert phase(outcomes, pod("wf.loop(1:b).train", "train", "wf.loop(1:b)")) == "Succeeded"


def test_a_whole_path_is_never_ambiguous() -> None:
    assert phase({"check": "Failed"}, pod("wf.check", "check")) == "Failed"
    assert phase({"check": "Failed"}, pod("wf.loop(0:a).check", "check", "wf.loop(0:a)")) is None


def test_a_template_stands_for_all_its_tasks() -> None:
    subject = pod("wf.prepare", "prepare", template="gen")
    assert phase({"gen": "Error"}, subject) == "Error"
    assert phase({"train-model": "Error"}, subject) is None


def test_what_is_no_task_is_refused() -> None:
    with pytest.raises(BadInput, match="no task 'trian'") as caught:
        spoken_script({"trian": "Failed"}, TASKS)
    assert "train" in caught.value.remedy


def test_suspended_nodes_are_answered_once() -> None:
    waiting = Node("wf.ok", "wf.ok", "ok", NodeType.SUSPEND, NodePhase.RUNNING, boundary_id="wf")
    root = Node("wf", "wf", "wf", NodeType.DAG, NodePhase.RUNNING)
    run = Run("wf", "default", "u", 0.0, {}, nodes={"wf": root, "wf.ok": waiting})
    script = spoken_script({"ok": {"outputs": {"answer": "yes"}}}, {"ok": "approve"})
    assert script.answers(run) == [NodeSet("id=wf.ok", {"answer": "yes"}), RunResumed("id=wf.ok")]
    assert script.answers(run) == []
    refused = spoken_script({"ok": {"phase": "Failed", "message": "no"}}, {"ok": "approve"})
    assert refused.answers(run) == [RunStopped("id=wf.ok", "no")]
