"""`argo.template`: any field of Argo's Template for a task."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import named_fields
from tiphys.authoring.settings import add_to_template, binder_of
from tiphys.manifest.fields import TEMPLATE


def template(task: Any, **fields: Any) -> Any:
    """Set fields of Argo's Template for `task`, under Argo's names (`podSpecPatch` or `pod_spec_patch`).

    Values are plain data, models of the `kubernetes` client or YAML text for objects. Given a group or
    a sub-pipeline, fields of pods go to every pod in it, and fields of DAGs (`parallelism`, `retryStrategy`,
    `memoize`, `synchronization`) to the group itself.

    https://argo-workflows.readthedocs.io/en/latest/fields/#template

    Example:
        trained = train(rate=0.1)
        argo.template(trained, priorityClassName="high", activeDeadlineSeconds=600)

    Returns `task`.
    """
    return add_to_template(task, "argo.template", named_fields(fields, TEMPLATE, binder_of(task)))
