"""An executor as the engine uses it: an inbox, a folder, and pods written by hand."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tiphys.artifacts.locations import LOCAL_ENDPOINT
from tiphys.executors.container import ContainerExecutor, offered_program
from tiphys.executors.environments import Environments
from tiphys.executors.port import Attempt, Ending, Executor, Report, Surroundings, is_alive, read_ending
from tiphys.executors.process import ProcessExecutor
from tiphys.executors.warm import WarmExecutor
from tiphys.messages.decisions import StartPod
from tiphys.runtime.inbox import Inbox

IMAGE = os.environ.get("TIPHYS_TEST_IMAGE", "")
"""An image with a shell and the usual small programs, for tests with a real podman or docker."""


class Bench:
    """An executor and everything around it."""

    def __init__(self, folder: Path, kind: str, **objects: Any) -> None:
        self.folder = folder
        self.inbox = Inbox()
        self.surroundings = Surroundings(
            namespace="default",
            artifacts=folder / "artifacts",
            claims=folder / "claims",
            environ=dict(os.environ),
            **objects,
        )
        self.notices: list[str] = []
        self.executor = self._executor(kind)
        self.reports: list[Report] = []
        self._numbers = itertools.count()

    def _executor(self, kind: str) -> Executor:
        log = self.folder / "executors.log"
        if kind == "container":
            return ContainerExecutor(self.inbox, self.surroundings, log, offered_program())
        if kind == "warm":
            environments = Environments(self.folder / "environments", True, self.notices.append)
            return WarmExecutor(self.inbox, self.surroundings, log, environments)
        return ProcessExecutor(self.inbox, self.surroundings, log, sandbox="" if kind == "plain" else kind)

    def attempt(self, start: StartPod, deadline_seconds: float | None = None) -> Attempt:
        number = next(self._numbers)
        if self.executor.name == "container":
            start = msgspec.structs.replace(
                start,
                containers=[with_image(each) for each in start.containers],
                init_containers=[with_image(each) for each in start.init_containers],
            )
        directory = self.folder / "pods" / str(number)
        directory.mkdir(parents=True)
        return Attempt(f"run/{start.pod_name}/{number}", f"token-{number}", directory, start, deadline_seconds)

    def run(self, start: StartPod, **more: Any) -> Ending:
        """Run a pod to its end."""
        attempt = self.attempt(start, **more)
        self.executor.start(attempt)
        return self.ending(attempt)

    def ending(self, attempt: Attempt) -> Ending:
        self.wait(lambda: self.told(attempt, "ended"))
        ending = read_ending(attempt)
        assert ending is not None
        self.wait(lambda: not is_alive(attempt))
        return ending

    def told(self, attempt: Attempt, what: str) -> bool:
        return any((each.key, each.what) == (attempt.key, what) for each in self.reports)

    def wait(self, until: Callable[[], bool]) -> None:
        while not until():
            self.inbox.wait(0.02)
            while self.inbox.reports:
                self.reports.append(self.inbox.reports.popleft())

    def log(self, ending_of: int = 0, container: str = "main") -> list[str]:
        path = self.folder / "pods" / str(ending_of) / "logs" / f"{container}.log"
        return [line.split(" ", 3)[3] for line in path.read_text().splitlines()]

    def close(self) -> None:
        self.executor.close()
        self.inbox.close()


def with_image(container: dict[str, Any]) -> dict[str, Any]:
    """The container with the image that the live tests are given."""
    return {**container, "image": IMAGE or "any"}


def pod(script: str, **more: Any) -> StartPod:
    """A pod whose main container runs a shell script."""
    template = {
        "name": "t",
        "archiveLocation": {"s3": {"endpoint": LOCAL_ENDPOINT, "bucket": "artifacts", "key": "wf/pod"}},
        **more.pop("template", {}),
    }
    container = {"name": "main", "image": "any", "command": ["sh", "-c", script], **more.pop("container", {})}
    return StartPod(
        node_id="wf-1",
        node_name="wf.t",
        pod_name="wf-t-1",
        template=template,
        containers=more.pop("containers", [container]),
        **more,
    )
