"""KFP's RuntimeArtifact: what components are told of an artifact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.compiler.transport import Value, string_of
from tiphys.ir.model import ArtifactOutput, ArtifactType

Json = Any


def _type(type: ArtifactType) -> dict[str, Json]:
    found = {
        "schemaTitle": type.schema_title,
        "schemaUri": type.schema_uri,
        "instanceSchema": type.instance_schema,
        "schemaVersion": type.schema_version,
    }
    return {key: value for key, value in found.items() if value}


def runtime_artifact(name: str, type: ArtifactType, uri: Value | str, metadata: Mapping[str, Json]) -> Json:
    """KFP's RuntimeArtifact."""
    return {"name": name, "type": _type(type), "uri": uri, "metadata": dict(metadata)}


def output_artifact(name: str, artifact: ArtifactOutput, uri: str) -> Json:
    return runtime_artifact(name, artifact.artifact_type, string_of(uri), artifact.metadata)
