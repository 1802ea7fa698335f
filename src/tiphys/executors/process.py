"""The process executor: the command of any container, run on this machine.

The image is not used: programs are those of this machine. Absolute paths are the pod's own through a
sandbox of namespaces (or bubblewrap); without one, declared paths are replaced where commands name
them, and what cannot be mapped so is refused.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, Final

from tiphys.artifacts.keys import mapped
from tiphys.errors import ExecutorError
from tiphys.executors.jobs import Means, declared_paths, make_job, script_files
from tiphys.executors.pod import attempt as files
from tiphys.executors.pod.job import Job
from tiphys.executors.port import Attempt, Hub, Surroundings
from tiphys.executors.spawner import Spawner, ask

Json = Any

_TEMPORARY: Final = "/tmp/"  # noqa: S108 (a name in containers)


class ProcessExecutor:
    """Runs pods as processes of this machine."""

    name = "process"

    def __init__(self, hub: Hub, surroundings: Surroundings, log: Path, sandbox: str | None = None) -> None:
        self.surroundings = surroundings
        self.sandbox = offered_sandbox() if sandbox is None else sandbox
        self._spawner = Spawner([sys.executable, "-I", "-S"], hub, log, warm=False)

    def start(self, attempt: Attempt) -> None:
        """Start an attempt."""
        self._spawner.start(attempt, self.job(attempt))

    def stop(self, attempt: Attempt, grace: float) -> None:
        """End an attempt."""
        files.tell(attempt.directory, f"stop {grace}")

    def close(self) -> None:
        """Let the fork server go."""
        self._spawner.close()

    def job(self, attempt: Attempt) -> Job:
        """The job of an attempt, with its paths mapped as this machine allows."""
        job = make_job(attempt, self.surroundings, Means(self.sandbox))
        return job if self.sandbox else _with_real_paths(job, attempt)


@functools.cache
def offered_sandbox() -> str:
    """The sandbox that really works on this machine: `namespaces`, `bwrap` or none.

    It is tried by a fresh single-threaded process, as this one may have threads and must not fork.
    """
    return ask([sys.executable, "-I", "-S"], "sandbox")


def _with_real_paths(job: Job, attempt: Attempt) -> Job:
    """Replace each declared path by its real place, wherever a command, variable or script names it."""
    template = attempt.start.template
    root = job.directory / files.ROOT
    declared = declared_paths(template)
    if not declared:
        return replace(job, containers=[replace(each, cwd=_cwd(job, each.cwd)) for each in job.containers])
    places = {path: str(mapped(root, path)) for path in [*declared, *_folders_of(declared)]}
    names = sorted(places, key=len, reverse=True)
    pattern = re.compile(r"(?<![\w./-])(" + "|".join(re.escape(name) for name in names) + r")(?![\w.-])")
    seen: set[str] = set()

    def real(text: str) -> str:
        def place(match: re.Match[str]) -> str:
            seen.add(match[1])
            return places[match[1]]

        return pattern.sub(place, text)

    containers = [
        replace(
            each,
            argv=[real(word) for word in each.argv],
            env={name: real(value) for name, value in each.env.items()},
            cwd=_cwd(job, each.cwd),
        )
        for each in job.containers
    ]
    staged = {path: real(text) for path, text in script_files(template).items()}
    for path in declared:
        if path not in seen:
            raise ExecutorError(
                f"path {path} of template {template.get('name', '')} cannot be mapped: no command names it, "
                "and this machine offers no sandbox",
                remedy="allow user namespaces, install bubblewrap, or use the container executor",
            )
    (root / "tmp").mkdir(parents=True, exist_ok=True)
    return replace(job, containers=containers, files=staged)


def _folders_of(paths: Sequence[str]) -> list[str]:
    """The folders in which declared paths lie, but those that this machine has outside of `/tmp`."""
    found = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    return [path for path in found if path.startswith(_TEMPORARY) or not Path(path).exists()]


def _cwd(job: Job, path: str) -> str:
    place = mapped(job.directory / "work", path)
    place.mkdir(parents=True, exist_ok=True)
    return str(place)
