"""`argo.labels`, `argo.annotations`: metadata of pods, with values of the run."""

from typing import Any

from tiphys.authoring.fields import named_fields
from tiphys.authoring.settings import add_to_template, binder_of


def labels(task: Any, labels: Any) -> Any:
    """Label the pod of `task`; values may be parameters of the pipeline. Calls add up.

    Example:
        argo.labels(train(rate=0.1), {"team": "vision", "stage": 2})

    Returns `task`.
    """
    return _set(task, "argo.labels", {"labels": labels})


def annotations(task: Any, annotations: Any) -> Any:
    """Annotate the pod of `task`; values may be parameters of the pipeline. Calls add up.

    Example:
        argo.annotations(train(rate=0.1), {"sidecar.istio.io/inject": "false"})

    Returns `task`.
    """
    return _set(task, "argo.annotations", {"annotations": annotations})


def _set(task: Any, power: str, fields: dict[str, Any]) -> Any:
    found = named_fields(fields, "v1alpha1.Metadata", binder_of(task))
    return add_to_template(task, power, {"metadata": found})
