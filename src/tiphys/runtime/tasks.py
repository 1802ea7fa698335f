"""The agent: what templates ask for that is no pod."""

from __future__ import annotations

from collections.abc import Callable

from tiphys.messages.decisions import StartTask
from tiphys.messages.events import TaskReported


class Agent:
    """Answers every task; what cannot be done here is an Error that says so."""

    def start(self, task: StartTask, tell: Callable[[TaskReported], None]) -> None:
        """Do the task, and tell when it is done."""
        kind = next((kind for kind in ("http", "plugin") if task.template.get(kind) is not None), "task")
        tell(TaskReported(task.node_id, "Error", f"{kind} templates cannot be run on this machine yet"))
