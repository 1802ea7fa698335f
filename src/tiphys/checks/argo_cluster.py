"""What a cluster with Argo 4.1 may lack or refuse (`--target argo`).

The limits are those of the full CRDs, which Argo 4 installs; what Argo's validation says itself is left out.
https://github.com/argoproj/argo-workflows/blob/v4.1.0/pkg/apis/workflow/v1alpha1/workflow_types.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest, Path
from tiphys.errors import Problem
from tiphys.manifest.fields import Shape, fields_of, shape_of
from tiphys.validation.answers import TYPES

Json = Any

NEEDS_RIGHTS: Final = rule("needs-rights")
REFUSED: Final = rule("crd-refuses")

_MOST_ITEMS: Final = {
    ("v1alpha1.WorkflowSpec", "templates"): 200,
    ("v1alpha1.DAGTemplate", "tasks"): 200,
    ("v1alpha1.Inputs", "parameters"): 500,
    ("v1alpha1.Metrics", "prometheus"): 100,
}
_LEAST_ITEMS: Final = {("v1alpha1.Template", "steps"): 1}
_RANGES: Final = {
    ("v1alpha1.WorkflowSpec", "parallelism"): (1, 2**63),
    ("v1alpha1.Template", "parallelism"): (1, 2**63),
    ("v1alpha1.Artifact", "mode"): (0, 0o777),
}
_CHOICES: Final = {
    ("v1alpha1.S3Artifact", "addressingStyle"): ("", "path", "virtual-hosted"),
    ("v1alpha1.S3ArtifactRepository", "addressingStyle"): ("", "path", "virtual-hosted"),
    ("v1alpha1.ResourceTemplate", "mergeStrategy"): ("strategic", "merge", "json"),
    ("v1alpha1.ArtifactGC", "strategy"): ("", "OnWorkflowCompletion", "OnWorkflowDeletion", "Never"),
    ("v1alpha1.WorkflowLevelArtifactGC", "strategy"): (
        "",
        "OnWorkflowCompletion",
        "OnWorkflowDeletion",
        "Never",
    ),
}
_LONGEST: Final = {("v1alpha1.Gauge", "value"): 256}
_LOCATIONS: Final = ("s3", "git", "http", "artifactory", "hdfs", "raw", "oss", "gcs", "azure", "plugin")


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Say which rights the run needs, and what the schema refuses."""
    for template in manifest.templates():
        if template.data.get("memoize"):
            message = "`memoize` reads and writes ConfigMaps: get, list, watch, create and update of `configmaps`"
            yield manifest.problem(NEEDS_RIGHTS, (*template.path, "memoize"), message)
        resource = template.data.get("resource")
        if resource is not None:
            verb = resource.get("action") or "this action"
            message = f"the pod's service account must be allowed to {verb} the object"
            yield manifest.problem(NEEDS_RIGHTS, (*template.path, "resource"), message)
    for path, message in _refused(manifest.value, shape_of(TYPES[manifest.kind]), ()):
        yield manifest.problem(REFUSED, path, message)


def _refused(value: Json, shape: Shape, path: Path) -> Iterator[tuple[Path, str]]:
    if shape.type == "v1alpha1.ParallelSteps":
        shape = shape_of("[]v1alpha1.WorkflowStep")
    if isinstance(value, list) and shape.kind == "list":
        for index, item in enumerate(value):
            yield from _refused(item, shape.element, (*path, index))
    elif isinstance(value, dict) and shape.kind == "map":
        for key, item in value.items():
            yield from _refused(item, shape.element, (*path, key))
    elif isinstance(value, dict) and shape.kind == "struct":
        if shape.type in ("v1alpha1.Artifact", "v1alpha1.ArtifactLocation"):
            given = [name for name in _LOCATIONS if value.get(name) is not None]
            if len(given) > 1:
                yield path, f"at most one artifact location can be specified, here are {' and '.join(given)}"
        fields = fields_of(shape.type)
        for name, part in value.items():
            if message := _limit_problem(shape.type, name, part):
                yield (*path, name), message
            yield from _refused(part, fields[name].shape, (*path, name))


def _limit_problem(struct: str, name: str, value: Json) -> str:
    key = (struct, name)
    if isinstance(value, list) and key in _MOST_ITEMS and len(value) > _MOST_ITEMS[key]:
        return f"at most {_MOST_ITEMS[key]} `{name}` are allowed, here are {len(value)}"
    if isinstance(value, list) and len(value) < _LEAST_ITEMS.get(key, 0):
        return f"`{name}` must have at least {_LEAST_ITEMS[key]} item"
    if key in _RANGES and isinstance(value, int):
        low, high = _RANGES[key]
        if not low <= value <= high:
            return f"`{name}: {value}` must be at least {low}" if value < low else f"`{name}` must be at most {high}"
    if key in _CHOICES and isinstance(value, str) and value not in _CHOICES[key]:
        return f"`{name}: {value}` must be one of {', '.join(filter(None, _CHOICES[key]))}"
    if key in _LONGEST and isinstance(value, str) and len(value) > _LONGEST[key]:
        return f"`{name}` must be no longer than {_LONGEST[key]} characters"
    return ""
