"""The spec in force: the workflow's own, over its workflowTemplateRef, over the workflow defaults.

Also what Argo does to it before the first node: variables of the workflow are filled in everywhere
but in the templates, and `workflowMetadata` becomes labels and annotations.
https://github.com/argoproj/argo-workflows/blob/main/workflow/util/merge.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tiphys.engine.environment import Environment
from tiphys.engine.run import Run
from tiphys.errors import ManifestError, NodeError
from tiphys.expressions import expr, tags
from tiphys.expressions.ambient import NOTHING, Ambient
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import type_of
from tiphys.manifest.decoding import decode
from tiphys.manifest.fields import WORKFLOW_SPEC
from tiphys.manifest.strategic_merge import strategic_merge
from tiphys.messages.outputs import Json

_LABEL_VALUE: Final = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\Z")
_LABEL_WORDS: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    "regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_LONGEST_LABEL: Final = 63
_LOCATIONS: Final = ("artifactory", "azure", "gcs", "git", "hdfs", "http", "oss", "plugin", "raw", "s3")


def prepare(run: Run, environment: Environment) -> dict[str, Json]:
    """The spec with which `run` starts, as Argo decodes it; labels of defaults join those of the run.

    Raises `NodeError` when the referenced WorkflowTemplate is not there.
    """
    spec = _with_empty_steps(decode(run.manifest.get("spec") or {}, WORKFLOW_SPEC), run.manifest)
    defaults = environment.workflow_defaults
    default_spec = decode(defaults.get("spec") or {}, WORKFLOW_SPEC) if defaults else {}
    reference = spec.get("workflowTemplateRef")
    for kind, texts in (("labels", run.labels), ("annotations", run.annotations)):
        for name, value in ((defaults.get("metadata") or {}).get(kind) or {}).items():
            texts.setdefault(str(name), str(value))
    if reference is None:
        return _lay_over(spec, default_spec) if defaults else spec
    referenced = _referenced_spec(reference, environment)
    label = "cluster-workflow-template" if reference.get("clusterScope") else "workflow-template"
    run.labels[f"workflows.argoproj.io/{label}"] = str(reference.get("name", ""))
    return join(spec, referenced, default_spec)


def _with_empty_steps(spec: dict[str, Json], manifest: Mapping[str, Json]) -> dict[str, Json]:
    """The spec with `steps: []` where it is written: Go tells an empty list from none, its JSON does not."""
    written = (manifest.get("spec") or {}).get("templates") or ()
    empty = {each.get("name") for each in written if isinstance(each, Mapping) and each.get("steps") == []}
    if empty:
        templates = [
            {**each, "steps": []} if each.get("name") in empty else each for each in spec["templates"]
        ]
        spec = {**spec, "templates": templates}
    return spec


def join(
    spec: Mapping[str, Json], referenced: Mapping[str, Json], defaults: Mapping[str, Json]
) -> dict[str, Json]:
    """The three laid over each other, the first on top (JoinWorkflowSpec)."""
    joined = _lay_over(_lay_over(spec, referenced), defaults)
    joined.pop("suspend", None)
    if spec.get("suspend") is not None:
        joined["suspend"] = spec["suspend"]
    arguments = dict(joined.get("arguments") or {})
    for kind, merge in (("parameters", _whole_parameter), ("artifacts", _whole_artifact)):
        if arguments.get(kind):
            arguments[kind] = [merge(each, spec, referenced) for each in arguments[kind]]
    joined["arguments"] = arguments
    return joined


def fill_in(
    spec: Mapping[str, Json], variables: Mapping[str, str], ambient: Ambient = NOTHING
) -> dict[str, Json]:
    """`spec` with variables of the workflow filled in, but not in its templates; unknown ones stay."""
    rest = {name: value for name, value in spec.items() if name != "templates"}
    filled: dict[str, Json] = tags.replace_tree(
        rest, variables, allow_unresolved=True, ambient=ambient
    )
    if filled is rest:
        return dict(spec)
    return {name: filled.get(name, value) for name, value in spec.items()}


def apply_metadata(run: Run, variables: dict[str, str]) -> dict[str, str]:
    """Turn `workflowMetadata` into labels and annotations of the run.

    Returns the variables that became known by it; `variables` gets them too. Raises `NodeError`.
    """
    metadata = run.stored_spec.get("workflowMetadata")
    known: dict[str, str] = {}
    if metadata is None:
        return known
    for name, value in (metadata.get("labels") or {}).items():
        if wrong := _label_problems(value):
            raise NodeError(f"invalid label value {quote(value)} for label {quote(name)}: {wrong}")
        run.labels[name] = known[f"workflow.labels.{name}"] = value
    for name, value in (metadata.get("annotations") or {}).items():
        run.annotations[name] = known[f"workflow.annotations.{name}"] = value
    variables.update(known)
    for name, source in (metadata.get("labelsFrom") or {}).items():
        value = _computed_label(name, str(source.get("expression", "")), variables)
        run.labels[name] = known[f"workflow.labels.{name}"] = value
        variables[f"workflow.labels.{name}"] = value
    return known


def _computed_label(name: str, source: str, variables: Mapping[str, str]) -> str:
    try:
        value = expr.evaluate(source, variables)
    except expr.CompileFailure as failure:
        raise NodeError(
            f"failed to compile function for expression {quote(source)}: {failure.message}"
        ) from failure
    except expr.RunFailure as failure:
        raise NodeError(
            f"failed to evaluate label {quote(name)} expression {quote(source)}: {failure.message}"
        ) from failure
    if not isinstance(value, str):
        raise NodeError(
            f"failed to evaluate label {quote(name)} expression {quote(source)} evaluted to "
            f"{type_of(value).name if value is not None else '<nil>'} but must be a string"
        )
    if wrong := _label_problems(value):
        raise NodeError(
            f"invalid label value {quote(value)} for label {quote(name)} "
            f"and expression {quote(source)}: {wrong}"
        )
    return value


def _label_problems(value: str) -> str:
    problems = []
    if len(value.encode()) > _LONGEST_LABEL:
        problems.append(f"must be no more than {_LONGEST_LABEL} bytes")
    if not _LABEL_VALUE.match(value):
        problems.append(_LABEL_WORDS)
    return ";".join(problems)


def _referenced_spec(reference: Mapping[str, Json], environment: Environment) -> dict[str, Json]:
    name, cluster = str(reference.get("name", "")), bool(reference.get("clusterScope"))
    found = (environment.cluster_workflow_templates if cluster else environment.workflow_templates).get(name)
    if found is None:
        kind = "clusterworkflowtemplate" if cluster else "workflowtemplate"
        raise NodeError(f'{kind}.argoproj.io "{name}" not found')
    spec: dict[str, Json] = decode(found.get("spec") or {}, WORKFLOW_SPEC)
    return spec


def _lay_over(spec: Mapping[str, Json], below: Mapping[str, Json]) -> dict[str, Json]:
    """`spec` merged into what lies below it; hooks and labelsFrom of equal name are not mixed (MergeTo)."""
    if not below:
        return dict(spec)
    rest = {name: value for name, value in below.items() if name != "hooks"}
    metadata = rest.get("workflowMetadata")
    if metadata and "labelsFrom" in metadata:
        rest["workflowMetadata"] = {key: value for key, value in metadata.items() if key != "labelsFrom"}
    try:
        merged = strategic_merge(rest, spec, WORKFLOW_SPEC)
    except ManifestError as error:
        raise NodeError(error.message) from error
    if below.get("hooks"):
        merged["hooks"] = {**below["hooks"], **(merged.get("hooks") or {})}
    if metadata and metadata.get("labelsFrom"):
        own = merged.get("workflowMetadata") or {}
        labels = {**metadata["labelsFrom"], **(own.get("labelsFrom") or {})}
        merged["workflowMetadata"] = {**own, "labelsFrom": labels}
    return merged


def _named(spec: Mapping[str, Json], kind: str, name: str) -> dict[str, Json] | None:
    entries = (spec.get("arguments") or {}).get(kind) or []
    return next((each for each in reversed(entries) if each.get("name") == name), None)


def _has_value(parameter: Mapping[str, Json]) -> bool:
    return any(parameter.get(field) is not None for field in ("value", "default", "valueFrom"))


def _whole_parameter(
    merged: dict[str, Json], spec: Mapping[str, Json], referenced: Mapping[str, Json]
) -> dict[str, Json]:
    # value, valueFrom and default of different places are not mixed: the highest place says it all
    for place in (spec, referenced) if _has_value(merged) else ():
        own = _named(place, "parameters", str(merged["name"]))
        if own is not None and _has_value(own):
            return own
    return merged


def _whole_artifact(
    merged: dict[str, Json], spec: Mapping[str, Json], referenced: Mapping[str, Json]
) -> dict[str, Json]:
    for place in (spec, referenced):
        own = _named(place, "artifacts", str(merged["name"]))
        if own is not None:
            return _override(merged, own)
    return merged


def _override(base: dict[str, Json], own: dict[str, Json]) -> dict[str, Json]:
    kind = _location(own)
    if not kind or kind != _location(base):
        return own
    return {**own, kind: {**base[kind], **own[kind]}}


def _location(artifact: Mapping[str, Json]) -> str:
    return next((kind for kind in _LOCATIONS if artifact.get(kind) is not None), "")
