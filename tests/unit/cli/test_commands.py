"""The command line from outside: exit status, messages, files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiphys.cli.main import COMMANDS, main
from tiphys.cli.terminal import harmless

WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: two-}
spec:
  entrypoint: main
  arguments: {parameters: [{name: who, value: you}]}
  templates:
  - name: main
    dag:
      tasks:
      - {name: a, template: say}
      - {name: b, template: say, depends: a.Failed}
      - {name: c, template: say, depends: a.Succeeded || b.Succeeded}
  - name: say
    container: {image: busybox, command: [echo, "{{workflow.parameters.who}}"]}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIPHYS_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "two.yaml").write_text(WORKFLOW)
    return tmp_path


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(words)
    told = capsys.readouterr()
    return int(end.value.code or 0), told.out, told.err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    status, out, _ = call(capsys, name, "--help")
    assert status == 0
    assert out.startswith(f"Usage: tiphys {name}")


def test_a_misspelt_command_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = call(capsys, "simulat")
    assert status == 2
    assert "Did you mean `simulate`?" in err


def test_simulate_tells_what_becomes_of_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "simulate", "two.yaml", "--fail", "a", "--output", "json")
    document: dict[str, Any] = json.loads(out)
    assert {path: task["state"] for path, task in document["tasks"].items() if path != "two"} == {
        "a": "Failed",
        "b": "Succeeded",
        "c": "Succeeded",
    }
    assert (status, document["run"]["phase"], document["failures"]) == (0, "Succeeded", ["1 of 3 say failed, handled"])


def test_the_matrix_has_a_row_for_each_task(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = call(capsys, "simulate", "two.yaml", "--matrix", "--output", "json")
    assert status == 0
    assert {row["task"] for row in json.loads(out)} >= {"a", "c"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "nowhere.yaml"], "there is no file nowhere.yaml"),
        (["run", "two.yaml", "-p", "wo=me"], "Did you mean `who`"),
        (["run", "two.yaml", "-p", "who"], "not of the form `name=value`"),
        (["run"], "give SOURCE"),
        (["run", "bad.yaml"], "bad.yaml"),
        (["run", "twice.yaml"], "twice.yaml:3"),
        (["run", "bombs.yaml"], "bombs.yaml"),
        (["get", "nothing"], "nothing"),
        (["simulate", "two.yaml", "--fail", "nosuch"], "nosuch"),
    ],
)
def test_bad_input_is_one_message_and_exit_2(
    capsys: pytest.CaptureFixture[str], project: Path, words: list[str], message: str
) -> None:
    (project / "bad.yaml").write_text("kind: [")
    (project / "twice.yaml").write_text("kind: Workflow\nspec: {}\nkind: Workflow\n")
    (project / "bombs.yaml").write_text("[" * 100_000)
    status, out, err = call(capsys, *words)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_compile_leaves_what_was_there_when_it_fails(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "out.yaml").write_text("precious")
    (project / "bad.yaml").write_text("kind: [")
    status, _, _ = call(capsys, "compile", "bad.yaml", "-o", "out.yaml")
    assert status == 2
    assert (project / "out.yaml").read_text() == "precious"


def test_lint_names_place_rule_and_remedy(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "wrong.yaml").write_text(WORKFLOW.replace("template: say, depends: a.Failed", "template: sya"))
    status, out, _ = call(capsys, "lint", "wrong.yaml")
    assert status == 2
    assert "wrong.yaml:1" in out
    assert "sya" in out
    status, out, _ = call(capsys, "lint", "two.yaml")
    assert (status, out) == (0, "no problems\n")


def test_completion_knows_the_shells(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "completion", "bash")[0] == 0


def test_terminals_are_not_steered_by_logs() -> None:
    assert harmless("\x1b]52;c;aGk=\x07a\x1b[2Jb\x1b[31mc\x1b[0m\td\n") == "ab\x1b[31mc\x1b[0m\td\n"
