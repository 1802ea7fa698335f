"""What Argo answers to a manifest: whether it decodes, and what its three validations say of it.

`controller` is what the controller finds when the run starts, `submit` what the server finds before,
`lint` what `argo lint` finds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import yaml

from tiphys.errors import ManifestError
from tiphys.manifest.decoding import decode, read
from tiphys.manifest.fields import CLUSTER_WORKFLOW_TEMPLATE, CRON_WORKFLOW, WORKFLOW, WORKFLOW_TEMPLATE
from tiphys.manifest.yaml import Document, load_documents
from tiphys.validation.cron import check_cron_workflow
from tiphys.validation.invalid import Invalid
from tiphys.validation.templates import Getters
from tiphys.validation.workflow import (
    LONGEST_NAME,
    Found,
    Mode,
    check_name_length,
    check_template_object,
    check_workflow,
)

Json = Any
Check = Callable[[Mapping[str, Json], Getters, Mode, Found | None], None]

TYPES: Final = {
    "Workflow": WORKFLOW,
    "WorkflowTemplate": WORKFLOW_TEMPLATE,
    "ClusterWorkflowTemplate": CLUSTER_WORKFLOW_TEMPLATE,
    "CronWorkflow": CRON_WORKFLOW,
}
_MODES: Final[dict[str, tuple[Mode, ...]]] = {
    "Workflow": ("controller", "submit", "lint"),
    "WorkflowTemplate": ("controller", "lint"),
    "ClusterWorkflowTemplate": ("controller", "lint"),
    "CronWorkflow": ("controller",),
}


def answers(manifest: str, resources: Sequence[str] = ()) -> dict[str, str]:
    """Return Argo's answers to the text of one manifest; the message is "ok" where it accepts.

    >>> answers("kind: Workflow")["controller"]
    'spec.entrypoint is required'
    """
    try:
        documents = load_documents(manifest, strict=False)
    except ManifestError as error:
        return {"yamlError": f"error converting YAML to JSON: {_as_go(error)}"}
    data = documents[0].data if documents else {}
    kind = data.get("kind") if isinstance(data, dict) else ""
    if kind not in TYPES:
        shown = "" if kind is None else str(kind)
        return {"kind": shown, "kindError": f'kind "{shown}"'}
    found = {"kind": kind, "strictParse": _parse_strictly(documents[0], TYPES[kind])}
    try:
        value = read(data, TYPES[kind])
    except ManifestError as error:
        return {**found, "parse": error.message}
    getters = getters_of(
        document.data for text in resources for document in load_documents(text, strict=False)
    )
    verdicts = {mode: check(value, kind, getters, mode) for mode in _MODES[kind]}
    return {
        **found,
        "parse": "ok",
        **{mode: str(error) if error else "ok" for mode, error in verdicts.items()},
    }


def check(value: Mapping[str, Json], kind: str, getters: Getters, mode: Mode) -> Invalid | None:
    """Validate an object that `manifest.decoding.read` has read; return what Argo refuses first."""
    try:
        _CHECKS[kind](value, getters, mode, None)
    except Invalid as error:
        return error
    return None


def check_all(value: Mapping[str, Json], kind: str, getters: Getters, mode: Mode) -> list[Invalid]:
    """As `check`, but find all that Argo refuses; the first of them is the one that Argo shows."""
    found: list[Invalid] = []
    try:
        _CHECKS[kind](value, getters, mode, found)
    except Invalid as error:
        found.append(error)
    return found


def validate_workflow(
    workflow: Mapping[str, Json], resources: Sequence[Mapping[str, Json]] = (), mode: Mode = "controller"
) -> str | None:
    """Return Argo's message if it refuses the workflow, None if it accepts.

    `resources` are the WorkflowTemplates and ClusterWorkflowTemplates that exist.
    """
    kind = str(workflow.get("kind") or "Workflow")
    try:
        value = read(workflow, TYPES[kind])
    except ManifestError as error:
        return error.message
    found = check(value, kind, getters_of(resources), mode)
    return found.message if found else None


def getters_of(resources: Any) -> Getters:
    """The (Cluster)WorkflowTemplates among some objects; those that do not decode are left out."""
    found: dict[str, dict[str, Json]] = {"WorkflowTemplate": {}, "ClusterWorkflowTemplate": {}}
    for resource in resources:
        kind = resource.get("kind") if isinstance(resource, Mapping) else None
        if kind in found:
            value = _read_or_nothing(resource, TYPES[kind])
            found[kind][(value.get("metadata") or {}).get("name") or ""] = value
    return Getters(found["WorkflowTemplate"], found["ClusterWorkflowTemplate"])


def _read_or_nothing(resource: Mapping[str, Json], type: str) -> dict[str, Json]:
    try:
        value: dict[str, Json] = read(resource, type)
    except ManifestError:
        return {}
    return value


def _parse_strictly(document: Document, type: str) -> str:
    if document.repeated:
        lines = "".join(
            f'\n  line {key.line}: key "{key.key}" already set in map' for key in document.repeated
        )
        return f"error converting YAML to JSON: yaml: unmarshal errors:{lines}"
    try:
        decode(document.data, type, strict=True)
    except ManifestError as error:
        return error.message
    return "ok"


def _check_workflow_template(
    value: Mapping[str, Json], getters: Getters, mode: Mode, found: Found | None
) -> None:
    check_name_length((value.get("metadata") or {}).get("name") or "", "workflow template", LONGEST_NAME)
    check_template_object(value, getters, mode, found)


def _check_cluster_workflow_template(
    value: Mapping[str, Json], getters: Getters, mode: Mode, found: Found | None
) -> None:
    what = "cluster workflow template"
    check_name_length((value.get("metadata") or {}).get("name") or "", what, LONGEST_NAME)
    check_template_object(value, getters, mode, found)


_CHECKS: Final[dict[str, Check]] = {
    "Workflow": check_workflow,
    "WorkflowTemplate": _check_workflow_template,
    "ClusterWorkflowTemplate": _check_cluster_workflow_template,
    "CronWorkflow": check_cron_workflow,
}


def _as_go(error: ManifestError) -> str:
    """The message of Go's YAML reader, which counts lines in its own way."""
    cause = error.__cause__
    if isinstance(cause, yaml.reader.ReaderError):
        return f"yaml: {cause.reason}"
    if not isinstance(cause, yaml.MarkedYAMLError):
        return f"yaml: {error.message}"
    line = 0
    if cause.problem_mark is not None and cause.problem_mark.line:
        line = cause.problem_mark.line + (1 if isinstance(cause, yaml.scanner.ScannerError) else 0)
    elif cause.context_mark is not None:
        line = cause.context_mark.line
    where = f"line {line}: " if line else ""
    return f"yaml: {where}{cause.problem}"
