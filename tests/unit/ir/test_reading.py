"""Files, packages and wrappers in which pipelines come, and what is refused."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tiphys.errors import BadInput, ManifestError, Unsupported
from tiphys.ir import from_data, load, load_file

BODY: dict[str, Any] = {
    "pipelineInfo": {"name": "p"},
    "schemaVersion": "2.1.0",
    "sdkVersion": "kfp-2.17.0",
    "root": {"dag": {"tasks": {}}},
}
PLATFORM = {"platforms": {"kubernetes": {"pipelineConfig": {"resourceTtlOnCompletion": 5}}}}
TEXT = yaml.safe_dump(BODY)


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return held.getvalue()


def tarred(members: Mapping[str, str]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        "\ufeff" + TEXT,
        TEXT.replace("\n", "\r\n"),
        json.dumps(BODY),
        json.dumps(BODY, indent=2),
        zipped({"pipeline.yaml": TEXT}),
        zipped({"p/other.yml": TEXT, "p/README.md": "x", "p/": ""}),
        zipped({"component.yaml": "a: b", "pipeline.yaml": TEXT}),
        tarred({"pipeline.yaml": TEXT}),
        tarred({"p.json": json.dumps(BODY)}),
    ],
    ids=["yaml", "bom", "crlf", "json", "json-indented", "zip", "zip-folder", "zip-two", "tar", "tar-json"],
)
def test_forms(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "p"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert load_file(path).spec.pipeline_info.name == "p"


@pytest.mark.parametrize("order", [[BODY, PLATFORM], [PLATFORM, BODY]])
def test_two_documents(order: list[Any]) -> None:
    ir = load(yaml.safe_dump_all(order))
    assert ir.kubernetes.pipeline_config.resource_ttl_on_completion == 5


@pytest.mark.parametrize(
    "wrapper",
    [
        {"pipeline_spec": BODY, "platform_spec": PLATFORM},
        {"pipelineSpec": BODY, "platformSpec": PLATFORM, "runtimeConfig": {"parameterValues": {"a": 1}}},
    ],
)
def test_what_the_api_answers(wrapper: dict[str, Any]) -> None:
    ir = load(json.dumps(wrapper))
    assert ir.spec.pipeline_info.name == "p"
    assert ir.kubernetes.pipeline_config.resource_ttl_on_completion == 5
    assert ir.arguments == ({"a": 1} if "runtimeConfig" in wrapper else {})


@pytest.mark.parametrize("version", ["", "2.1.0", "2.1.1"])
def test_versions_that_are_read(version: str) -> None:
    assert from_data({**BODY, "schemaVersion": version}).spec.pipeline_info.name == "p"


@pytest.mark.parametrize("version", ["1.0", "2.0.0", "3.0.0", "v2beta1"])
def test_other_versions(version: str) -> None:
    with pytest.raises(Unsupported, match=f"schema version {version}"):
        from_data({**BODY, "schemaVersion": version})


@pytest.mark.parametrize(
    ("data", "place", "what"),
    [
        ({**BODY, "nosuch": 1}, "", "unknown field `nosuch`"),
        (
            {**BODY, "root": {"dag": {"tasks": {"t": {"componentRef": {"name": []}}}}}},
            "root.dag.tasks[...].componentRef.name",
            "Expected `str`",
        ),
        ({**BODY, "root": {"dag": {"tasks": []}}}, "root.dag.tasks", "Expected `object`, got `array`"),
        ({**BODY, "root": {"dagg": {}}}, "root", "unknown field `dagg`"),
    ],
)
def test_a_mistake_is_told_with_its_place(data: Any, place: str, what: str) -> None:
    with pytest.raises(ManifestError, match=what) as caught:
        from_data(data, file="p.yaml")
    assert (caught.value.place.file, caught.value.place.path) == ("p.yaml", place)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not the IR"),
        ("a: b", "not the IR"),
        ("- 1", "not the IR"),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow", "not the IR"),
        (f"{TEXT}---\n{TEXT}", "one PipelineSpec and at most one PlatformSpec"),
        (f"{TEXT}---\na: b\n", "one PipelineSpec and at most one PlatformSpec"),
        ("root: [", "not valid YAML"),
        ("pipelineSpec: 1", "pipelineSpec is not an object"),
    ],
)
def test_no_pipeline(text: str, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        load(text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped({"a.txt": "x"}), "this one has 0 YAML files"),
        (zipped({"a.yaml": TEXT, "b.yaml": TEXT}), "this one has 2 YAML files"),
        (tarred({"a.yaml": TEXT})[:60], "cannot be read"),
        (b"\x1f\x8bnonsense", "cannot be read"),
    ],
)
def test_packages_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "p"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match=message):
        load_file(path)


def test_a_package_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiphys.ir.reading.MAX_BYTES", 10)
    for content in (zipped({"p.yaml": TEXT}), tarred({"p.yaml": TEXT})):
        path = tmp_path / "p"
        path.write_bytes(content)
        with pytest.raises(BadInput, match="unpacks to more"):
            load_file(path)


def test_platforms_that_argo_has_no_word_for() -> None:
    with pytest.raises(Unsupported, match="platform `vertex`"):
        from_data(BODY, {"platforms": {"vertex": {}}})


def test_a_section_of_a_newer_version() -> None:
    with pytest.raises(Unsupported, match=r"tiphys\.io/v9"):
        from_data(BODY, {"platforms": {"argo": {"config": {"apiVersion": "tiphys.io/v9"}}}})


@pytest.mark.parametrize("platform", ["argo", "kubernetes"])
def test_a_mistake_in_a_platform(platform: str) -> None:
    with pytest.raises(ManifestError, match="nosuch") as caught:
        from_data(BODY, {"platforms": {platform: {"deploymentSpec": {"executors": {"e": {"nosuch": 1}}}}}})
    assert caught.value.place.path.startswith(f"platforms.{platform}.deploymentSpec.executors")
