"""How a task ended, for conditions: `argo.failed(train)`, `argo.succeeded(a, b)`."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.conditions import ENDED, Condition, Result, ended_with, every, some


def succeeded(*tasks: Any) -> Condition:
    """All of `tasks` succeeded."""
    return ended_with("Succeeded", tasks)


def failed(*tasks: Any) -> Condition:
    """All of `tasks` failed: the program ended with an error. A pod that was lost is `errored`."""
    return ended_with("Failed", tasks)


def errored(*tasks: Any) -> Condition:
    """All of `tasks` errored: something other than the program went wrong, such as a pod that was deleted."""
    return ended_with("Errored", tasks)


def skipped(*tasks: Any) -> Condition:
    """All of `tasks` were skipped: a condition was false, or a loop was empty."""
    return ended_with("Skipped", tasks)


def omitted(*tasks: Any) -> Condition:
    """All of `tasks` were omitted: what they depend on did not come true."""
    return ended_with("Omitted", tasks)


def daemoned(*tasks: Any) -> Condition:
    """All of `tasks` are daemons that are ready."""
    return ended_with("Daemoned", tasks)


def any_succeeded(*loops: Any) -> Condition:
    """Of each of `loops`, at least one item succeeded."""
    return ended_with("AnySucceeded", loops)


def all_failed(*loops: Any) -> Condition:
    """Of each of `loops`, every item failed."""
    return ended_with("AllFailed", loops)


def done(*tasks: Any) -> Condition:
    """All of `tasks` have ended: succeeded, failed, errored, were skipped or omitted."""
    ended_with("Succeeded", tasks)
    return every([some([Result(task, result) for result in ENDED]) for task in tasks])
