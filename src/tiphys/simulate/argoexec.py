"""What Argo's executor would report of a scripted pod: its outputs, and what it could not save.

Follows `argoexec wait`: the result, then the output parameters in order, then the artifacts. Outputs
are reported of failed pods too; a parameter whose file is missing has its default, or none.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tiphys.engine import artifact_places
from tiphys.loading.arguments import as_argo_text
from tiphys.messages.decisions import StartPod
from tiphys.messages.outputs import Json, Outputs
from tiphys.simulate.outcomes import Outcome
from tiphys.simulate.values import Values, default_text

RESULT_KINDS: Final = ("container", "script", "data")
"""Template kinds whose standard output is the result; of a containerSet the container `main`."""

_KEYLESS: Final = ("git", "raw")


@dataclass(frozen=True, slots=True)
class Report:
    """The outputs of a pod, and why the executor failed to save them (empty if it did not)."""

    outputs: Outputs | None
    trouble: str = ""


def pod_report(start: StartPod, display_name: str, outcome: Outcome, values: Values, *, succeeded: bool) -> Report:
    """What the executor hands back for a pod that ended with this outcome."""
    template = start.template
    declared = template.get("outputs") or {}
    result = _result(template, display_name, outcome, succeeded) if start.include_result else None
    parameters, trouble = _parameters(start, display_name, outcome, values, succeeded)
    artifacts, loss = _artifacts(
        declared.get("artifacts") or [], template.get("archiveLocation") or {}, outcome, succeeded
    )
    if result is None and not parameters and not artifacts:
        return Report(None, trouble or loss)
    return Report(Outputs(parameters, artifacts, result), trouble or loss)


def task_report(template: Mapping[str, Json], display_name: str, outcome: Outcome) -> Outputs:
    """What the agent hands back for an HTTP or plugin task."""
    parameters = [
        {**parameter, "value": as_argo_text(outcome.parameters[parameter["name"]])}
        for parameter in (template.get("outputs") or {}).get("parameters") or []
        if outcome.parameters.get(parameter["name"]) is not None
    ]
    result = default_text(display_name) if outcome.result is None else outcome.result
    return Outputs(parameters, [], result)


def _result(template: Mapping[str, Json], display_name: str, outcome: Outcome, succeeded: bool) -> str | None:
    if not _has_result(template):
        return None
    if outcome.result is not None:
        return outcome.result.removesuffix("\n")
    return default_text(display_name) if succeeded else ""


def _has_result(template: Mapping[str, Json]) -> bool:
    containers = (template.get("containerSet") or {}).get("containers") or []
    # A pod's template comes without its container: what is neither a resource nor a set is one.
    if containers:
        return any(container.get("name") == "main" for container in containers)
    return not template.get("resource")


def _parameters(
    start: StartPod, display_name: str, outcome: Outcome, values: Values, succeeded: bool
) -> tuple[list[dict[str, Json]], str]:
    saved: list[dict[str, Json]] = []
    trouble = ""
    for parameter in (start.template.get("outputs") or {}).get("parameters") or []:
        source = parameter.get("valueFrom") or {}
        if trouble or not ("path" in source or "jsonPath" in source or "jqFilter" in source):
            saved.append(dict(parameter))
            continue
        name = parameter["name"]
        value = outcome.parameters.get(name)
        text = None if value is None else values.text(start, name, value)
        if text is None and succeeded and name not in outcome.parameters:
            text = values.default(start, display_name, name)
        if text is None:
            text = source.get("default")
        if text is None:
            saved.append(dict(parameter))
            trouble = f"open /mainctrfs{source.get('path', '')}: no such file or directory"
        else:
            saved.append({**parameter, "value": str(text).removesuffix("\n")})
    return saved, trouble


def _artifacts(
    declared: list[dict[str, Json]], archive: Mapping[str, Json], outcome: Outcome, succeeded: bool
) -> tuple[list[dict[str, Json]], str]:
    saved: list[dict[str, Json]] = []
    trouble = ""
    for artifact in declared:
        name = artifact["name"]
        exists = succeeded if outcome.artifacts is None else name in outcome.artifacts
        if exists:
            saved.append(located(artifact, archive))
        elif succeeded and not artifact.get("optional") and not trouble:
            trouble = f"artifact {name} failed to save: path {artifact.get('path', '')} not found; "
    return saved, trouble


def located(artifact: Mapping[str, Json], archive: Mapping[str, Json]) -> dict[str, Json]:
    """The artifact with its place: its own if that has a key, else one below the pod's archive location.

    >>> located({"name": "o", "path": "/tmp/o"}, {"s3": {"key": "wf/pod"}})["s3"]
    {'key': 'wf/pod/o.tgz'}
    """
    where = artifact_places.store(artifact)
    if where in _KEYLESS or (where and artifact_places.key(artifact)):
        return dict(artifact)
    place = {name: value for name, value in artifact.items() if name != where}
    kind = artifact_places.store(archive) or "s3"
    key = str((archive.get(kind) or {}).get("key", ""))
    return {**place, kind: {"key": posixpath.join(key, _file_name(artifact))}}


def _file_name(artifact: Mapping[str, Json]) -> str:
    strategy = artifact.get("archive") or {}
    if "none" in strategy:
        return posixpath.basename(str(artifact.get("path", "")).rstrip("/"))
    return f"{artifact['name']}.zip" if "zip" in strategy else f"{artifact['name']}.tgz"
