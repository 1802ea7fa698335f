"""What is simulated: a Workflow as Argo's controller reads it, and the manifests beside it.

A WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow stands for the Workflow that it makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tiphys.loading.as_workflow import TEMPLATES, as_workflow
from tiphys.loading.compilation import compile
from tiphys.loading.loaded import Loaded, Manifest
from tiphys.manifest.decoding import decode
from tiphys.simulate.values import PipelineValues, PlainValues, Values

_DECODED: Final = ("Workflow", *TEMPLATES)


@dataclass(frozen=True, slots=True)
class Workload:
    """A workflow with its arguments, the manifests beside it, and what its pods put out.

    `loaded` is what the user gave.
    """

    workflow: Manifest
    resources: tuple[Manifest, ...]
    values: Values
    loaded: Loaded


def workload_of(
    pipeline: object, arguments: Mapping[str, Any] | None = None, resources: Sequence[Mapping[str, Any]] = ()
) -> Workload:
    """The workflow that `pipeline` means, compiled if need be, with these arguments."""
    compiled = compile(pipeline, arguments or {})
    first, *rest = compiled.documents
    beside = [first, *rest] if first.get("kind") in TEMPLATES else rest
    ir = compiled.loaded.ir
    values = PlainValues() if ir is None else PipelineValues(ir)
    known = tuple(_decoded(dict(each)) for each in (*beside, *resources))
    return Workload(_decoded(as_workflow(first)), known, values, compiled.loaded)


def _decoded(manifest: Manifest) -> Manifest:
    """The object as Argo decodes it, with its spec as it is written: validation sees what is empty there."""
    kind = manifest.get("kind")
    if kind not in _DECODED:
        return manifest
    return {**decode(manifest, f"v1alpha1.{kind}"), "spec": manifest.get("spec") or {}}
