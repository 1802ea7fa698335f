"""Where Argo says an artifact lies: the kinds of stores, keys, and the default that fills the gaps.

Artifacts are Argo's own objects, plain dicts. The functions follow `ArtifactLocation` in Argo's
`workflow_types.go`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, Final

from tiphys.errors import ArtifactError

Artifact = Mapping[str, Any]

KINDS: Final = ("artifactory", "azure", "git", "gcs", "hdfs", "http", "oss", "raw", "s3", "plugin")
"""The kinds in the order in which Argo looks for them."""

LOCAL_ENDPOINT: Final = "folder.tiphys"
"""The S3 endpoint that stands for the folder in which artifacts of local runs lie."""

LOCAL_REPOSITORY: Final = {
    "s3": {
        "endpoint": LOCAL_ENDPOINT,
        "bucket": "artifacts",
        "keyFormat": "{{workflow.name}}/{{pod.name}}",
    }
}
"""Argo's ArtifactRepository for that folder."""

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "artifactory": ("url", "usernameSecret"),
    "azure": ("endpoint", "container", "blob"),
    "git": ("repo",),
    "gcs": ("bucket", "key"),
    "hdfs": ("addresses",),
    "http": ("url",),
    "oss": ("bucket", "endpoint", "key"),
    "raw": (),
    "s3": ("endpoint", "bucket", "key"),
    "plugin": ("name", "configuration", "key"),
}
_KEY_FIELD: Final[Mapping[str, str]] = {
    "artifactory": "url",
    "azure": "blob",
    "gcs": "key",
    "hdfs": "path",
    "http": "url",
    "oss": "key",
    "s3": "key",
    "plugin": "key",
}


def kind_of(artifact: Artifact) -> str:
    """The kind of store, or "" if none is named."""
    return next((kind for kind in KINDS if artifact.get(kind) is not None), "")


def has_location(artifact: Artifact) -> bool:
    """Whether the artifact says completely where it lies."""
    kind = kind_of(artifact)
    return bool(kind) and all(artifact[kind].get(field) for field in _NEEDED[kind])


def key_of(artifact: Artifact) -> str:
    """The key (blob, path, URL), or "" if there is none.

    >>> key_of({"s3": {"key": "a/b"}})
    'a/b'
    """
    kind = kind_of(artifact)
    return str(artifact[kind].get(_KEY_FIELD.get(kind, ""), "") or "") if kind else ""


def is_supplied(artifact: Artifact) -> bool:
    """Whether there is anything to load."""
    return has_location(artifact) or bool(key_of(artifact))


def relocated(artifact: Artifact, archive_location: Artifact | None) -> dict[str, Any]:
    """The artifact with its complete place: its own, or the default one with its key."""
    if has_location(artifact) or _is_bucket_elsewhere(artifact, archive_location):
        return dict(artifact)
    if not archive_location or not kind_of(archive_location):
        raise ArtifactError(f"artifact {artifact.get('name', '')}: template artifact location not set")
    kind = kind_of(archive_location)
    place = {**archive_location[kind], _KEY_FIELD[kind]: key_of(artifact)}
    return {**{name: value for name, value in artifact.items() if name not in KINDS}, kind: place}


def with_key(artifact: Artifact, archive_location: Artifact | None) -> dict[str, Any]:
    """An output artifact with its key: its own, or one below the pod's archive location.

    >>> with_key({"name": "o", "path": "/tmp/o"}, {"s3": {"key": "wf/pod"}})["s3"]
    {'key': 'wf/pod/o.tgz'}
    """
    if kind_of(artifact) and key_of(artifact):
        return dict(artifact)
    kind = kind_of(archive_location or {})
    if archive_location is None or not kind:
        raise ArtifactError(
            "artifact storage is not configured; see the docs for setup instructions: "
            "https://argo-workflows.readthedocs.io/en/latest/configure-artifact-repository/"
        )
    key = posixpath.join(key_of(archive_location), file_name(artifact))
    return {**artifact, kind: {_KEY_FIELD[kind]: key}}


def file_name(artifact: Artifact) -> str:
    """The last part of a key that Argo makes up."""
    strategy = artifact.get("archive") or {}
    if "none" in strategy:
        return posixpath.basename(str(artifact.get("path", "")).rstrip("/"))
    return f"{artifact['name']}.zip" if "zip" in strategy else f"{artifact['name']}.tgz"


def archive_of(artifact: Artifact) -> str:
    """The archive strategy that is asked for: none, tar, zip or "" (Argo's default)."""
    strategy = artifact.get("archive") or {}
    return next((name for name in ("none", "tar", "zip") if strategy.get(name) is not None), "")


def is_local(artifact: Artifact) -> bool:
    """Whether a complete location means the folder of local runs."""
    return kind_of(artifact) == "s3" and artifact["s3"].get("endpoint") == LOCAL_ENDPOINT


def _is_bucket_elsewhere(artifact: Artifact, archive_location: Artifact | None) -> bool:
    """A bucket and key without an endpoint mean the provider's own, unless it is the default bucket.

    Argo would take the default repository with this key. Where that is a local folder the author
    can only have meant the real bucket.
    """
    if kind_of(artifact) != "s3" or not all(artifact["s3"].get(name) for name in ("bucket", "key")):
        return False
    return bool(archive_location) and is_local(archive_location or {})
