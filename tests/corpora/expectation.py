"""Compare a run with what a corpus case must yield (`format: tiphys-expect/1`).

A case is `X.expect.json` beside `X.yaml`; each of its `runs` is executed in a working folder of its own,
for which `@WD@` stands in the arguments. Differences come back as sentences; no difference, no sentence.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Observed:
    """What a run gave: the document of `tiphys run --output json`, and a reader of logs by path."""

    document: Mapping[str, Any]
    log: Callable[[str], str]
    folder: Path

    @property
    def phase(self) -> str:
        return str(self.document["run"]["phase"])


@dataclass
class Case:
    """One `X.expect.json`."""

    path: Path
    expected: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.expected = json.loads(self.path.read_text())

    @property
    def name(self) -> str:
        return self.path.name.removesuffix(".expect.json")

    @property
    def manifest(self) -> Path:
        return self.path.with_name(self.name + ".yaml")

    @property
    def source(self) -> Path:
        return self.path.with_name(self.name + ".py")

    @property
    def runs(self) -> list[dict[str, Any]]:
        return list(self.expected["runs"])


def cases(folder: Path) -> list[Case]:
    """All cases of a folder, by name."""
    return [Case(path) for path in sorted(folder.glob("*.expect.json"))]


def fill_folder(value: Any, folder: Path) -> Any:
    """`@WD@` replaced in every text of `value`."""
    if isinstance(value, str):
        return value.replace("@WD@", str(folder))
    if isinstance(value, list):
        return [fill_folder(entry, folder) for entry in value]
    if isinstance(value, dict):
        return {key: fill_folder(entry, folder) for key, entry in value.items()}
    return value


def prepare(run: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Write the run's `setup_files`; its arguments with the folder filled in."""
    for name, text in (run.get("setup_files") or {}).items():
        target = folder / name.replace("@WD@/", "")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    arguments: dict[str, Any] = fill_folder(run.get("arguments") or {}, folder)
    return arguments


def differences(run: Mapping[str, Any], seen: Observed) -> list[str]:
    """How what was seen differs from what `run` demands."""
    return [text for part in (_status, _outputs, _tasks, _files, _counts, _order) for text in part(run, seen)]


def _status(run: Mapping[str, Any], seen: Observed) -> Iterator[str]:
    allowed = [run.get("status_on_argo") or run.get("status"), *(run.get("status_any") or [])]
    if allowed != [None] and seen.phase not in allowed:
        yield f"status: {seen.phase}, not {' or '.join(allowed)} ({seen.document['run'].get('message', '')})"


def _outputs(run: Mapping[str, Any], seen: Observed) -> Iterator[str]:
    for name, wanted in (run.get("outputs") or {}).items():
        if is_artifact(wanted):
            yield from _artifact("", name, wanted["artifact"], seen)
        elif name not in seen.document["outputs"]:
            yield f"outputs.{name}: absent, not {wanted!r}"
        elif not equal(seen.document["outputs"][name], fill_folder(wanted, seen.folder)):
            yield f"outputs.{name}: {seen.document['outputs'][name]!r}, not {wanted!r}"


def _tasks(run: Mapping[str, Any], seen: Observed) -> Iterator[str]:
    for path, wanted in (run.get("tasks") or {}).items():
        task = find_task(seen.document["tasks"], path)
        state = task.get("state", "absent")
        if wanted.get("state", "Any") not in ("Any", state):
            yield f"{path}: {state}, not {wanted['state']} ({task.get('message', '')})"
            continue
        if "attempts" in wanted and task.get("attempts") != wanted["attempts"]:
            yield f"{path}: {task.get('attempts')} attempts, not {wanted['attempts']}"
        for name, value in (wanted.get("outputs") or {}).items():
            yield from _task_output(path, task, name, value, seen)
        if "log" in wanted and wanted["log"] not in (log := seen.log(path)):
            yield f"{path}: log is {log[-300:]!r}, lacks {wanted['log']!r}"


def _task_output(path: str, task: Mapping[str, Any], name: str, wanted: Any, seen: Observed) -> Iterator[str]:
    if is_artifact(wanted):
        yield from _artifact(path, name, wanted["artifact"], seen)
        return
    outputs = task.get("outputs", {})
    last = path.rpartition("/")[2].partition("[")[0]
    spelt = re.sub(r"[^A-Za-z0-9-]+", "-", name)
    ending = [key for key in outputs if key.endswith(f"-{spelt}")]
    for key in (name, spelt, f"{last}-{spelt}", f"{last}-{name}", *ending):
        if key in outputs:
            if not equal(outputs[key], fill_folder(wanted, seen.folder)):
                yield f"{path}.{name}: {outputs[key]!r}, not {wanted!r}"
            return
    for artifact in _artifacts_of(path, {name, spelt, f"{last}-{spelt}"}, seen):
        text = Path(artifact["path"]).read_text()
        if not equal(text.removesuffix("\n"), wanted) and text != wanted:
            yield f"{path}.{name}: artifact with {text!r}, not {wanted!r}"
        return
    if name == "result" and not outputs:
        # Argo keeps what a task printed only where another task asks for it.
        if wanted not in (log := seen.log(path)):
            yield f"{path}.result: log is {log[-300:]!r}, lacks {wanted!r}"
        return
    yield f"{path}.{name}: absent (there are {sorted(outputs)}), not {wanted!r}"


def _artifacts_of(path: str, names: set[str], seen: Observed) -> Iterator[Mapping[str, Any]]:
    node = find_path(seen.document["tasks"], path) if path else seen.document["run"]["name"]
    for artifact in seen.document["artifacts"]:
        fits = artifact["name"] in names or any(artifact["name"].endswith(f"-{name}") for name in names)
        if fits and artifact.get("task", "") == node:
            yield artifact


def _artifact(path: str, name: str, wanted: Mapping[str, Any], seen: Observed) -> Iterator[str]:
    found = next(_artifacts_of(path, {name}, seen), None)
    label = f"{path}.{name}" if path else f"outputs.{name}"
    if found is None:
        yield f"{label}: no such artifact"
        return
    if "schema_title" in wanted and found.get("type") != wanted["schema_title"]:
        yield f"{label}: type {found.get('type')}, not {wanted['schema_title']}"
    for key, value in (wanted.get("metadata") or {}).items():
        if not equal((found.get("metadata") or {}).get(key), value):
            yield f"{label}: metadata {key} is {(found.get('metadata') or {}).get(key)!r}, not {value!r}"
    if "uri" in wanted and not equal(found.get("uri"), fill_folder(wanted["uri"], seen.folder)):
        yield f"{label}: uri {found.get('uri')}, not {wanted['uri']}"
    if "content" in wanted and Path(found["path"]).read_text() != wanted["content"]:
        yield f"{label}: content {Path(found['path']).read_text()!r}, not {wanted['content']!r}"
    for file, text in (wanted.get("files") or {}).items():
        if (Path(found["path"]) / file).read_text() != text:
            yield f"{label}: file {file} differs"


def _files(run: Mapping[str, Any], seen: Observed) -> Iterator[str]:
    for name, text in (run.get("files") or {}).items():
        file = seen.folder / name.replace("@WD@/", "")
        if not file.is_file():
            yield f"file {name}: absent"
        elif file.read_text() != text:
            yield f"file {name}: {file.read_text()!r}, not {text!r}"


def _counts(run: Mapping[str, Any], seen: Observed) -> Iterator[str]:
    nodes = seen.document["status"].get("nodes", {}).values()
    for template, wanted in (run.get("counts") or {}).items():
        found = sum(node["type"] == "Pod" and node.get("templateName") == template for node in nodes)
        if found != wanted:
            yield f"counts.{template}: {found}, not {wanted}"


def _order(run: Mapping[str, Any], seen: Observed) -> Iterator[str]:
    for earlier, later in run.get("order") or []:
        first, second = (find_task(seen.document["tasks"], path) for path in (earlier, later))
        if not first.get("finishedAt") or not second.get("startedAt"):
            yield f"order {earlier} < {later}: one of them did not run"
        elif first["finishedAt"] > second["startedAt"]:
            yield f"order: {later} started before {earlier} ended"


def is_artifact(value: Any) -> bool:
    """True for the value form `{"artifact": {…}}`."""
    return isinstance(value, dict) and list(value) == ["artifact"]


def find_path(tasks: Mapping[str, Any], path: str) -> str:
    """The key of `tasks` for a path of the case: itself, or without condition groups that were folded."""
    if path in tasks:
        return path
    parts = path.split("/")
    shorter = [part for part in parts if not part.startswith("condition-")]
    for candidate in ("/".join(shorter),):
        if candidate in tasks:
            return candidate
    return path


def find_task(tasks: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The task of that path; inside a group that did not run, a task shares the group's state."""
    found = tasks.get(find_path(tasks, path))
    if found is not None:
        return dict(found)
    while "/" in path or path.endswith("]"):
        path = path.rpartition("[")[0] if path.endswith("]") else path.rpartition("/")[0]
        above = tasks.get(find_path(tasks, path))
        if above is not None and above["state"] in ("Skipped", "Omitted"):
            return {"state": above["state"]}
    return {}


def equal(found: Any, wanted: Any) -> bool:
    """Equality with the value forms `any`, `string`, `float`; numbers are compared as JSON numbers."""
    if isinstance(wanted, dict) and len(wanted) == 1:
        form, inner = next(iter(wanted.items()))
        if form == "any":
            return any(equal(found, each) for each in inner)
        if form == "string" and isinstance(inner, dict):
            text = found if isinstance(found, str) else json.dumps(found)
            digest = hashlib.sha256(text.encode()).hexdigest()
            return len(text) == inner["length"] and digest == inner["sha256"]
        if form == "float":
            return isinstance(found, float) and math.isnan(found) if inner == "nan" else found == float(inner)
    if isinstance(wanted, bool) or isinstance(found, bool):
        return found is wanted
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(equal(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(equal, found, wanted))
    return bool(found == wanted)
