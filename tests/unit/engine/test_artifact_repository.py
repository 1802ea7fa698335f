from __future__ import annotations

from typing import Any

import pytest

from tiphys.engine.artifact_repository import archive_location, check_plugins, default_location, repository_of
from tiphys.engine.environment import ConfigMap, Environment
from tiphys.errors import NodeError

S3: dict[str, Any] = {"s3": {"bucket": "b"}}


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "{{workflow.name}}/{{pod.name}}"),
        ({"keyFormat": "k/{{pod.name}}"}, "k/{{pod.name}}"),
        ({"keyPrefix": "p/"}, "p/{{workflow.name}}/{{pod.name}}"),
    ],
)
def test_the_key_of_a_default_place(settings: dict[str, str], key: str) -> None:
    assert default_location({"s3": {"bucket": "b", **settings}}) == {"s3": {"bucket": "b", "key": key}}


def test_no_repository_gives_no_place() -> None:
    assert default_location({}) == {}


def test_a_reference_is_found_in_its_config_map() -> None:
    environment = Environment(
        config_maps=[
            ConfigMap("artifact-repositories", data={"k": "gcs:\n  bucket: g\n", "bad": "[", "list": "[]"})
        ],
        artifact_repository=S3,
    )

    def found(reference: dict[str, str]) -> Any:
        return repository_of(environment, "default", {"artifactRepositoryRef": reference})

    assert found({"key": "k"}) == {"gcs": {"bucket": "g"}}
    assert found({"key": "no"}) == S3
    assert found({"key": "k", "configMap": "other"}) == S3
    assert found({"key": "list"}) == {}
    assert repository_of(environment, "default", {}) == S3
    with pytest.raises(NodeError, match="failed to unmarshall config map key bad"):
        found({"key": "bad"})


@pytest.mark.parametrize(
    ("template", "spec", "logs"),
    [
        ({}, {}, None),
        ({"outputs": {"artifacts": [{"name": "a", "path": "/a"}]}}, {}, False),
        ({"inputs": {"artifacts": [{"name": "a", "raw": {"data": "x"}}]}}, {}, None),
        ({"data": {"source": {"artifactPaths": {"name": "a"}}}}, {}, False),
        ({}, {"archiveLogs": True}, True),
        ({"archiveLocation": {"archiveLogs": False}}, {"archiveLogs": True}, None),
        ({"archiveLocation": {"archiveLogs": True}}, {}, True),
    ],
)
def test_who_needs_a_place(template: dict[str, Any], spec: dict[str, Any], logs: bool | None) -> None:
    location = archive_location(template, spec, S3)
    assert (None if location is None else location["archiveLogs"]) is logs


def test_a_plugin_must_be_installed() -> None:
    template = {"outputs": {"artifacts": [{"name": "a", "plugin": {"name": "p"}}]}}
    with pytest.raises(NodeError, match="artifact driver p not found"):
        check_plugins(template, S3, frozenset())
    check_plugins(template, S3, frozenset({"p"}))
    with pytest.raises(NodeError, match="artifact driver q not found"):
        check_plugins(
            {"outputs": {"artifacts": [{"name": "a"}]}}, {"plugin": {"name": "q"}}, frozenset({"p"})
        )
