"""A run as one JSON document: what `--output json` prints, for real, stored and simulated runs alike.

`status` is Argo's own; `tasks` says the same by path, with values decoded where the manifest was compiled
from a pipeline, whose parameters travel as JSON texts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from tiphys.engine.paths import is_attempt, node_paths
from tiphys.engine.run import Node, Run
from tiphys.engine.status import workflow_object
from tiphys.messages.component import PIPELINE_ANNOTATION
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodeType
from tiphys.report.summary import summarise


def run_document(
    run: Run,
    artifacts: Iterable[Mapping[str, Json]] = (),
    *,
    locate: Callable[[str], str] = lambda uri: "",
    stuck: str = "",
    notes: Iterable[str] = (),
) -> dict[str, Json]:
    """The whole document.

    `artifacts` are those that a store knows of: mappings with `nodeId`, `name`, `uri`, `path` (absolute,
    on this machine), `digest`. `locate` says where a URI lies on this machine ("" if nowhere). `stuck` is
    what the run would wait for for ever; `notes` what the user should know beside the result.
    """
    decode = is_compiled(run)
    paths = _task_paths(run, decode)
    root = run.nodes.get(run.name)
    outputs = _values(root, decode) if root else {}
    for parameter in run.outputs.parameters if run.outputs else []:
        outputs.setdefault(str(parameter["name"]), _value(parameter, decode))
    tasks: dict[str, Json] = {}
    for node in run.nodes.values():
        if _is_task(node):
            tasks.setdefault(paths[node.id], _task(run, node, decode))
    summary = summarise(run)
    document: dict[str, Json] = {
        "run": {
            "name": run.name,
            "namespace": run.namespace,
            "uid": run.uid,
            "phase": str(run.phase),
            "message": run.message,
            "startedAt": _moment(run.started_at),
            "finishedAt": _moment(run.finished_at),
        },
        "failures": summary.failures,
        "outputs": outputs,
        "tasks": tasks,
        "artifacts": _artifacts(run, paths, artifacts, decode, locate),
        "status": workflow_object(run)["status"],
    }
    if stuck:
        document["stuck"] = stuck
    if told := list(notes):
        document["notes"] = told
    return document


def _task_paths(run: Run, decode: bool) -> dict[str, str]:
    """Node id → path as the pipeline's author thinks of it.

    A loop with a limit is compiled to a DAG that holds the loop, both of the same name: they are one.
    """
    paths = node_paths(run)
    if not decode:
        return paths
    return {node_id: _WRAPPED_LOOP.sub(r"\1\2", path) for node_id, path in paths.items()}


_WRAPPED_LOOP = re.compile(r"(^|/)([^/\[]*loop-\d+)/\2(?=\[|$)")


def is_compiled(run: Run) -> bool:
    """True when the manifest came out of our compiler: its values are JSON texts."""
    return PIPELINE_ANNOTATION in run.annotations


def decoded(text: str) -> Json:
    """The value of a JSON text; the text itself if it is none (a task may write what it likes)."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_task(node: Node) -> bool:
    return node.type not in (NodeType.STEP_GROUP, NodeType.CONTAINER)


def _task(run: Run, node: Node, decode: bool) -> dict[str, Json]:
    task: dict[str, Json] = {
        "state": str(node.phase),
        "type": str(node.type),
        "template": node.template_name,
        "message": node.message,
        "nodeId": node.id,
        "startedAt": _moment(node.started_at),
        "finishedAt": _moment(node.finished_at),
        "outputs": _values(node, decode),
    }
    if node.type is NodeType.RETRY:
        task["attempts"] = sum(is_attempt(run.nodes[child]) for child in node.children if child in run.nodes)
    elif node.type is NodeType.POD:
        task["attempts"] = 1
    return {key: value for key, value in task.items() if value not in ("", None)}


def _values(node: Node, decode: bool) -> dict[str, Json]:
    if node.outputs is None:
        return {}
    artifacts = {artifact.get("name") for artifact in node.outputs.artifacts}
    values = {
        str(parameter["name"]): _value(parameter, decode)
        for parameter in node.outputs.parameters
        if parameter.get("value") is not None and not (decode and parameter["name"] in artifacts)
    }
    if node.outputs.result is not None:
        values["result"] = node.outputs.result
    return values


def _value(parameter: Mapping[str, Json], decode: bool) -> Json:
    value = parameter.get("value")
    return decoded(value) if decode and isinstance(value, str) else value


def _artifacts(
    run: Run,
    paths: Mapping[str, str],
    stored: Iterable[Mapping[str, Json]],
    decode: bool,
    locate: Callable[[str], str],
) -> list[dict[str, Json]]:
    """Those that are stored, and those of KFP that are metadata alone or handed on by a group."""
    found: dict[tuple[str, str], dict[str, Json]] = {
        (str(entry["nodeId"]), str(entry["name"])): {"task": paths.get(str(entry["nodeId"]), ""), **entry}
        for entry in stored
    }
    for node in run.nodes.values() if decode else ():
        for parameter in node.outputs.parameters if node.outputs else []:
            described = _described(parameter.get("value"))
            if described:
                key = (node.id, str(parameter["name"]))
                fresh = {"task": paths[node.id], "nodeId": node.id, "name": parameter["name"]}
                entry = found.setdefault(key, fresh)
                entry.update(described)
                if "path" not in entry and (path := locate(str(described["uri"]))):
                    entry["path"] = path
    return list(found.values())


def _described(text: Json) -> dict[str, Json]:
    """URI, type and metadata, if a text is the record of a KFP artifact; of a list, those of the first."""
    if not isinstance(text, str) or not text.startswith('[{"'):
        return {}
    record = decoded(text)
    first = record[0] if isinstance(record, list) else None
    if not isinstance(first, dict) or "uri" not in first or not isinstance(first.get("type"), dict):
        return {}
    kind = first["type"]
    described = {
        "uri": first["uri"],
        "type": kind.get("schemaTitle") or kind.get("instanceSchema"),
        "metadata": first.get("metadata"),
    }
    return {key: value for key, value in described.items() if value is not None}


def _moment(time: float | None) -> str | None:
    if time is None:
        return None
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
