"""Which executor runs a pod: warm for lightweight Python components, else a container, else process.

Executors are made when the first pod needs them. What no executor on this machine can run is refused
with the reason, as an Error of its node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tiphys.errors import ExecutorError
from tiphys.executors.container import ContainerExecutor, offered_program
from tiphys.executors.data import DataExecutor
from tiphys.executors.environments import Environments
from tiphys.executors.objects import Objects
from tiphys.executors.port import Attempt, Executor, Hub, Surroundings
from tiphys.executors.process import ProcessExecutor, offered_sandbox
from tiphys.executors.resource import ResourceExecutor
from tiphys.executors.warm import WarmExecutor, component_of
from tiphys.messages.decisions import StartPod


class Refusal:
    """The executor of what cannot be run here."""

    name = "none"

    def __init__(self, why: ExecutorError) -> None:
        self.why = why

    def start(self, attempt: Attempt) -> None:
        """Refuse."""
        raise self.why

    def stop(self, attempt: Attempt, grace: float) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class Choice:
    """The executors of a run, and the rule by which a pod gets one."""

    hub: Hub
    surroundings: Surroundings
    objects: Objects
    environments: Environments
    log: Path
    wanted: str
    notice: Callable[[str], None]
    _made: dict[str, Executor] = field(default_factory=dict)

    def __call__(self, start: StartPod) -> Executor:
        """The executor of a pod."""
        for kind in ("resource", "data"):
            if start.template.get(kind) is not None:
                return self._executor(kind)
        if self.wanted in ("auto", "warm") and component_of(start) is not None:
            return self._executor("warm")
        if self.wanted == "container" or (self.wanted == "auto" and offered_program()):
            return self._executor("container")
        return self._executor("process")

    def close(self) -> None:
        """Let all executors go."""
        for executor in self._made.values():
            executor.close()

    def _executor(self, name: str) -> Executor:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Executor:
        if name == "resource":
            return ResourceExecutor(self.hub, self.objects)
        if name == "data":
            return DataExecutor(self.hub, self.surroundings)
        if name == "container":
            try:
                return ContainerExecutor(self.hub, self.surroundings, self.log, offered_program())
            except ExecutorError as error:
                return Refusal(error)
        if name == "warm":
            return WarmExecutor(self.hub, self.surroundings, self.log, self.environments)
        if self.wanted == "auto":
            self.notice("neither podman nor docker answers: commands run with the programs of this machine")
        if not offered_sandbox():
            self.notice(
                "this machine offers no sandbox: the paths that containers declare are replaced in their "
                "commands; allow user namespaces or install bubblewrap"
            )
        return ProcessExecutor(self.hub, self.surroundings, self.log)
