"""The volumes of a pod: what its containers mount, secrets of artifact stores, input artifacts, the script.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/workflowpod.go
(addVolumeReferences, addInputArtifactsVolumes, addScriptStagingVolume)
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from tiphys.engine import artifact_places
from tiphys.errors import NodeError
from tiphys.messages.outputs import Json

Volume = dict[str, Json]

INPUT_ARTIFACTS: Final = "input-artifacts"
STAGING: Final = "argo-staging"
EXECUTOR_TMP: Final = "tmp-dir-argo"
_STAGING_MOUNT: Final = {"mountPath": "/argo/staging", "name": STAGING}
_TOKEN: Final = "exec-sa-token"  # noqa: S105 - the name of a volume
TOKEN_MOUNT: Final[dict[str, Json]] = {
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
    "name": _TOKEN,
    "readOnly": True,
}

_MOUNTING: Final = ("container", "script", "containerSet")
_SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "s3": (
        "accessKeySecret",
        "secretKeySecret",
        "sessionTokenSecret",
        "encryptionOptions.serverSideCustomerKeySecret",
        "caSecret",
    ),
    "git": ("usernameSecret", "passwordSecret", "sshPrivateKeySecret"),
    "artifactory": ("usernameSecret", "passwordSecret"),
    "hdfs": ("krbCCacheSecret", "krbKeytabSecret"),
    "oss": ("accessKeySecret", "secretKeySecret"),
    "gcs": ("serviceAccountKeySecret",),
    "http": (
        "auth.basicAuth.usernameSecret",
        "auth.basicAuth.passwordSecret",
        "auth.clientCert.clientCertSecret",
        "auth.clientCert.clientKeySecret",
        "auth.oauth2.clientIDSecret",
        "auth.oauth2.clientSecretSecret",
        "auth.oauth2.tokenURLSecret",
    ),
    "azure": ("accountKeySecret",),
}
"""Where the stores name their secrets, in the order in which Argo looks at them."""


def attach(
    template: Mapping[str, Json],
    main: list[dict[str, Json]],
    spec: dict[str, Json],
    workflow_volumes: list[Volume],
    claims: list[Volume],
) -> None:
    """Give `spec` the volumes that the pod of `template` needs, and `main` the mounts that Argo adds."""
    volumes: list[Volume] = [*(template.get("volumes") or ()), *spec.get("volumes", ())]
    known = [*(template.get("volumes") or ()), *workflow_volumes, *claims]
    for name in _mounted(template):
        volume = next((each for each in known if each.get("name") == name), None)
        if volume is None:
            raise NodeError(f"volume '{name}' not found in workflow spec")
        if not any(each.get("name") == name for each in volumes):
            volumes.append(volume)
    secrets = _secret_volumes(template)
    volumes.extend(secrets)
    if template.get("data") is not None:
        _mount(main[0], [_secret_mount(each) for each in secrets])
    artifacts = (template.get("inputs") or {}).get("artifacts") or []
    if artifacts:
        volumes.append({"emptyDir": {}, "name": INPUT_ARTIFACTS})
        _mount_artifacts(template, main, artifacts)
    if template.get("script") is not None:
        _mount(main[0], [_STAGING_MOUNT])
    if volumes:
        spec["volumes"] = volumes


def with_sorted_mounts(template: Mapping[str, Json]) -> Mapping[str, Json]:
    """The template as it comes out of Argo's search for volumes in which input artifacts lie.

    FindOverlappingVolume sorts the mounts of the very template, the longest path first.
    """
    artifacts = (template.get("inputs") or {}).get("artifacts") or ()
    if all(_is_absent(artifact) for artifact in artifacts):
        return template
    for field in _MOUNTING:
        if (kind := template.get(field)) is not None and len(kind.get("volumeMounts") or ()) > 1:
            mounts = sorted(kind["volumeMounts"], key=lambda mount: -len(str(mount.get("mountPath", ""))))
            return {**template, field: {**kind, "volumeMounts": mounts}}
    return template


def mirrored(container: Mapping[str, Json], main: list[dict[str, Json]]) -> dict[str, Json]:
    """An init container or sidecar, with the mounts of `main` if it asks for them."""
    copy = dict(container)
    if copy.pop("mirrorVolumeMounts", None):
        source = next((each for each in main if each.get("name") == "main"), None)
        _mount(copy, list((source or {}).get("volumeMounts") or ()))
    return copy


def mount_executor_files(
    containers: list[dict[str, Json]], template: Mapping[str, Json], executor_image: str
) -> None:
    """Containers of Argo's own image get a place for their files."""
    has_wait = not (template.get("data") is not None or _is_silent_resource(template))
    for index, container in enumerate(containers):
        if container.get("image") == executor_image:
            path = str(index + 1 if has_wait else index)
            _mount(container, [{"mountPath": "/tmp", "name": EXECUTOR_TMP, "subPath": path}])  # noqa: S108


def token_volume(account: str) -> Volume:
    """The volume with the token of the executor's own service account."""
    return {"name": _TOKEN, "secret": {"secretName": f"{account}.service-account-token"}}


def _is_silent_resource(template: Mapping[str, Json]) -> bool:
    logs = (template.get("archiveLocation") or {}).get("archiveLogs")
    return template.get("resource") is not None and not logs


def _mounted(template: Mapping[str, Json]) -> Iterator[str]:
    users = [*_mounts_of(template)]
    for field in ("initContainers", "sidecars"):
        for container in template.get(field) or ():
            users.extend(container.get("volumeMounts") or ())
    for mount in users:
        yield str(mount.get("name", ""))


def _mounts_of(template: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    for field in _MOUNTING:
        if template.get(field) is not None:
            return list(template[field].get("volumeMounts") or ())
    return []


def _mount(container: dict[str, Json], mounts: list[dict[str, Json]]) -> None:
    if mounts:
        container["volumeMounts"] = [*(container.get("volumeMounts") or ()), *mounts]


def _mount_artifacts(
    template: Mapping[str, Json], main: list[dict[str, Json]], artifacts: list[Mapping[str, Json]]
) -> None:
    users = _mounts_of(template)
    for container in main:
        if container.get("name") != "main":
            continue
        for artifact in artifacts:
            path = _clean_path(artifact)
            if _is_absent(artifact):
                continue
            if any(_is_within(str(mount.get("mountPath", "")), path) for mount in users):
                continue  # a volume of the user's lies there: the artifact is put into that
            _mount(container, [{"mountPath": path, "name": INPUT_ARTIFACTS, "subPath": artifact["name"]}])


def _is_absent(artifact: Mapping[str, Json]) -> bool:
    return bool(artifact.get("optional")) and not artifact_places.has_location_or_key(artifact)


def _clean_path(artifact: Mapping[str, Json]) -> str:
    # Artifact.CleanPath: no way out of the directory before the first `..`
    name, path = artifact.get("name"), str(artifact.get("path") or "")
    if not path:
        raise NodeError(f"error in inputs.artifacts.{name}: Artifact '{name}' did not specify a path")
    safe = ""
    if "/../" in path:
        safe = path.partition("/../")[0]
    elif path.endswith("/.."):
        safe = path[:-3]
    cleaned = _go_clean(path)
    if safe and not (cleaned.startswith(f"{safe}/") and len(cleaned) > len(safe) + 1):
        raise NodeError(
            f"error in inputs.artifacts.{name}: Artifact '{name}' attempted to use a path containing "
            f"'..'. Directory traversal is not permitted"
        )
    return cleaned


def _go_clean(path: str) -> str:
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def _is_within(base: str, path: str) -> bool:
    if base.startswith("/") != path.startswith("/"):
        return False
    relative = posixpath.relpath(path, base or ".")
    return relative != ".." and not relative.startswith("../")


def _secret_volumes(template: Mapping[str, Json]) -> list[Volume]:
    places = [template.get("archiveLocation") or {}]
    for side in ("outputs", "inputs"):
        places.extend((template.get(side) or {}).get("artifacts") or ())
    source = ((template.get("data") or {}).get("source") or {}).get("artifactPaths")
    if source is not None:
        places.append(source)
    keys: dict[str, dict[str, None]] = {}
    for place in places:
        for secret in _secrets(place):
            if secret.get("name") and secret.get("key"):
                keys.setdefault(str(secret["name"]), {})[str(secret["key"])] = None
    return [
        {
            "name": name,
            "secret": {"items": [{"key": key, "path": key} for key in items], "secretName": name},
        }
        for name, items in keys.items()
    ]


def _secrets(place: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    store = next((name for name in _SECRETS if place.get(name) is not None), "")
    for path in _SECRETS.get(store, ()):
        found: Json = place[store]
        for field in path.split("."):
            found = (found or {}).get(field)
        encryption = place[store].get("encryptionOptions") or {}
        if found and not (path.startswith("encryption") and not encryption.get("enableEncryption")):
            yield found


def _secret_mount(volume: Volume) -> dict[str, Json]:
    return {"mountPath": f"/argo/secret/{volume['name']}", "name": volume["name"], "readOnly": True}
