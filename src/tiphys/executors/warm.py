"""The warm executor: KFP lightweight Python components, forked from a server that has kfp imported.

One fork server per environment. Nothing of the image is used but the component's own requirements.
The absolute paths of the ExecutorInput are moved into the attempt's folder; a component that mounts
volumes runs in a sandbox, where they are real.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tiphys.artifacts.keys import mapped
from tiphys.errors import ExecutorError, TiphysError
from tiphys.executors.environments import Environments, Requirement
from tiphys.executors.jobs import Means, make_job
from tiphys.executors.pod import attempt as files
from tiphys.executors.pod.job import Component as ComponentJob
from tiphys.executors.pod.job import Job
from tiphys.executors.port import Attempt, Hub, Report, Surroundings
from tiphys.executors.process import offered_sandbox
from tiphys.executors.spawner import Spawner
from tiphys.executors.volumes import real_mounts
from tiphys.messages.component import Component, hand_out, parse
from tiphys.messages.decisions import StartPod

Json = Any

_INPUT: Final = "--executor_input"


def component_of(start: StartPod) -> Component | None:
    """The lightweight Python component that a pod runs, if it does."""
    metadata = start.template.get("metadata") or {}
    component = parse(start.annotations) or parse(metadata.get("annotations") or {})
    return component if component is not None and component.kind == "python" else None


class WarmExecutor:
    """Runs lightweight Python components."""

    name = "warm"

    def __init__(
        self,
        hub: Hub,
        surroundings: Surroundings,
        log: Path,
        environments: Environments,
        sandbox: Callable[[], str] = offered_sandbox,
    ) -> None:
        self.hub = hub
        self.surroundings = surroundings
        self.log = log
        self.environments = environments
        self.sandbox = sandbox
        self._spawners: dict[str, Spawner] = {}
        self._making: dict[str, list[tuple[Attempt, Job]]] = {}
        self._guard = threading.Lock()

    def start(self, attempt: Attempt) -> None:
        """Start an attempt, now or when its environment is ready."""
        component = component_of(attempt.start)
        if component is None:
            raise ExecutorError(f"pod {attempt.start.pod_name} holds no lightweight Python component")
        job = self.job(attempt, component)
        requirement = self.environments.requirement(component)
        python = self.environments.ready(requirement)
        if python is None:
            self._make(requirement, attempt, job)
        else:
            self._spawner(python).start(attempt, job)

    def stop(self, attempt: Attempt, grace: float) -> None:
        """End an attempt; one that waits for its environment never starts."""
        with self._guard:
            for waiting in self._making.values():
                for entry in list(waiting):
                    if entry[0].key == attempt.key:
                        waiting.remove(entry)
                        self.hub.tell(Report(attempt.key, attempt.token, "unstarted", "stopped"))
                        return
        files.tell(attempt.directory, f"stop {grace}")

    def close(self) -> None:
        """Let the fork servers go."""
        for spawner in self._spawners.values():
            spawner.close()

    def job(self, attempt: Attempt, component: Component) -> Job:
        """The job of an attempt, its paths moved into the attempt's folder."""
        main = next(each for each in attempt.start.containers if each.get("name") in attempt.start.main)
        sandbox = ""
        if any(real_mounts(each) for each in attempt.start.containers):
            sandbox = self.sandbox()
        command = [str(word) for word in main.get("command") or []]
        arguments = [str(word) for word in main.get("args") or []]
        root = "" if sandbox == "namespaces" else str(attempt.directory / files.ROOT)
        work = ComponentJob(
            program=component.source_text(command),
            arguments=moved(arguments, Path(root)) if root else arguments,
            hand_out=hand_out(command),
            root=root,
            folder=str(attempt.directory / "program") if root else "/argo/program",
        )
        means = Means("namespaces" if not root else "", work)
        job = make_job(attempt, self.surroundings, means)
        return job if not root else _in_own_folder(job)

    def _spawner(self, python: str) -> Spawner:
        if python not in self._spawners:
            self._spawners[python] = Spawner([python, "-I"], self.hub, self.log, warm=True)
        return self._spawners[python]

    def _make(self, requirement: Requirement, attempt: Attempt, job: Job) -> None:
        """Have the environment made in a thread; the attempts that need it wait."""
        with self._guard:
            waiting = self._making.setdefault(requirement.key, [])
            waiting.append((attempt, job))
            if len(waiting) > 1:
                return
        threading.Thread(target=self._make_now, args=(requirement,), daemon=True).start()

    def _make_now(self, requirement: Requirement) -> None:
        failure = ""
        try:
            self.environments.make(requirement)
        except (TiphysError, OSError) as error:
            failure = str(error)
        with self._guard:
            waiting = self._making.pop(requirement.key)
        for attempt, _ in waiting:
            what = "refused" if failure else "unstarted"
            self.hub.tell(Report(attempt.key, attempt.token, what, failure))


def moved(arguments: Sequence[str], root: Path) -> list[str]:
    """The arguments with the absolute paths of the ExecutorInput's outputs moved below `root`."""
    words = list(arguments)
    place = words.index(_INPUT) + 1
    executor_input = json.loads(words[place])
    outputs = executor_input.get("outputs") or {}
    if "outputFile" in outputs:
        place_of_output = mapped(root, outputs["outputFile"])
        place_of_output.parent.mkdir(parents=True, exist_ok=True)
        outputs["outputFile"] = str(place_of_output)
    for name in ("parameters", "artifacts"):
        for output in (outputs.get(name) or {}).values():
            for field in ("outputFile", "path"):
                if field in output:
                    output[field] = str(mapped(root, output[field]))
    words[place] = json.dumps(executor_input)
    return words


def _in_own_folder(job: Job) -> Job:
    """Working directory and temporary files in the attempt's folder."""
    work, temporary = job.directory / "work", job.directory / "tmp"
    for folder in (work, temporary):
        folder.mkdir(exist_ok=True)
    environ = {"TMPDIR": str(temporary), "_KFP_RUNTIME": "true"}
    containers = [replace(each, cwd=str(work), env={**environ, **each.env}) for each in job.containers]
    return replace(job, containers=containers)
