"""Locations and paths of artifacts.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/artifacts/hdfs/hdfs.go and
`Artifact.CleanPath` in workflow_types.go.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from tiphys.validation.invalid import Invalid

Json = Any


def check_location(where: str, location: Mapping[str, Json]) -> None:
    """Refuse locations in git and HDFS that lack a part; Argo looks at no others."""
    git, hdfs = location.get("git"), location.get("hdfs")
    if git is not None and not git.get("repo"):
        raise Invalid(f"{where}.git.repo is required")
    if hdfs is not None:
        _check_hdfs(f"{where}.hdfs", hdfs)


def _check_hdfs(where: str, hdfs: Mapping[str, Json]) -> None:
    if not hdfs.get("addresses"):
        raise Invalid(f"{where}.addresses is required")
    path = hdfs.get("path") or ""
    if not path:
        raise Invalid(f"{where}.path is required")
    if not path.startswith("/"):
        raise Invalid(f"{where}.path must be a absolute file path")
    has_cache, has_keytab = hdfs.get("krbCCacheSecret") is not None, hdfs.get("krbKeytabSecret") is not None
    if not (hdfs.get("hdfsUser") or has_cache or has_keytab):
        raise Invalid(
            f"either {where}.hdfsUser, {where}.krbCCacheSecret or {where}.krbKeytabSecret is required"
        )
    has_service = bool(hdfs.get("krbServicePrincipalName")) and hdfs.get("krbConfigConfigMap") is not None
    if has_keytab and not (has_service and hdfs.get("krbUsername") and hdfs.get("krbRealm")):
        raise Invalid(
            f"{where}.krbServicePrincipalName, {where}.krbConfigConfigMap, {where}.krbUsername and "
            f"{where}.krbRealm are required with {where}.krbKeytabSecret"
        )
    if has_cache and not has_service:
        raise Invalid(
            f"{where}.krbServicePrincipalName and {where}.krbConfigConfigMap are required with "
            f"{where}.krbCCacheSecret"
        )


def check_path(artifact: Mapping[str, Json]) -> None:
    """Refuse an artifact without a path, or one whose `..` lead out of the folder before them."""
    name, path = artifact.get("name") or "", artifact.get("path") or ""
    if not path:
        raise Invalid(f"Artifact '{name}' did not specify a path")
    before, found, _ = path.partition("/../")
    if not found:
        before = path[:-3] if _ends_with_slash_and_two(path) else ""
    cleaned = clean(path)
    if before and (not cleaned.startswith(f"{before}/") or len(cleaned) <= len(before) + 1):
        raise Invalid(
            f"Artifact '{name}' attempted to use a path containing '..'. Directory traversal is not permitted"
        )


def clean(path: str) -> str:
    """Go's filepath.Clean.

    >>> clean("//a/./b/../c/")
    '/a/c'
    """
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _ends_with_slash_and_two(path: str) -> bool:
    # Argo's regular expression is `/..$`: the dots are any characters
    return len(path) >= 3 and path[-3] == "/" and "\n" not in path[-2:]
