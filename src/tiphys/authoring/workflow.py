"""`argo.workflow`: any field of Argo's WorkflowSpec for the run."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import named_fields
from tiphys.authoring.overlay import compose
from tiphys.authoring.settings import bind_to_run, run_settings
from tiphys.manifest.fields import WORKFLOW_SPEC


def workflow(**fields: Any) -> None:
    """Set fields of Argo's WorkflowSpec for the run, under Argo's names (`podGC` or `pod_gc`).

    Values may hold parameters of the pipeline. Call it inside the pipeline's function. When the pipeline is
    called from another one, what a DAG can have (`parallelism`, `synchronization`) holds for its part of the
    run, and all else for the whole run.

    https://argo-workflows.readthedocs.io/en/latest/fields/#workflowspec

    Example:
        train(rate=0.1)
        argo.workflow(parallelism=4, ttlStrategy={"secondsAfterCompletion": 3600})
    """
    run = run_settings()
    run.workflow = compose(run.workflow, named_fields(fields, WORKFLOW_SPEC, bind_to_run))
