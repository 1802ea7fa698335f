"""Files and folders are read together; what cannot be read is a problem, what is not there an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiphys.checks import check, documents_of, read_files
from tiphys.errors import BadInput

SPEC = "{entrypoint: a, templates: [{name: a, container: {image: a}}]}"
WORKFLOW = f"kind: Workflow\nmetadata: {{name: w}}\nspec: {SPEC}\n"


def test_folders_are_walked_and_no_file_is_read_twice(tmp_path: Path) -> None:
    (tmp_path / "sub" / ".hidden").mkdir(parents=True)
    (tmp_path / "a.yaml").write_text(WORKFLOW)
    (tmp_path / "sub" / "b.yml").write_text(WORKFLOW)
    (tmp_path / "sub" / "c.json").write_text('{"kind": "Workflow"}')
    (tmp_path / "sub" / "note.txt").write_text("not: [a manifest")
    (tmp_path / "sub" / ".hidden" / "d.yaml").write_text("a: [1")
    read = read_files([tmp_path / "a.yaml", tmp_path])
    assert [Path(document.file).name for document in read.documents] == ["a.yaml", "b.yml", "c.json"]
    assert read.problems == []


def test_broken_files_are_problems_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WORKFLOW)
    (tmp_path / "b.yaml").write_text("a: 1\nb: 2\na: 3\n")
    read = read_files([tmp_path])
    [problem] = read.problems
    assert (problem.rule, problem.place.line) == ("not-yaml", 3)
    assert check(read.documents) == []


def test_what_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        read_files([tmp_path / "nope.yaml"])


def test_manifests_that_we_made_have_no_lines() -> None:
    [problem] = check(documents_of([{"kind": "Workflow", "spec": {"entrypoint": "a"}}], "pipeline.py"))
    assert str(problem.place) == "pipeline.py: spec.entrypoint"
