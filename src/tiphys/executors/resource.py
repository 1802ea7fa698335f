"""Resource templates, done against the run's own objects as kubectl does them against a cluster.

There is no process: the attempt's record is written at once. Doing it twice is harmless, since an object
remembers the pod that made it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tiphys.errors import ExecutorError, ManifestError, TiphysError
from tiphys.executors import conditions, kubectl_path
from tiphys.executors.objects import Object, Objects, name_of
from tiphys.executors.pod import attempt as files
from tiphys.executors.port import Attempt, Hub, Report
from tiphys.manifest.yaml import load_documents

Json = Any

_MADE_BY: Final = "tiphys.io/made-by"
_CANNOT: Final = 64
_JQ_SECONDS: Final = 20


class ResourceExecutor:
    """Does resource templates."""

    name = "resource"

    def __init__(self, hub: Hub, objects: Objects) -> None:
        self.hub = hub
        self.objects = objects

    def start(self, attempt: Attempt) -> None:
        """Do the template, write the record, and tell."""
        template = attempt.start.template
        parameters: list[dict[str, Json]] = []
        message = ""
        try:
            found = self._do(template["resource"], attempt.start.pod_name)
            parameters = _parameters(template, found)
        except TiphysError as error:
            message = str(error)
        main = {"name": "main", "exit_code": 0, "reason": "Completed"}
        if message:
            main = {"name": "main", "exit_code": _CANNOT, "reason": "Error", "message": message}
        status = {
            "phase": "Failed" if message else "Succeeded",
            "containers": [main],
            "outputs": {"parameters": parameters} if parameters else None,
        }
        files.write_record(attempt.directory, {"token": attempt.token, "status": status})
        self.hub.tell(Report(attempt.key, attempt.token, "ended"))

    def stop(self, attempt: Attempt, grace: float) -> None:
        """It is over already."""

    def close(self) -> None:
        """Nothing is held."""

    def _do(self, resource: Mapping[str, Json], maker: str) -> Object | None:
        action = str(resource.get("action", ""))
        given = _manifest(resource)
        kind, name = str(given.get("kind") or ""), name_of(given, maker)
        present = self.objects.get(kind, name) if kind and name else None
        if action == "delete":
            self.objects.remove(kind, name)
            return None
        if action == "get":
            found = present
        elif action == "create":
            if present is not None and present["metadata"]["annotations"].get(_MADE_BY) != maker:
                raise ExecutorError(
                    f'no more retries Error from server (AlreadyExists): {kind} "{name}" already exists'
                )
            found = self.objects.put(given, maker=maker)
        elif action == "apply":
            found = self.objects.put(_merge(present, given) if present else given, maker=maker)
        elif action == "replace":
            found = self.objects.put(given, maker=maker) if present else None
        elif action == "patch":
            found = self.objects.put(_patched(present, given, resource), maker=maker) if present else None
        else:
            raise ExecutorError(f"action {action!r} of a resource template is not known")
        if found is None:
            raise ExecutorError(f'no more retries Error from server (NotFound): {kind} "{name}" not found')
        _judge(resource, found)
        return found


def _manifest(resource: Mapping[str, Json]) -> dict[str, Json]:
    if resource.get("manifestFrom"):
        raise ExecutorError("manifestFrom is not read on this machine yet", remedy="write the manifest inline")
    if resource.get("flags"):
        raise ExecutorError("flags of kubectl mean nothing on this machine", remedy="write a full manifest")
    try:
        documents = load_documents(str(resource.get("manifest") or ""), "manifest")
    except ManifestError as error:
        raise ExecutorError(str(error)) from error
    if len(documents) != 1 or not isinstance(documents[0].data, dict):
        raise ExecutorError("the manifest of a resource template holds one object")
    return documents[0].data


def _merge(old: Mapping[str, Json], patch: Mapping[str, Json]) -> Object:
    """RFC 7396."""
    merged = dict(old)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            inner = merged.get(name)
            merged[name] = _merge(inner if isinstance(inner, dict) else {}, value)
        else:
            merged[name] = value
    return merged


def _patched(present: Object, given: Mapping[str, Json], resource: Mapping[str, Json]) -> Object:
    if resource.get("mergeStrategy") == "json":
        raise ExecutorError("JSON patches are not done on this machine yet", remedy="use mergeStrategy: merge")
    return _merge(present, given)


def _judge(resource: Mapping[str, Json], found: Object) -> None:
    """Hold the conditions against the object, as it stands: nothing here would ever change it."""
    for requirement in conditions.parse(str(resource.get("failureCondition") or "")):
        if requirement.matches(found):
            raise ExecutorError(f"failure condition '{requirement}' evaluated true")
    open_ones = conditions.unmet(conditions.parse(str(resource.get("successCondition") or "")), found)
    if open_ones:
        raise ExecutorError(
            f"success condition '{open_ones[0]}' does not hold, and no controller on this machine will make it hold",
            remedy="run the workflow on a cluster",
        )


def _parameters(template: Mapping[str, Json], found: Object | None) -> list[dict[str, Json]]:
    reported = []
    for parameter in (template.get("outputs") or {}).get("parameters") or []:
        source = parameter.get("valueFrom") or {}
        if found is None:
            reported.append({**parameter, "value": str(source.get("default") or "")})
        elif path := source.get("jsonPath"):
            reported.append({**parameter, "value": kubectl_path.render(str(path), found)})
        elif program := source.get("jqFilter"):
            reported.append({**parameter, "value": _filtered(str(program), found)})
        else:
            reported.append(dict(parameter))
    return reported


def _filtered(program: str, found: Object) -> str:
    words: Sequence[str] = ["jq", "--raw-output", "--compact-output", "--", program]
    try:
        done = subprocess.run(  # noqa: S603 (a list; the program stands behind `--`)
            words,
            input=json.dumps(found),
            capture_output=True,
            text=True,
            timeout=_JQ_SECONDS,
            env={},
            check=False,
        )
    except FileNotFoundError:
        raise ExecutorError("jqFilter needs jq", remedy="install jq, or use jsonPath") from None
    except subprocess.TimeoutExpired:
        raise ExecutorError(f"jq took longer than {_JQ_SECONDS} s") from None
    if done.returncode:
        raise ExecutorError(done.stderr.strip())
    return done.stdout.strip()
