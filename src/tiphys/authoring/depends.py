"""`argo.depends`: when a task runs, in Argo's own words or built in Python."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.conditions import Condition, check_syntax, operands
from tiphys.authoring.settings import need


def depends(task: Any, expression: str | Condition) -> Any:
    """Run `task` when `expression` is true of the tasks that it names, once all of them have ended.

    `task` and what the expression names may be component tasks, calls of sub-pipelines and groups. A text
    is Argo's, with the names that tasks have in the IR. What stands inside another group counts as that
    group, since Argo's tasks depend on tasks of their own DAG. Other needs of the task (`.after`, data)
    stay in force.

    https://argo-workflows.readthedocs.io/en/latest/enhanced-depends-logic/

    Example:
        loop = dsl.ParallelFor([0.1, 0.2, 0.3])
        with loop as item:
            train(rate=item)
        cleanup = clean()
        argo.depends(cleanup, argo.failed(loop) | argo.succeeded(loop))

    Returns `task`.
    """
    if isinstance(expression, str):
        if not expression.strip():
            raise refuse("argo.depends: the expression is empty", remedy='Such as `"train.Failed || train.Omitted"`.')
        check_syntax(expression)
    elif not isinstance(expression, Condition):
        raise refuse(
            f"argo.depends: {expression!r} is not an expression",
            remedy='Give text such as `"train.Failed"`, or `argo.failed(train)`.',
        )
    named = operands(expression) if isinstance(expression, Condition) else ()
    need(task, "depends", expression, named)
    return task
