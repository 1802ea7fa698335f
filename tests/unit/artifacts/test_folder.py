"""The folder of local runs behaves as Argo's object store would, archive strategies included."""

import gzip
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from tiphys.artifacts.folder import Folder, NoSuchArtifact
from tiphys.artifacts.trees import digest, entries
from tiphys.errors import ArtifactError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "store")


def make_file(tmp_path: Path, content: bytes = b"content") -> Path:
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    return path


def make_folder(tmp_path: Path) -> Path:
    root = tmp_path / "made"
    (root / "sub" / "empty").mkdir(parents=True)
    (root / "file").write_text("x")
    (root / "sub" / "link").symlink_to("../file")
    return root


@pytest.mark.parametrize("archive", ["tar", "zip"])
def test_a_folder_comes_back_as_it_was(tmp_path: Path, folder: Folder, archive: str) -> None:
    before = digest(make_folder(tmp_path))
    saved = folder.save(tmp_path / "made", "wf/pod/o", archive, token="t")
    folder.load("wf/pod/o", tmp_path / "back", archive)
    assert digest(tmp_path / "back") == before
    assert saved.digest == before[0]
    assert not (tmp_path / "made").exists(), "what needs not stay is moved, not copied"


def test_an_unpacked_folder_loses_links_and_empty_folders(tmp_path: Path, folder: Folder) -> None:
    folder.save(make_folder(tmp_path), "wf/pod/o", "none", token="t")
    folder.load("wf/pod/o", tmp_path / "back")
    assert [relative for relative, _ in entries(tmp_path / "back")] == ["file"]


def test_a_consumer_cannot_change_what_was_saved(tmp_path: Path, folder: Folder) -> None:
    folder.save(make_file(tmp_path), "k", token="t")
    folder.load("k", tmp_path / "one")
    (tmp_path / "one").write_text("spoilt")
    folder.load("k", tmp_path / "two")
    assert (tmp_path / "two").read_bytes() == b"content"


def test_keeping_the_source_copies(tmp_path: Path, folder: Folder) -> None:
    source = make_file(tmp_path)
    folder.save(source, "k", token="t", keep=True)
    source.write_text("later")
    folder.load("k", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"content"


def test_who_wants_the_archive_itself_gets_it(tmp_path: Path, folder: Folder) -> None:
    folder.save(make_file(tmp_path), "t.tgz", "tar", token="t")
    folder.load("t.tgz", tmp_path / "packed", "none")
    with tarfile.open(tmp_path / "packed") as tar:
        assert tar.getnames() == ["t"]
    folder.save(make_file(tmp_path), "z.zip", "zip", token="t")
    folder.load("z.zip", tmp_path / "zipped")
    assert zipfile.is_zipfile(tmp_path / "zipped"), "Argo finds out tars by itself, not zips"


@pytest.mark.parametrize(
    ("saved", "wanted"), [("tar", "zip"), ("zip", "tar"), ("none", "tar"), ("none", "zip")]
)
def test_the_wrong_strategy_is_an_error(tmp_path: Path, folder: Folder, saved: str, wanted: str) -> None:
    folder.save(make_file(tmp_path), "k", saved, token="t")
    with pytest.raises((ArtifactError, OSError)):
        folder.load("k", tmp_path / "back", wanted)
    assert not (tmp_path / "back").exists()


def test_a_tarball_saved_as_it_is_is_unpacked_by_default_as_in_argo(tmp_path: Path, folder: Folder) -> None:
    with tarfile.open(tmp_path / "own.tgz", "w:gz") as tar:
        tar.add(make_file(tmp_path), "inner")
    folder.save(tmp_path / "own.tgz", "k", "none", token="t")
    folder.load("k", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"content"
    folder.load("k", tmp_path / "as it is", "none")
    assert gzip.decompress((tmp_path / "as it is").read_bytes())


def test_folders_under_one_key_join(tmp_path: Path, folder: Folder) -> None:
    for name in ("a", "b"):
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / name).write_text(name)
        folder.save(tmp_path / "made", "shared/prefix", "none", token="t")
    folder.load("shared/prefix", tmp_path / "back")
    assert sorted(each.name for each in (tmp_path / "back").iterdir()) == ["a", "b"]


def test_a_prefix_gathers_what_lies_below_it(tmp_path: Path, folder: Folder) -> None:
    folder.save(make_file(tmp_path, b"1"), "p/one/m", "none", token="t")
    folder.save(make_file(tmp_path, b"2"), "p/two/m", "none", token="t")
    folder.save(make_file(tmp_path, b"3"), "p/three/m.tgz", "tar", token="t")
    folder.load("p", tmp_path / "back")
    assert (tmp_path / "back" / "one" / "m").read_bytes() == b"1"
    assert (tmp_path / "back" / "two" / "m").read_bytes() == b"2"
    assert tarfile.is_tarfile(tmp_path / "back" / "three" / "m.tgz")


def test_a_later_save_takes_the_place(tmp_path: Path, folder: Folder) -> None:
    folder.save(make_folder(tmp_path), "k", "tar", token="t")
    folder.save(make_file(tmp_path, b"new"), "k", "none", token="t")
    folder.load("k", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"new"


def test_what_is_not_there_is_said(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(NoSuchArtifact):
        folder.load("nothing", tmp_path / "back")


@pytest.mark.parametrize("key", ["../x", "", "a/../../b", ".tiphys/descriptions/x"])
def test_no_key_leads_out(tmp_path: Path, folder: Folder, key: str) -> None:
    with pytest.raises(ArtifactError):
        folder.save(make_file(tmp_path), key, token="t")
    with pytest.raises(ArtifactError):
        folder.load(key, tmp_path / "back")
    with pytest.raises(ArtifactError):
        folder.delete(key)


def test_a_link_made_by_the_task_brings_nothing_in(tmp_path: Path, folder: Folder) -> None:
    (tmp_path / "out").symlink_to("/etc/passwd")
    with pytest.raises(ArtifactError):
        folder.save(tmp_path / "out", "k", token="t")
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "root").symlink_to("/")
    with pytest.raises(ArtifactError):
        folder.save(tmp_path / "dir", "k", token="t")
    assert not folder.exists("k")


def test_delete_leaves_the_neighbours(tmp_path: Path, folder: Folder) -> None:
    folder.save(make_file(tmp_path), "a/b", "tar", token="t")
    folder.save(make_file(tmp_path), "a/bc", "tar", token="t")
    folder.delete("a/b")
    folder.delete("a/b")
    assert not folder.exists("a/b")
    assert folder.description("a/b") == {}
    assert folder.description("a/bc")["archive"] == "tar"


def test_nobody_else_can_read_the_store(tmp_path: Path, folder: Folder) -> None:
    source = make_folder(tmp_path)
    (source / "file").chmod(0o777)
    folder.save(source, "a/b/c", token="t")
    for _, status in entries(tmp_path / "store"):
        assert stat.S_ISLNK(status.st_mode) or not status.st_mode & 0o077
    folder.load("a/b/c", tmp_path / "back")
    assert (tmp_path / "back" / "file").stat().st_mode & 0o777 == 0o755
