"""From whatever a user has to a workflow: kfp objects, IR, manifests, their text or their path.

The first Workflow found is the one that runs; a WorkflowTemplate, ClusterWorkflowTemplate or
CronWorkflow stands for the Workflow that it makes. Everything else found beside it is a resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tiphys.errors import BadInput, ManifestError
from tiphys.manifest.decoding import decode
from tiphys.manifest.yaml import load_documents
from tiphys.simulate.scripted import plain_text

Manifest = dict[str, Any]
_RUNNABLE: Final = ("Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A workflow with its arguments, the manifests beside it, and how values are written in it.

    `encode` turns a value into the text of an output parameter.
    """

    workflow: Manifest
    resources: tuple[Manifest, ...]
    encode: Callable[[object], str] = plain_text


def load(
    pipeline: object, arguments: Mapping[str, Any], resources: Sequence[Mapping[str, Any]] = ()
) -> Loaded:
    """The workflow that `pipeline` means, with these arguments."""
    documents = _documents(pipeline)
    return _loaded(documents, arguments, resources)


def _loaded(
    documents: list[Manifest], arguments: Mapping[str, Any], resources: Sequence[Mapping[str, Any]]
) -> Loaded:
    chosen = next(
        (each for kind in _RUNNABLE for each in documents if each.get("kind") == kind),
        None,
    )
    if chosen is None:
        raise BadInput(
            "there is no workflow here", remedy=f"Give a manifest of kind {' or '.join(_RUNNABLE)}."
        )
    beside = [each for each in documents if each is not chosen or each.get("kind") in _RUNNABLE[2:]]
    workflow = _with_arguments(_as_workflow(chosen), arguments, plain_text)
    known = tuple(_decoded(dict(each)) for each in (*beside, *resources))
    return Loaded(_decoded(workflow), known, plain_text)


def _documents(pipeline: object) -> list[Manifest]:
    if isinstance(pipeline, Mapping):
        return [dict(pipeline)]
    if isinstance(pipeline, Path):
        return _read(pipeline)
    if isinstance(pipeline, str):
        is_text = "\n" in pipeline or pipeline.lstrip().startswith("{")
        return _parse(pipeline, "") if is_text else _read(Path(pipeline))
    if isinstance(pipeline, Sequence) and all(isinstance(each, Mapping) for each in pipeline):
        return [dict(each) for each in pipeline]
    raise BadInput(
        f"cannot make a workflow of {type(pipeline).__name__}",
        remedy="Give a kfp pipeline, KFP IR, an Argo manifest, or the path of one of these.",
    )


def _read(path: Path) -> list[Manifest]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    return _parse(text, str(path))


def _parse(text: str | bytes, file: str) -> list[Manifest]:
    found = []
    for document in load_documents(text, file):
        if not isinstance(document.data, dict):
            raise ManifestError("this is no object", place=document.place())
        found.append(document.data)
    return found


def _as_workflow(manifest: Manifest) -> Manifest:
    """The Workflow that a manifest is, or makes."""
    metadata = manifest.get("metadata") or {}
    spec = manifest.get("spec") or {}
    name = metadata.get("name") or str(metadata.get("generateName", "")).removesuffix("-")
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}
    match manifest.get("kind"):
        case "CronWorkflow":
            made = {**(spec.get("workflowMetadata") or {}), "name": name}
            return {**head, "metadata": made, "spec": spec.get("workflowSpec") or {}}
        case "WorkflowTemplate" | "ClusterWorkflowTemplate" as kind:
            reference: Manifest = {"name": name}
            if kind == "ClusterWorkflowTemplate":
                reference["clusterScope"] = True
            made = {**(spec.get("workflowMetadata") or {}), "name": name}
            return {**head, "metadata": made, "spec": {"workflowTemplateRef": reference}}
        case _:
            return manifest


def _with_arguments(
    workflow: Manifest, arguments: Mapping[str, Any], encode: Callable[[object], str]
) -> Manifest:
    """The workflow with these values in `spec.arguments`; as `argo submit -p`."""
    if not arguments:
        return workflow
    spec = dict(workflow.get("spec") or {})
    own = dict(spec.get("arguments") or {})
    rest = dict(arguments)
    parameters = [
        {**each, "value": encode(rest.pop(each["name"]))} if each.get("name") in rest else each
        for each in own.get("parameters") or []
    ]
    parameters.extend({"name": name, "value": encode(value)} for name, value in rest.items())
    spec["arguments"] = {**own, "parameters": parameters}
    return {**workflow, "spec": spec}


def _decoded(manifest: Manifest) -> Manifest:
    kind = manifest.get("kind")
    if kind not in _RUNNABLE:
        return manifest
    decoded: Manifest = decode(manifest, f"v1alpha1.{kind}")
    return decoded
