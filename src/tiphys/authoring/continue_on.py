"""`argo.continue_on`: what depends on a task runs although the task failed or errored."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.settings import settings_of


def continue_on(task: Any, *, failed: bool = True, error: bool = True) -> Any:
    """Let everything that depends on `task` run although it failed or errored.

    It is Argo's `continueOn`: the same as adding `|| task.Failed || task.Errored` to every need of it. Where
    only one of its dependants should go on, `argo.depends` or `argo.run_when` on that one says so.

    Example:
        trained = train(rate=0.1)
        argo.continue_on(trained)
        report().after(trained)

    Returns `task`.
    """
    if not (failed or error):
        raise refuse("argo.continue_on with neither `failed` nor `error` says nothing")
    wanted = {"failed": failed, "error": error}
    settings_of(task).part("task")["continueOn"] = {name: True for name, on in wanted.items() if on}
    return task
