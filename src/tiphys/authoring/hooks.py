"""`argo.on_exit`, `argo.hook`: a task that runs when another has ended, or comes into a state."""

from __future__ import annotations

import re
from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.settings import Kind, kind_of, settings_of

EXIT = "exit"


def on_exit(target: Any, task: Any) -> Any:
    """Run `task` whenever `target` (a task, a group, a sub-pipeline call) has ended, however it ended.

    Unlike `dsl.ExitHandler` it works inside loops and conditions, for each item on its own; whether `task`
    fails makes no difference to the run. What depends on `target` waits for it.
    https://argo-workflows.readthedocs.io/en/latest/lifecyclehook/

    Example:
        with dsl.ParallelFor([0.1, 0.2]) as rate:
            argo.on_exit(train(rate=rate), clean(text="training ended"))

    Returns `task`.
    """
    return _attach(target, task, EXIT, "", "argo.on_exit")


def hook(target: Any, task: Any, expression: str, *, name: str = "") -> Any:
    """Run `task` once when `expression` becomes true of `target`, while `target` goes on.

    The expression speaks of tasks as Argo does: `tasks.train.status == "Running"`; `status` alone is that of
    `target`. The hook has `name`, else that of its task.
    https://argo-workflows.readthedocs.io/en/latest/lifecyclehook/

    Example:
        argo.hook(train(rate=0.1), clean(text="it failed"), 'status == "Failed"')

    Returns `task`.
    """
    if not expression.strip():
        raise refuse("argo.hook: the expression is empty", remedy="""Such as `'status == "Failed"'`.""")
    full = _of_target(expression, target)
    return _attach(target, task, name or task.name, full, "argo.hook")


def _of_target(expression: str, target: Any) -> str:
    """`status` alone means that of the target."""
    return re.sub(r"(?<![\w.\])])status\b", f"tasks['{target.name}'].status", expression)


def _attach(target: Any, task: Any, name: str, expression: str, power: str) -> Any:
    if kind_of(task) not in (Kind.POD, Kind.CALL):
        raise refuse(f"{power}: `{task.name}` is no task that can be run", remedy="Give a component task or a call.")
    if kind_of(target) is Kind.IMPORTER:
        raise refuse(f"{power}: importer `{target.name}` runs no pod, so it never ends")
    if task is target:
        raise refuse(f"{power}: `{task.name}` cannot be its own hook")
    if task.parent_task_group is not target.parent_task_group:
        raise refuse(
            f"{power}: `{task.name}` and `{target.name}` do not stand in the same group",
            remedy=f"Call the component of `{task.name}` beside `{target.name}`.",
        )
    hooks = settings_of(target).part("task").setdefault("hooks", {})
    if name in hooks:
        raise refuse(f"{power}: `{target.name}` has a hook `{name}` already")
    hooks[name] = {"template": task.name, **({"expression": expression} if expression else {})}
    settings_of(task).hook_of = target
    if kind_of(target) is not Kind.GROUP:
        task.after(target).ignore_upstream_failure()
    return task
