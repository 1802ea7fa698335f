"""Archives that nobody vouches for: nothing is ever written outside, nothing grows without bound."""

import gzip
import io
import subprocess
import tarfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tiphys.artifacts import archives
from tiphys.artifacts.archives import Limits
from tiphys.artifacts.trees import digest, entries
from tiphys.errors import ArtifactError

Member = tuple[str, bytes, str, bytes]  # name, type, link target, content


def tar_of(path: Path, members: Iterable[Member]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, target, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def file(name: str, content: bytes = b"evil") -> Member:
    return name, tarfile.REGTYPE, "", content


def link(name: str, target: str) -> Member:
    return name, tarfile.SYMTYPE, target, b""


HOSTILE: dict[str, list[Member]] = {
    "parent": [file("../evil")],
    "deep-parent": [file("a/b/../../../evil")],
    "dot-dot": [file("..")],
    "long": [file("d/" * 3000 + "x")],
    "link-absolute": [link("l", "/etc")],
    "link-parent": [link("l", "../x")],
    "link-hidden-parent": [link("a/l", "b/../../../x")],
    "through-link": [link("d", "."), file("d/x")],
    "through-link-to-folder": [("sub", tarfile.DIRTYPE, "", b""), link("d", "sub"), file("d/x")],
    "link-at-shallow-real-place": [
        ("d/e", tarfile.DIRTYPE, "", b""),
        link("d/e/a", "../.."),
        link("d/e/a/l", "../../.."),
    ],
    "hard-link-outside": [("h", tarfile.LNKTYPE, "/etc/passwd", b"")],
    "hard-link-parent": [("h", tarfile.LNKTYPE, "../../etc/passwd", b"")],
    "hard-link-to-link": [file("t"), link("s", "t"), ("h", tarfile.LNKTYPE, "s", b"")],
    "device": [("null", tarfile.CHRTYPE, "", b"")],
    "block": [("sda", tarfile.BLKTYPE, "", b"")],
    "pipe": [("pipe", tarfile.FIFOTYPE, "", b"")],
    "file-over-folder": [("d", tarfile.DIRTYPE, "", b""), file("d")],
    "folder-over-file": [file("d"), file("d/x")],
    "nothing": [file(".")],
}
"""The shape of CVE-2025-4517 (a link whose real place is shallower than its name) is among them."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tars_write_nothing_outside(tmp_path: Path, name: str) -> None:
    packed = tar_of(tmp_path / "hostile.tgz", HOSTILE[name])
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(ArtifactError):
        archives.unpack_tar(packed, inside / "target")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["hostile.tgz", "inside"]
    assert list(inside.iterdir()) == []


def test_a_link_that_is_overwritten_is_not_followed(tmp_path: Path) -> None:
    packed = tar_of(tmp_path / "a.tgz", [file("t", b"old"), link("l", "t"), file("l", b"new"), file("x")])
    archives.unpack_tar(packed, tmp_path / "target")
    assert (tmp_path / "target" / "t").read_bytes() == b"old"
    assert (tmp_path / "target" / "l").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "..", "d/" * 3000 + "x"])
def test_hostile_zips_write_nothing_outside(tmp_path: Path, name: str) -> None:
    packed = tmp_path / "hostile.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "evil")
    (tmp_path / "inside").mkdir()
    with pytest.raises(ArtifactError):
        archives.unpack_zip(packed, tmp_path / "inside" / "target")
    assert list((tmp_path / "inside").iterdir()) == []


def test_absolute_names_lose_their_slash_as_in_argo(tmp_path: Path) -> None:
    archives.unpack_tar(tar_of(tmp_path / "a.tgz", [file("/a"), file("/b")]), tmp_path / "target")
    assert sorted(each.name for each in (tmp_path / "target").iterdir()) == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b"no archive", gzip.compress(b"no tar" * 200)])
def test_what_is_no_archive_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    assert not archives.is_tarball(tmp_path / "x")
    with pytest.raises(ArtifactError):
        archives.unpack_zip(tmp_path / "x", tmp_path / "target")
    if content:
        with pytest.raises((ArtifactError, OSError)):
            archives.unpack_tar(tmp_path / "x", tmp_path / "target")


def test_a_bomb_is_stopped(tmp_path: Path) -> None:
    packed = tar_of(tmp_path / "bomb.tgz", [file("zeros", bytes(8 << 20)), file("x")])
    limits = Limits(ratio=100, free_bytes=1 << 20)
    with pytest.raises(ArtifactError, match="100 to 1"):
        archives.unpack_tar(packed, tmp_path / "target", limits)
    with pytest.raises(ArtifactError, match="more than 1048576 bytes"):
        archives.unpack_tar(packed, tmp_path / "target", Limits(total_bytes=1 << 20))
    with pytest.raises(ArtifactError, match="more than 1 entries"):
        archives.unpack_tar(packed, tmp_path / "target", Limits(count=1))
    assert not (tmp_path / "target").exists()


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "headers.tgz"
    with gzip.open(path, "wb") as packed:
        info = tarfile.TarInfo("x")
        info.type, info.size = tarfile.XHDTYPE, 1 << 40
        packed.write(
            info.tobuf(tarfile.USTAR_FORMAT) if info.size < 1 << 33 else info.tobuf(tarfile.GNU_FORMAT)
        )
    with pytest.raises(ArtifactError):
        archives.unpack_tar(path, tmp_path / "target")


def source_tree(root: Path) -> Path:
    (root / "sub").mkdir(parents=True)
    (root / "a ü.txt").write_text("alpha")
    (root / "sub" / "run").write_bytes(b"\x00\xff")
    (root / "sub" / "run").chmod(0o755)
    (root / "sub" / "link").symlink_to("run")
    return root


def gnu_tar(source: Path, packed: Path) -> None:
    subprocess.run(["tar", "-czf", packed, "-C", source.parent, source.name], check=True)


def own_tar(source: Path, packed: Path) -> None:
    archives.pack_tar(source, packed, source.name)


@pytest.mark.parametrize("pack", [gnu_tar, own_tar])
def test_legal_tars_come_back_byte_equal(tmp_path: Path, pack: Callable[[Path, Path], None]) -> None:
    source = source_tree(tmp_path / "source")
    pack(source, tmp_path / "a.tgz")
    assert archives.is_tarball(tmp_path / "a.tgz")
    archives.unpack_tar(tmp_path / "a.tgz", tmp_path / "target")
    assert digest(tmp_path / "target") == digest(source)


def test_hard_links_come_back_as_files(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "one").write_text("same")
    (source / "two").hardlink_to(source / "one")
    gnu_tar(source, tmp_path / "a.tgz")
    archives.unpack_tar(tmp_path / "a.tgz", tmp_path / "target")
    assert (tmp_path / "target" / "one").read_text() == (tmp_path / "target" / "two").read_text() == "same"


def test_a_single_file_becomes_the_target(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("x")
    own_tar(tmp_path / "one", tmp_path / "a.tgz")
    archives.pack_zip(tmp_path / "one", tmp_path / "a.zip", "one")
    archives.unpack_tar(tmp_path / "a.tgz", tmp_path / "tar target")
    archives.unpack_zip(tmp_path / "a.zip", tmp_path / "zip target")
    assert (tmp_path / "tar target").read_text() == (tmp_path / "zip target").read_text() == "x"


def test_zips_hold_files_only(tmp_path: Path) -> None:
    archives.pack_zip(source_tree(tmp_path / "source"), tmp_path / "a.zip", "source")
    archives.unpack_zip(tmp_path / "a.zip", tmp_path / "target")
    assert [relative for relative, _ in entries(tmp_path / "target")] == ["a ü.txt", "sub", "sub/run"]
