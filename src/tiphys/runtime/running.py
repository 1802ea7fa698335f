"""`tiphys.run`: from anything that holds a pipeline to a finished run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tiphys.loading.as_workflow import TEMPLATES, as_workflow
from tiphys.loading.compilation import compile as compile_pipeline
from tiphys.loading.loaded import Transform
from tiphys.loading.sources import load
from tiphys.runtime.api import Notice, RunResult, start_run
from tiphys.runtime.driver import OnChange
from tiphys.runtime.submission import Submission
from tiphys.runtime.surroundings import artifacts_folder
from tiphys.settings import Settings, load_settings
from tiphys.store.port import Store

LOCAL_ROOT = "s3://artifacts"
"""The bucket that local runs use; its files lie in the artifacts' folder of the settings."""


def run(
    pipeline: object,
    arguments: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    entrypoint: str = "",
    resources: Sequence[Mapping[str, Any]] = (),
    transforms: Sequence[Transform | str] = (),
    settings: Settings | None = None,
    on_change: OnChange | None = None,
    notice: Notice = lambda text: None,
) -> RunResult:
    """Run a pipeline here, to its end.

    `pipeline` is a kfp pipeline, a Hera workflow, IR, an Argo manifest, or the path or text of one of
    these; `arguments` map its parameters to values; `resources` are further manifests (templates,
    ConfigMaps, Secrets). `on_change(run, ids)` is called whenever nodes changed.

    Raises `BadInput` before anything is started if something in it cannot be used. A run that fails is
    no error: `result.run.phase` says how it ended.
    """
    submission = submission_of(
        pipeline,
        arguments or {},
        name=name,
        entrypoint=entrypoint,
        resources=resources,
        transforms=transforms,
    )
    return start_run(submission, settings or load_settings(), on_change=on_change, notice=notice)


def submission_of(
    pipeline: object,
    arguments: Mapping[str, Any],
    *,
    name: str = "",
    entrypoint: str = "",
    resources: Sequence[Mapping[str, Any]] = (),
    transforms: Sequence[Transform | str] = (),
) -> Submission:
    """What `start_run` takes, compiled and checked."""
    loaded = load(pipeline)
    compiled = compile_pipeline(loaded, arguments, artifact_root=LOCAL_ROOT, transforms=transforms)
    first, *rest = compiled.documents
    documents = [as_workflow(first), *([first] if first.get("kind") in TEMPLATES else []), *rest, *resources]
    options = {"source": loaded.file, "pipeline": loaded.name, "kind": loaded.kind}
    return Submission(documents, name=name, entrypoint=entrypoint, options=options)


def stored_artifacts(store: Store, settings: Settings, name: str) -> list[dict[str, Any]]:
    """The artifacts of a run as `report.run_document` takes them, with absolute paths."""
    folder = artifacts_folder(settings)
    found = []
    for row in store.artifacts(name):
        path = (folder / row.path).resolve()
        found.append(
            {
                "nodeId": row.node_id,
                "name": row.name,
                "uri": path.as_uri(),
                "path": str(path),
                "digest": row.digest,
                "size": row.size,
            }
        )
    return found


def locate(settings: Settings, uri: str) -> str:
    """Where the artifact of that URI lies on this machine; "" if it is not there."""
    root = f"{LOCAL_ROOT}/"
    if not uri.startswith(root):
        return ""
    path = artifacts_folder(settings) / uri.removeprefix(root)
    return str(path.resolve()) if path.exists() else ""
