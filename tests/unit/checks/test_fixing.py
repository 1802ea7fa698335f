"""What is rewritten means the same, and nothing else of the file changes."""

from __future__ import annotations

import pytest

from tiphys.checks import check, fix
from tiphys.manifest.yaml import load_documents

LOCKED = "kind: Workflow\nspec:\n  synchronization:\n    "
FIXED = {
    "kind: CronWorkflow\nspec:\n  schedule: '* * * * *' # often\n": (
        "kind: CronWorkflow\nspec:\n  schedules: ['* * * * *'] # often\n"
    ),
    f"{LOCKED}mutex:  # lock\n      # its name\n      name: x\n    # end\n": (
        f"{LOCKED}mutexes:  # lock\n      # its name\n      - name: x\n    # end\n"
    ),
    f"{LOCKED}semaphore:\n      configMapKeyRef:\n        name: a\n        key: b": (
        f"{LOCKED}semaphores:\n      - configMapKeyRef:\n          name: a\n          key: b"
    ),
    f"{LOCKED}mutex:\n      name: |\n        a\n  priority: 1\n": (
        f"{LOCKED}mutexes:\n      - name: |\n          a\n  priority: 1\n"
    ),
    '{"kind": "Workflow", "spec": {"synchronization": {"mutex" : {"name": "x"}}}}': (
        '{"kind": "Workflow", "spec": {"synchronization": {"mutexes" : [{"name": "x"}]}}}'
    ),
}


@pytest.mark.parametrize("text", FIXED, ids=range(len(FIXED)))
def test_only_what_must_change_changes(text: str) -> None:
    assert fix(text).text == FIXED[text]
    assert fix(FIXED[text]).count == 0


def test_several_documents_and_templates_at_once() -> None:
    template = "  - name: a\n    synchronization:\n      mutex: {name: x}\n    container: {image: a}\n"
    text = f"kind: WorkflowTemplate\nmetadata: {{name: a}}\nspec:\n  templates:\n{template}"
    fixed = fix(f"{text}---\n\n---\n{text}")
    assert fixed.count == 2
    assert "removed-field" in {problem.rule for problem in check(load_documents(text))}
    assert check(load_documents(fixed.text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "kind: Workflow\nspec:\n  synchronization: {mutex: {name: a}, mutexes: [{name: b}]}\n",
        "kind: Workflow\nspec: {podPriority: 1}\n",
        "kind: Other\nspec: {synchronization: {mutex: {name: a}}}\n",
        "kind: Workflow\r\nspec: {synchronization: {mutex: {name: a}}}\r\n",
    ],
)
def test_what_has_no_one_right_form_is_left_alone(text: str) -> None:
    assert fix(text).text == text
