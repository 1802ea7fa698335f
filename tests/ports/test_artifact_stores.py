"""One suite over every kind of place from which artifacts are loaded, as the task side does it."""

import functools
import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tiphys.artifacts.folder import Folder
from tiphys.artifacts.locations import LOCAL_ENDPOINT
from tiphys.artifacts.stores import Stores
from tiphys.errors import ArtifactError

ARCHIVE = {"s3": {"endpoint": LOCAL_ENDPOINT, "bucket": "artifacts", "key": "wf/pod"}}
Place = Callable[[str], dict[str, Any]]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        return None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    root = tmp_path / "served"
    root.mkdir()
    handler = functools.partial(Quiet, directory=root)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield root, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    return Stores(Folder(tmp_path / "store"), ARCHIVE)


@pytest.fixture(params=["raw", "http", "git", "folder", "key-only"])
def place(request: pytest.FixtureRequest, tmp_path: Path, served: tuple[Path, str]) -> Place:
    """Puts a text somewhere, and gives the artifact that says where."""

    def put(text: str) -> dict[str, Any]:
        kind = request.param
        if kind == "raw":
            return {"raw": {"data": text}}
        if kind == "http":
            (served[0] / "file").write_text(text)
            return {"http": {"url": f"{served[1]}/file"}}
        if kind == "git":
            return {"git": {"repo": str(repository(tmp_path / "repository", text)), "revision": "main"}}
        (tmp_path / "made").write_text(text)
        Folder(tmp_path / "store").save(tmp_path / "made", "some/key", "tar", token="t")
        if kind == "folder":
            return {"s3": {"endpoint": LOCAL_ENDPOINT, "bucket": "artifacts", "key": "some/key"}}
        return {"s3": {"key": "some/key"}}

    return put


def repository(path: Path, text: str) -> Path:
    path.mkdir()
    (path / "file").write_text(text)
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "First"]):
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        subprocess.run(["git", *identity, "-C", path, *words], check=True)
    return path


def text_at(path: Path) -> str:
    return (path / "file" if path.is_dir() else path).read_text()


def test_a_text_arrives(stores: Stores, place: Place, tmp_path: Path) -> None:
    artifact = {"name": "in", "path": "/tmp/in", **place("grüße\n")}
    assert stores.load(artifact, tmp_path / "pod" / "in")
    assert text_at(tmp_path / "pod" / "in") == "grüße\n"


def test_mode_is_set(stores: Stores, place: Place, tmp_path: Path) -> None:
    stores.load({"name": "in", "mode": 0o511, **place("x")}, tmp_path / "in")
    assert (tmp_path / "in").stat().st_mode & 0o777 == 0o511


@pytest.mark.parametrize(
    "artifact",
    [
        {},
        {"s3": {"key": "nothing/here"}},
        {"s3": {"key": ""}},
    ],
)
def test_optional_artifacts_may_be_missing(stores: Stores, tmp_path: Path, artifact: dict[str, Any]) -> None:
    assert not stores.load({"name": "in", "optional": True, **artifact}, tmp_path / "in")
    with pytest.raises(ArtifactError, match=r"required artifact 'in' not supplied|artifact in failed to load"):
        stores.load({"name": "in", **artifact}, tmp_path / "in")


def test_a_missing_page_is_a_missing_artifact(stores: Stores, served: tuple[Path, str], tmp_path: Path) -> None:
    artifact = {"name": "in", "http": {"url": f"{served[1]}/nothing"}}
    assert not stores.load({**artifact, "optional": True}, tmp_path / "in")
    with pytest.raises(ArtifactError, match="404"):
        stores.load(artifact, tmp_path / "in")


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://2852039166/",
        "http://0xA9FEA9FE/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://127.0.0.1/",
        "http://",
        "http://127.0.0.1:99999/",
    ],
)
def test_addresses_that_are_refused(stores: Stores, tmp_path: Path, url: str) -> None:
    with pytest.raises(ArtifactError):
        stores.load({"name": "in", "http": {"url": url}}, tmp_path / "in")
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize(
    "git",
    [
        {"repo": "--upload-pack=touch /tmp/evil"},
        {"repo": "ext::sh -c evil"},
        {"repo": "fd::7"},
        {"repo": "-oProxyCommand=evil"},
        {"repo": "/nowhere", "revision": "--exec=evil"},
        {"repo": "/nowhere", "fetch": ["--upload-pack=evil"]},
    ],
)
def test_hostile_git_settings_are_refused(stores: Stores, tmp_path: Path, git: dict[str, Any]) -> None:
    with pytest.raises(ArtifactError):
        stores.load({"name": "in", "git": git}, tmp_path / "in")


def test_hooks_of_a_repository_do_not_run(stores: Stores, tmp_path: Path) -> None:
    path = repository(tmp_path / "repository", "x")
    hook = path / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/evil\n")
    hook.chmod(0o755)
    stores.load({"name": "in", "git": {"repo": str(path)}}, tmp_path / "in")
    assert not (tmp_path / "evil").exists()


def test_a_saved_artifact_says_its_key(stores: Stores, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    artifact = {"name": "o", "path": "/tmp/out", "archive": {"none": {}}}
    reported, saved = stores.save(tmp_path / "out", artifact, "t", keep=True)
    assert reported == {**artifact, "s3": {"key": "wf/pod/out"}}
    assert Path(saved.path).read_text() == "x"
    assert saved.digest.startswith("sha256:")
    reported, _ = stores.save(tmp_path / "out", {"name": "o", "path": "/tmp/out"}, "t", keep=True)
    assert reported["s3"] == {"key": "wf/pod/o.tgz"}


def test_raw_outputs_are_unsupported_as_in_argo(stores: Stores, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(ArtifactError, match="Raw output artifacts unsupported"):
        stores.save(tmp_path / "out", {"name": "o", "raw": {"data": "x"}}, "t", keep=True)
