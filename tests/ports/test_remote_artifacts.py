"""S3 artifacts against a real server on loopback (moto), as the task side loads and saves them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tiphys.artifacts.folder import Folder
from tiphys.artifacts.stores import Stores
from tiphys.errors import ArtifactError

pytestmark = pytest.mark.live

pytest.importorskip("s3fs")
moto = pytest.importorskip("moto.server")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    secrets = {"creds": {"access": "key", "secret": "secret"}}
    remote = (sys.executable, "-m", "tiphys.artifacts.remote")
    return Stores(Folder(tmp_path / "store"), None, secrets, remote)


@pytest.fixture
def place(endpoint: str, request: pytest.FixtureRequest) -> Any:
    def at(key: str) -> dict[str, Any]:
        return {
            "s3": {
                "endpoint": endpoint,
                "insecure": True,
                "bucket": "bucket",
                "region": "us-east-1",
                "key": f"{request.node.name}/{key}",
                "createBucketIfNotPresent": {},
                "accessKeySecret": {"name": "creds", "key": "access"},
                "secretKeySecret": {"name": "creds", "key": "secret"},
            }
        }

    return at


@pytest.mark.parametrize("archive", ["none", "tar", "zip"])
def test_a_file_comes_back(stores: Stores, place: Any, tmp_path: Path, archive: str) -> None:
    (tmp_path / "out").write_text("content")
    artifact = {"name": "o", "path": "/tmp/out", "archive": {archive: {}}, **place("file")}
    reported, saved = stores.save(tmp_path / "out", artifact, "t", keep=True)
    assert reported == artifact
    assert saved.digest.startswith("sha256:")
    assert stores.load(artifact, tmp_path / "in")
    assert (tmp_path / "in").read_text() == "content"


@pytest.mark.parametrize("archive", ["none", "tar"])
def test_a_folder_comes_back(stores: Stores, place: Any, tmp_path: Path, archive: str) -> None:
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "sub" / "file").write_text("x")
    (tmp_path / "out" / "top").write_text("y")
    artifact = {"name": "o", "path": "/tmp/out", "archive": {archive: {}}, **place("folder")}
    stores.save(tmp_path / "out", artifact, "t", keep=True)
    assert stores.load(artifact, tmp_path / "in")
    assert (tmp_path / "in" / "sub" / "file").read_text() == "x"
    assert (tmp_path / "in" / "top").read_text() == "y"


def test_what_is_not_there(stores: Stores, place: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("content")
    stores.save(tmp_path / "out", {"name": "o", "archive": {"none": {}}, "path": "/o", **place("x")}, "t", keep=True)
    missing = {"name": "i", **place("nothing")}
    assert not stores.load({**missing, "optional": True}, tmp_path / "in")
    with pytest.raises(ArtifactError, match="no artifact at key"):
        stores.load(missing, tmp_path / "in")


def test_a_missing_secret_is_said(stores: Stores, place: Any, tmp_path: Path) -> None:
    artifact = place("x")
    artifact["s3"]["accessKeySecret"] = {"name": "no", "key": "k"}
    with pytest.raises(ArtifactError, match="secret no has no key k"):
        stores.load({"name": "i", **artifact}, tmp_path / "in")


def test_what_is_not_honoured_is_said(stores: Stores, place: Any, tmp_path: Path) -> None:
    artifact = place("x")
    artifact["s3"]["roleARN"] = "arn:x"
    with pytest.raises(ArtifactError, match="roleARN"):
        stores.load({"name": "i", **artifact}, tmp_path / "in")
