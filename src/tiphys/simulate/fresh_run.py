"""The state of a run that was just submitted, and the world it finds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tiphys.engine.run import Run
from tiphys.engine.status_reading import read_status

TIME_ZERO: Final = datetime(2000, 1, 1, 0, 1, tzinfo=UTC).timestamp()
"""When every simulation begins."""

ARTIFACT_REPOSITORY: Final = {
    "s3": {
        "endpoint": "my-endpoint",
        "bucket": "my-bucket",
        "keyFormat": "{{workflow.name}}/{{pod.name}}",
    }
}
"""Where simulated artifacts would lie."""


def new_run(workflow: Mapping[str, Any], uid: str, created_at: float = TIME_ZERO) -> Run:
    """The state of a run that has just been submitted.

    A `generateName` gives its prefix as the name. One that brings a status goes on from there.
    """
    metadata = workflow.get("metadata") or {}
    name = str(metadata.get("name") or str(metadata.get("generateName") or "wf").removesuffix("-"))
    run = Run(
        name=name,
        namespace=str(metadata.get("namespace") or "default"),
        uid=uid,
        created_at=created_at,
        manifest=dict(workflow),
        labels=dict(metadata.get("labels") or {}),
        annotations=dict(metadata.get("annotations") or {}),
    )
    if workflow.get("status"):
        read_status(run, workflow["status"])
    return run
