"""The agent: what templates ask for that is no pod. Each task is a thread; answers come to the driver."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tiphys.messages.decisions import StartTask
from tiphys.messages.events import TaskReported
from tiphys.runtime import http_task

_NO_PLUGIN: Final = "no plugin executed the template: there are no executor plugins on this machine"


@dataclass(frozen=True, slots=True)
class Agent:
    """Does HTTP templates; `secrets` are those that headers may name."""

    secrets: http_task.Secrets

    def start(self, task: StartTask, tell: Callable[[TaskReported], None]) -> None:
        """Do the task, and tell when it is done."""
        if task.template.get("http") is None:
            tell(TaskReported(task.node_id, "Failed", _NO_PLUGIN))
            return

        def work() -> None:
            tell(http_task.do(task.node_id, task.template, self.secrets))

        threading.Thread(target=work, name=f"http {task.node_name}", daemon=True).start()
