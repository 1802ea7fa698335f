"""Scenario files: what they may say, and how they tell what came otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiphys.errors import BadInput
from tiphys.testing import load_scenarios

WORKFLOW = """
workflow:
  kind: Workflow
  metadata: {name: wf}
  spec:
    entrypoint: main
    templates:
    - name: main
      dag: {tasks: [{name: A, template: pod}, {name: B, template: pod, depends: A}]}
    - {name: pod, container: {image: busybox, command: [work]}}
"""


def scenarios(tmp_path: Path, cases: str) -> list[str]:
    path = tmp_path / "x.scenario.yaml"
    path.write_text(WORKFLOW + "cases:\n" + cases)
    [scenario] = load_scenarios(path)
    return scenario.problems(scenario.run())


def test_a_case_that_holds(tmp_path: Path) -> None:
    case = "- {outcomes: {A: Failed}, phase: Failed, states: {A: Failed, B: Omitted}, seconds: 1}"
    assert scenarios(tmp_path, case) == []


def test_everything_that_came_otherwise_is_told(tmp_path: Path) -> None:
    case = "- {phase: Failed, states: {A: Succeeded, C: Failed}, messages: {A: boom}, seconds: 9}"
    assert scenarios(tmp_path, case) == [
        "phase: expected 'Failed', got 'Succeeded'",
        "states: C: expected 'Failed', got None",
        "states: B: expected None, got 'Succeeded'",
        "messages: A: expected 'boom', got ''",
        "seconds: expected 9, got 2",
    ]


def test_some_states_need_not_be_all(tmp_path: Path) -> None:
    assert scenarios(tmp_path, "- {some_states: {B: Succeeded}}") == []


@pytest.mark.parametrize("text", ["cases: [{phases: Failed}]\nworkflow: {}", "case: []"])
def test_unknown_words_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match="a scenario has no"):
        load_scenarios(path)


def test_a_failing_case_raises_with_the_table(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(WORKFLOW + "cases: [{phase: Failed}]")
    with pytest.raises(AssertionError, match="expected 'Failed', got 'Succeeded'"):
        load_scenarios(path)[0].check()


def test_a_workflow_may_lie_beside(tmp_path: Path) -> None:
    (tmp_path / "wf.yaml").write_text(
        "kind: Workflow\nmetadata: {name: wf}\nspec:\n  entrypoint: main\n"
        "  templates: [{name: main, container: {image: busybox, command: [work]}}]\n"
    )
    path = tmp_path / "x.yaml"
    path.write_text("workflow: wf.yaml\ncases: [{phase: Succeeded}]")
    load_scenarios(path)[0].check()
