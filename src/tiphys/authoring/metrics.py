"""`argo.metrics`: Prometheus metrics that a task or the run emits."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_objects
from tiphys.authoring.overlay import compose
from tiphys.authoring.settings import add_to_template, binder_of, run_settings


def metrics(target: Any, *metrics: Any) -> Any:
    """Emit Prometheus metrics of a task or a group, or with `"run"` of the run. Calls add up.

    https://argo-workflows.readthedocs.io/en/latest/metrics/

    Example:
        duration = {
            "name": "training_seconds",
            "help": "How long trainings take",
            "labels": [{"key": "status", "value": "{{status}}"}],
            "gauge": {"value": "{{duration}}"},
        }
        argo.metrics(train(rate=0.1), duration)
        argo.metrics("run", {"name": "runs_total", "help": "Runs", "counter": {"value": 1}})

    Returns the target.
    """
    if target == "run":
        found = typed_objects(metrics, "v1alpha1.Prometheus", "a metric")
        run = run_settings()
        run.workflow = compose(run.workflow, {"metrics": {"prometheus": found}})
        return target
    found = typed_objects(metrics, "v1alpha1.Prometheus", "a metric", binder_of(target))
    return add_to_template(target, "argo.metrics", {"metrics": {"prometheus": found}})
