"""From KFP's IR to a plain Argo Workflow: `compile_ir`.

Pure: the same IR gives the same manifest, to the byte when it is dumped. What Argo cannot say raises
`Unsupported` or `CompileError`; nothing in a pipeline is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tiphys.compiler import names
from tiphys.compiler.artifact_root import artifact_root as root_of
from tiphys.compiler.dags import lower_dag
from tiphys.compiler.emit.workflow import workflow
from tiphys.compiler.lower import ROOT, Lowering
from tiphys.compiler.lowered import Call
from tiphys.compiler.passes import PASSES
from tiphys.errors import CompileError
from tiphys.ir import Ir, from_data

Json = Any
Transform = Callable[[dict[str, Json]], dict[str, Json] | None]


def compile_ir(
    ir: Ir | Mapping[str, Json],
    *,
    artifact_root: str | None = None,
    transforms: Iterable[Transform] = (),
    arguments: Mapping[str, Json] | None = None,
) -> list[dict[str, Json]]:
    """The documents of the manifest; the first is the Workflow.

    `artifact_root` is where artifacts go, such as `s3://bucket/prefix`; without one the Workflow has a
    parameter for it. `arguments` replace defaults of the pipeline's parameters. `transforms` get the
    Workflow as plain data, change it in place or answer another.
    """
    given = ir if isinstance(ir, Ir) else from_data(ir)
    for each in PASSES:
        given = each(given)
    lowering = Lowering(
        given,
        root_of(artifact_root or given.spec.default_pipeline_root),
        cache=names.run_prefix(given.spec.pipeline_info.name) + "cache",
    )
    root = lowering.template(Call(ROOT), lower_dag, ROOT)
    manifest = workflow(lowering, root.name, {**given.arguments, **(arguments or {})})
    for transform in transforms:
        changed = transform(manifest)
        if changed is not None:
            manifest = changed
        if not isinstance(manifest, dict) or manifest.get("kind") is None:
            name = getattr(transform, "__qualname__", repr(transform))
            raise CompileError(f"transform `{name}` answered something that is no Workflow")
    return [manifest]
