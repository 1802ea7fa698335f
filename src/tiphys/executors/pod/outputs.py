"""What a pod hands back, read as argoexec reads it after the main container ended.

The result, then the output parameters in their order, then the artifacts; also of a pod that failed.
What cannot be saved becomes the message of the `wait` container.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tiphys.artifacts.stores import Stores
from tiphys.errors import ArtifactError
from tiphys.executors.pod.layout import Layout
from tiphys.failpoints import failpoint

Json = Any

LARGEST_PARAMETER: Final = 16 << 20


@dataclass(slots=True)
class Collected:
    """The outputs in Argo's form, what went wrong, and where the artifacts lie."""

    outputs: dict[str, Json] = field(default_factory=dict)
    trouble: str = ""
    saved: dict[str, dict[str, Json]] = field(default_factory=dict)


def collect(template: Mapping[str, Json], layout: Layout, stores: Stores, token: str, result: str | None) -> Collected:
    """Read and save everything that the template declares."""
    collected = Collected()
    declared = template.get("outputs") or {}
    if result is not None:
        collected.outputs["result"] = result
    parameters = declared.get("parameters") or []
    if parameters:
        collected.outputs["parameters"] = _parameters(parameters, layout, collected)
    failpoint("outputs.read")
    artifacts = declared.get("artifacts") or []
    if artifacts:
        collected.outputs["artifacts"] = _artifacts(artifacts, parameters, layout, stores, token, collected)
    return collected


def _parameters(declared: Sequence[Mapping[str, Json]], layout: Layout, collected: Collected) -> list[dict[str, Json]]:
    reported = []
    for parameter in declared:
        source = parameter.get("valueFrom") or {}
        path = source.get("path")
        if collected.trouble or not path:
            reported.append(dict(parameter))
            continue
        try:
            text = _content(layout.inside(path))
        except (OSError, ValueError) as error:
            if source.get("default") is None:
                collected.trouble = _open_failure(path, error)
                reported.append(dict(parameter))
                continue
            text = _text(source["default"])
        reported.append({**parameter, "value": text.removesuffix("\n")})
    return reported


def _open_failure(path: str, error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"open /mainctrfs{path}: no such file or directory"
    if isinstance(error, IsADirectoryError):
        return f"read /mainctrfs{path}: is a directory"
    if isinstance(error, OSError):
        return f"open /mainctrfs{path}: {(error.strerror or 'failed').lower()}"
    return f"open /mainctrfs{path}: {error}"


def _content(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(LARGEST_PARAMETER + 1)
    if len(data) > LARGEST_PARAMETER:
        raise ValueError(f"larger than {LARGEST_PARAMETER} bytes; use an artifact")
    return data.decode("utf-8", "replace")


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _artifacts(
    declared: Sequence[Mapping[str, Json]],
    parameters: Sequence[Mapping[str, Json]],
    layout: Layout,
    stores: Stores,
    token: str,
    collected: Collected,
) -> list[dict[str, Json]]:
    reported, trouble = [], ""
    for artifact in declared:
        name, path = artifact["name"], str(artifact.get("path") or "").rstrip("/")
        try:
            if not path:
                raise ArtifactError(f"Artifact '{name}' did not specify a path")
            source = layout.inside(path)
            if not source.exists():
                if not artifact.get("optional"):
                    trouble += f"artifact {name} failed to save: path {artifact['path']} not found; "
                continue
            others = [each for each in declared if each is not artifact]
            keep = layout.mount_of(path) is not None or _is_shared(path, others)
            saved_as, saved = stores.save(source, artifact, f"{token}.{name}", keep=keep)
            reported.append(saved_as)
            collected.saved[name] = {"path": saved.path, "digest": saved.digest, "size": saved.size}
        except (ArtifactError, OSError, ValueError) as error:
            trouble += f"artifact {name} failed to save: {error}; "
    if trouble and not collected.trouble:
        collected.trouble = trouble
    return reported


def _is_shared(path: str, others: Sequence[Mapping[str, Json]]) -> bool:
    """Whether another artifact lies at the same path, inside it, or around it."""
    paths = [str(other.get("path") or "").rstrip("/") for other in others]
    return any(f"{other}/".startswith(f"{path}/") or f"{path}/".startswith(f"{other}/") for other in paths)
