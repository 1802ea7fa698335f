"""`compile`: from anything that holds a pipeline to Argo's manifests, ready to be written or run."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tiphys.compiler import compile_ir
from tiphys.loading.arguments import with_arguments
from tiphys.loading.loaded import Loaded, Manifest, Transform
from tiphys.loading.sources import load
from tiphys.loading.transforms import apply, transforms_of
from tiphys.manifest.yaml import dump_all


@dataclass(frozen=True, slots=True)
class Compiled:
    """Argo's manifests of a pipeline; the first is the one that runs."""

    documents: list[Manifest]
    loaded: Loaded = field(repr=False)

    @property
    def workflow(self) -> Manifest:
        """The manifest that runs: a Workflow, or a template or cron of one."""
        return self.documents[0]

    @property
    def text(self) -> str:
        """All manifests as YAML."""
        return dump_all(self.documents)

    def __str__(self) -> str:
        return self.text


def compile(
    pipeline: object,
    arguments: Mapping[str, Any] | None = None,
    *,
    artifact_root: str | None = None,
    transforms: Sequence[Transform | str] = (),
) -> Compiled:
    """Compile a pipeline to plain Argo.

    `pipeline` is a kfp pipeline, a Hera workflow, IR, an Argo manifest, or the path or text of one of these;
    `arguments` become the values of its parameters; `artifact_root` is `s3://bucket[/prefix]`, else a
    parameter of the workflow; `transforms` are functions that change the manifest, or `module:function`.

    What is an Argo manifest already stays as it is, but for arguments and transforms.
    """
    loaded = load(pipeline)
    functions = transforms_of(loaded, transforms)
    if loaded.ir is not None:
        documents = compile_ir(loaded.ir, artifact_root=artifact_root)
    else:
        documents = copy.deepcopy(loaded.manifests) if functions else loaded.manifests
    workflow = with_arguments(loaded, documents[0], arguments or {}) if arguments is not None else documents[0]
    return Compiled([apply(functions, workflow), *documents[1:]], loaded)
