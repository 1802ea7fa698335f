"""Artifacts in S3 and GCS, by fsspec: a program of its own, run in the engine's Python.

    python -m tiphys.artifacts.remote < job.json

The job says `verb` (load, save, delete), `kind`, Argo's `settings` of the location, the `secrets` that it
names (already looked up) and the local `path`. The exit status is 44 if there is no such artifact.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tiphys.artifacts.folder import NoSuchArtifact
from tiphys.artifacts.keys import normal_key
from tiphys.artifacts.stores import NOT_FOUND
from tiphys.artifacts.trees import check_tree
from tiphys.errors import ArtifactError

Json = Any

_EXTRAS: Final = {"s3": ("s3", "s3fs"), "gcs": ("gcs", "gcsfs")}
_NOT_HONOURED: Final = ("roleARN", "encryptionOptions", "caSecret")
_DEFAULT_REGION: Final = "us-east-1"
"""What is meant without a region; naming it in the creation of a bucket is an error of S3."""

_RETRIES: Final = {"max_attempts": 5, "mode": "standard"}


def carry(job: Mapping[str, Json]) -> None:
    """Load, save or delete an artifact."""
    kind, settings = str(job["kind"]), job["settings"]
    files = _file_system(kind, settings, job.get("secrets") or {})
    place = _place(settings)
    path = Path(job["path"])
    if job["verb"] == "load":
        _load(files, place, path)
    elif job["verb"] == "save":
        _save(files, place, path, settings)
    else:
        files.rm(place, recursive=True)


def _place(settings: Mapping[str, Json]) -> str:
    bucket, key = str(settings.get("bucket") or ""), str(settings.get("key") or "")
    if not bucket or "/" in bucket:
        raise ArtifactError(f"{bucket!r} is not the name of a bucket")
    return f"{bucket}/{normal_key(key)}"


def _load(files: Any, place: str, path: Path) -> None:
    if files.isfile(place):
        files.get_file(place, str(path))
        return
    found = [each for each in files.find(place) if each != f"{place}/"]
    if not found:
        raise NoSuchArtifact(f"no artifact at key {place.partition('/')[2]}")
    for each in found:
        below = normal_key(each.removeprefix(f"{place}/"))
        target = path / below
        target.parent.mkdir(parents=True, exist_ok=True)
        files.get_file(each, str(target))


def _save(files: Any, place: str, path: Path, settings: Mapping[str, Json]) -> None:
    if settings.get("createBucketIfNotPresent") is not None and not files.exists(str(settings["bucket"])):
        files.mkdir(str(settings["bucket"]))
    check_tree(path)
    if path.is_file():
        files.put_file(str(path), place)
        return
    for each in sorted(path.rglob("*")):
        if each.is_file() and not each.is_symlink():
            files.put_file(str(each), f"{place}/{each.relative_to(path).as_posix()}")


def _file_system(kind: str, settings: Mapping[str, Json], secrets: Mapping[str, str]) -> Any:
    if kind not in _EXTRAS:
        raise ArtifactError(f"artifacts of kind {kind} cannot be read or written here yet")
    for name in _NOT_HONOURED:
        if settings.get(name):
            raise ArtifactError(f"{name} of an {kind} location is not honoured here yet")
    extra, module = _EXTRAS[kind]
    try:
        import fsspec

        make = fsspec.filesystem
        return make("s3", **_s3(settings, secrets)) if kind == "s3" else make("gcs", **_gcs(secrets))
    except ImportError as error:
        raise ArtifactError(
            f"{kind} artifacts need {module} ({error})", remedy=f"pip install 'tiphys[{extra}]'"
        ) from error


def _s3(settings: Mapping[str, Json], secrets: Mapping[str, str]) -> dict[str, Json]:
    endpoint = str(settings.get("endpoint") or "")
    options: dict[str, Json] = {
        "key": secrets.get("accessKeySecret") or None,
        "secret": secrets.get("secretKeySecret") or None,
        "token": secrets.get("sessionTokenSecret") or None,
        "use_listings_cache": False,
        "config_kwargs": {"retries": _RETRIES},
    }
    if endpoint and endpoint != "s3.amazonaws.com":
        options["endpoint_url"] = f"{'http' if settings.get('insecure') else 'https'}://{endpoint}"
    region = settings.get("region")
    if region and region != _DEFAULT_REGION:
        options["client_kwargs"] = {"region_name": str(region)}
    return options


def _gcs(secrets: Mapping[str, str]) -> dict[str, Json]:
    key = secrets.get("serviceAccountKeySecret")
    return {"token": json.loads(key)} if key else {}


def main() -> int:
    """Read the job, do it, and say what went wrong."""
    try:
        carry(json.load(sys.stdin))
    except NoSuchArtifact as error:
        sys.stderr.write(f"{error}\n")
        return NOT_FOUND
    except (ArtifactError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
