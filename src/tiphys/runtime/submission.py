"""A new run out of documents: its name, its parameters, its labels, as `argo submit` sets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tiphys.engine.run import Run
from tiphys.errors import BadInput
from tiphys.runtime.clock import new_suffix, new_uid
from tiphys.runtime.rows import fresh_run
from tiphys.runtime.surroundings import encode_documents
from tiphys.store.files import checked_name
from tiphys.store.records import RunRow

Json = Any


@dataclass(frozen=True, slots=True)
class Submission:
    """What is to run: documents (the Workflow first) and what `argo submit` may change of it.

    `options` are the caller's own, stored with the run (the file it came from, the pipeline's name).
    """

    documents: Sequence[Mapping[str, Json]]
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    entrypoint: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Json] = field(default_factory=dict)


def new_run(submission: Submission, namespace: str, now: float) -> tuple[Run, list[dict[str, Json]]]:
    """The run, and its documents with everything filled in."""
    if not submission.documents or submission.documents[0].get("kind") != "Workflow":
        raise BadInput("the first document is not a Workflow", remedy="give a Workflow, or compile the pipeline")
    workflow = msgspec.to_builtins(submission.documents[0])
    metadata = workflow.setdefault("metadata", {})
    name = checked_name(submission.name or _name(metadata))
    metadata["name"] = name
    metadata.setdefault("namespace", namespace)
    if submission.labels:
        metadata["labels"] = {**(metadata.get("labels") or {}), **submission.labels}
    spec = workflow.setdefault("spec", {})
    if submission.entrypoint:
        spec["entrypoint"] = submission.entrypoint
    if submission.parameters:
        _set_parameters(spec, submission.parameters)
    run = fresh_run(workflow, new_uid(), float(int(now)))
    return run, [workflow, *(dict(each) for each in submission.documents[1:])]


def run_row(run: Run, documents: Sequence[Mapping[str, Json]], options: Mapping[str, Json]) -> RunRow:
    """The row of a new run."""
    return RunRow(
        name=run.name,
        namespace=run.namespace,
        uid=run.uid,
        created_at=run.created_at,
        manifest=encode_documents(documents),
        options=msgspec.json.encode(options),
    )


def _name(metadata: Mapping[str, Json], suffix: Callable[[], str] = new_suffix) -> str:
    if name := metadata.get("name"):
        return str(name)
    if prefix := metadata.get("generateName"):
        return f"{str(prefix)[:248]}{suffix()}"
    raise BadInput("the workflow has neither a name nor generateName", remedy="add one to its metadata")


def _set_parameters(spec: dict[str, Json], given: Mapping[str, str]) -> None:
    """Values for the workflow's parameters; one that it does not declare is added, as Argo does."""
    arguments = spec["arguments"] = dict(spec.get("arguments") or {})
    declared = [dict(each) for each in arguments.get("parameters") or []]
    missing = dict(given)
    for parameter in declared:
        if parameter.get("name") in missing:
            parameter["value"] = missing.pop(parameter["name"])
            parameter.pop("valueFrom", None)
    arguments["parameters"] = declared + [{"name": name, "value": value} for name, value in missing.items()]
