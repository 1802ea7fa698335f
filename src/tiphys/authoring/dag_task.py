"""`argo.dag_task`, `argo.dag`: any field of Argo's DAGTask and of its DAGs."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.depends import depends as depends_on
from tiphys.authoring.fields import DAG_TASK, named_fields
from tiphys.authoring.overlay import compose
from tiphys.authoring.settings import Kind, kind_of, run_settings, settings_of

_DAG = "v1alpha1.DAGTemplate"


def dag_task(task: Any, **fields: Any) -> Any:
    """Set fields of the DAGTask that `task` (a task, a group, a call) becomes.

    Such as `when`, `hooks`, `withParam`. Values are in Argo's words and of the DAG around the task.
    `depends` is as in `argo.depends`.
    https://argo-workflows.readthedocs.io/en/latest/fields/#dagtask

    Example:
        argo.dag_task(train(rate=0.1), when="{{workflow.name}} != 'trial'")

    Returns `task`.
    """
    if "depends" in fields:
        depends_on(task, fields.pop("depends"))
    said = settings_of(task).part("task")
    said.update(compose(said, named_fields(fields, DAG_TASK)))
    return task


def dag(group: Any = None, **fields: Any) -> Any:
    """Set fields of the DAG that a group or sub-pipeline becomes, of the pipeline's own without a group.

    https://argo-workflows.readthedocs.io/en/latest/fields/#dagtemplate

    Example:
        train(rate=0.1)
        argo.dag(target="train", failFast=True)

    Returns the group.
    """
    found = named_fields(fields, _DAG)
    if group is None:
        run = run_settings()
        run.dag = compose(run.dag, found)
        return group
    if kind_of(group) not in (Kind.GROUP, Kind.CALL):
        raise refuse(f"argo.dag: `{group.name}` is a single task, not a group of tasks")
    said = settings_of(group).part("dag")
    said.update(compose(said, found))
    return group
