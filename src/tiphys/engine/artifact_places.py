"""Where an artifact lies: which store, which key, and whether the place is fully given.

https://github.com/argoproj/argo-workflows/blob/main/pkg/apis/workflow/v1alpha1/workflow_types.go (ArtifactLocation)
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from tiphys.errors import NodeError
from tiphys.messages.outputs import Json

_NOT_CONFIGURED: Final = (
    "artifact storage is not configured; see the docs for setup instructions: "
    "https://argo-workflows.readthedocs.io/en/latest/configure-artifact-repository/"
)
_KEYS: Final = {
    "artifactory": "url",
    "azure": "blob",
    "git": "",
    "gcs": "key",
    "hdfs": "path",
    "http": "url",
    "oss": "key",
    "raw": "",
    "s3": "key",
    "plugin": "key",
}
"""The stores in the order in which Argo looks for them, and the field that holds the key."""

_NEEDED: Final = {
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


def store(artifact: Mapping[str, Json]) -> str:
    """The name of the store that the artifact names, or ""."""
    return next((name for name in _KEYS if artifact.get(name) is not None), "")


def key(artifact: Mapping[str, Json]) -> str:
    """The key; raises `NodeError` where there can be none (ArtifactLocation.GetKey)."""
    where = store(artifact)
    if not where:
        raise NodeError(_NOT_CONFIGURED)
    if where == "git":
        raise NodeError("key unsupported: git artifact does not have a key")
    if where == "raw":
        raise NodeError("key unsupported: raw artifat does not have key")
    text = str(artifact[where].get(_KEYS[where]) or "")
    return urlsplit(text).path if _KEYS[where] == "url" else text


def with_key(artifact: Mapping[str, Json], new_key: str) -> dict[str, Json]:
    """The artifact with another key (ArtifactLocation.SetKey)."""
    where = store(artifact)
    place = dict(artifact[where])
    if _KEYS[where] == "url":
        place["url"] = urlunsplit(urlsplit(str(place.get("url") or ""))._replace(path=new_key))
    else:
        place[_KEYS[where]] = new_key
    return {**artifact, where: place}


def below(artifact: Mapping[str, Json], sub_path: str) -> dict[str, Json]:
    """The artifact whose key is a path below this one's (ArtifactLocation.AppendToKey)."""
    old = key(artifact)
    joined = posixpath.normpath(posixpath.join(old, sub_path.lstrip("/"))) if old or sub_path else ""
    return with_key(artifact, joined)


def has_location(artifact: Mapping[str, Json]) -> bool:
    """Whether the place is fully given."""
    where = store(artifact)
    return bool(where) and all(artifact[where].get(field) for field in _NEEDED[where])


def has_location_or_key(artifact: Mapping[str, Json]) -> bool:
    """Whether the place, or at least a key, is given."""
    if has_location(artifact):
        return True
    where = store(artifact)
    return bool(where) and where not in ("git", "raw") and key(artifact) != ""
