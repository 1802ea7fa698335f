"""Keys never lead outside of their root."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiphys.artifacts.keys import mapped, normal_key, path_below
from tiphys.errors import ArtifactError

HOSTILE = [
    "",
    "/",
    ".",
    "..",
    "../x",
    "a/../b",
    "a/..",
    "/..",
    "a\0b",
    "a/" * 3000,
    "x" * 256,
    ".tiphys/x",
    "a/b.tiphys",
]


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys_are_refused(key: str) -> None:
    with pytest.raises(ArtifactError):
        normal_key(key)


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(ArtifactError):
        normal_key("a\ud800")


@given(st.text(max_size=40))
def test_every_key_is_refused_or_stays_inside(key: str) -> None:
    root = Path("/root/of/store")
    try:
        path = path_below(root, key)
    except ArtifactError:
        return
    assert root in path.resolve().parents


def test_a_link_on_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/etc")
    with pytest.raises(ArtifactError, match="symbolic link"):
        path_below(tmp_path, "out/passwd")


@given(st.text(alphabet="./ab", max_size=20))
def test_mapped_paths_stay_inside(path: str) -> None:
    root = Path("/pod/root")
    place = mapped(root, path)
    assert place == root or root in place.parents
