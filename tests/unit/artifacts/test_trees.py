"""Files and folders as values."""

import os
import stat
from pathlib import Path

import pytest

from tiphys.artifacts import trees
from tiphys.errors import ArtifactError


def make_tree(root: Path) -> Path:
    (root / "sub" / "empty").mkdir(parents=True)
    (root / "a.txt").write_text("alpha")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    (root / "sub" / "link").symlink_to("../a.txt")
    return root


def test_a_copy_has_the_same_digest(tmp_path: Path) -> None:
    source = make_tree(tmp_path / "source")
    trees.copy_tree(source, tmp_path / "copy")
    assert trees.digest(source) == trees.digest(tmp_path / "copy")
    assert (tmp_path / "copy" / "sub" / "link").readlink() == Path("../a.txt")
    assert (tmp_path / "copy" / "run.sh").stat().st_mode & 0o111


def test_a_copy_is_independent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("first")
    trees.copy_tree(tmp_path / "file", tmp_path / "copy")
    (tmp_path / "copy").write_text("changed")
    assert (tmp_path / "file").read_text() == "first"


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "a.txt").write_text("beta"),
        lambda root: (root / "a.txt").rename(root / "b.txt"),
        lambda root: (root / "run.sh").chmod(0o644),
        lambda root: (root / "sub" / "empty").rmdir(),
        lambda root: (root / "sub" / "more").mkdir(),
    ],
)
def test_the_digest_sees_every_change(tmp_path: Path, change: object) -> None:
    source = make_tree(tmp_path / "source")
    before, _ = trees.digest(source)
    change(source)  # type: ignore[operator]
    assert trees.digest(source)[0] != before


@pytest.mark.parametrize("text", ["/etc/passwd", "../../x", "a/../../x", "sub/../..", "a/../b"])
def test_links_that_may_lead_out_are_refused(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(text)
    with pytest.raises(ArtifactError, match="leads outside"):
        trees.check_tree(folder)


def test_pipes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "pipe")
    with pytest.raises(ArtifactError, match="neither"):
        trees.check_tree(tmp_path / "folder")


def test_closing_up_leaves_nothing_to_others(tmp_path: Path) -> None:
    source = make_tree(tmp_path / "source")
    trees.close_up(source)
    for _, status in trees.entries(source):
        assert stat.S_ISLNK(status.st_mode) or not status.st_mode & 0o077


def test_removing_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "precious")
    (tmp_path / "folder").chmod(0o500)
    trees.remove(tmp_path / "folder")
    trees.remove(tmp_path / "not there")
    assert (tmp_path / "precious" / "file").exists()
