"""A pipeline as it was found: KFP's IR, or Argo's manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tiphys.errors import Place
from tiphys.ir.reading import Ir
from tiphys.manifest.yaml import Document

Manifest = dict[str, Any]
Transform = Callable[[Manifest], Manifest | None]

RUNNABLE = ("Workflow", "CronWorkflow", "WorkflowTemplate", "ClusterWorkflowTemplate")
"""Kinds of manifest that run, or that stand for the Workflow they make."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What `load` found.

    `kind` is `kfp` (then `ir` is set, and `transforms` what its author changes in the manifest) or `argo`
    (then `documents` holds the manifests with the places of their fields; the first is the one that runs).
    `component` is the kfp object, where there is one; `text` is the IR as YAML, where it was read.
    """

    kind: Literal["kfp", "argo"]
    name: str
    file: str = ""
    ir: Ir | None = None
    documents: tuple[Document, ...] = ()
    transforms: tuple[Transform, ...] = ()
    component: Any = field(default=None, repr=False)
    text: str = field(default="", repr=False)

    @property
    def manifests(self) -> list[Manifest]:
        """Argo's manifests as plain data; empty for an IR that is not compiled yet."""
        return [document.data for document in self.documents]

    @property
    def place(self) -> Place:
        """Where the pipeline as a whole comes from."""
        return Place(self.file)


def name_of(manifest: Mapping[str, Any]) -> str:
    """The name of a manifest, or what its names begin with."""
    metadata = manifest.get("metadata") or {}
    return str(metadata.get("name") or str(metadata.get("generateName") or "").rstrip("-"))
