"""The container executor: the image as it is written, by podman or docker.

The supervisor of the attempt runs `podman run` (or `docker run`) in place of a command; volumes and input
artifacts are bound in, outputs are copied out. Variables go by the environment, never on a command line.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tiphys.errors import ExecutorError
from tiphys.executors.jobs import Means, make_job, script_files
from tiphys.executors.pod import attempt as files
from tiphys.executors.pod.container_engine import call
from tiphys.executors.pod.job import MAIN, ContainerJob, Job
from tiphys.executors.pod.layout import Layout
from tiphys.executors.port import Attempt, Hub, Surroundings
from tiphys.executors.quantities import bytes_of, cores_of
from tiphys.executors.spawner import Spawner

Json = Any

PROGRAMS: Final = ("podman", "docker")

_IMAGE: Final = re.compile(r"[A-Za-z0-9][\w./:@+-]*")
_PULL: Final = {"Always": "always", "IfNotPresent": "missing", "Never": "never"}
_PASSED: Final = ("PATH", "HOME", "USER", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
_FOR_PROGRAM: Final = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "CONTAINER_HOST", "CONTAINERS_CONF")


@functools.cache
def offered_program() -> str:
    """The program that answers on this machine: podman, else docker, else none."""
    for program in PROGRAMS:
        if shutil.which(program) and call([program, "info", "--format", "{{json .}}"]) is not None:
            return program
    return ""


class ContainerExecutor:
    """Runs pods as containers of this machine."""

    name = "container"

    def __init__(self, hub: Hub, surroundings: Surroundings, log: Path, program: str) -> None:
        if not program:
            raise ExecutorError(
                "neither podman nor docker answers on this machine",
                remedy="install podman, start docker, or use the process executor",
            )
        self.surroundings = surroundings
        self.program = program
        self._spawner = Spawner([sys.executable, "-I", "-S"], hub, log, warm=False)

    def start(self, attempt: Attempt) -> None:
        """Start an attempt."""
        self._spawner.start(attempt, self.job(attempt))

    def stop(self, attempt: Attempt, grace: float) -> None:
        """End an attempt."""
        files.tell(attempt.directory, f"stop {grace}")

    def close(self) -> None:
        """Let the fork server go; containers go on."""
        self._spawner.close()

    def job(self, attempt: Attempt) -> Job:
        """The job of an attempt, each command replaced by one that runs it in its image."""
        job = make_job(attempt, self.surroundings, Means(engine=self.program))
        label = f"tiphys.io/pod={attempt.key.rpartition('/')[0]}"
        declared = {str(each.get("name")): each for each in _all_containers(attempt)}
        prefix = f"tiphys-{attempt.token[:16]}"
        owner = ""
        wrapped = []
        for container in job.containers:
            name = f"{prefix}-{container.name}"
            words = [self.program, "run", "--name", name, "--label", label, "--label", f"tiphys.io/token={job.token}"]
            words += ["--init"] if _has_init(self.program) else []
            words += ["--network", f"container:{owner}"] if owner else []
            words += _options(declared[container.name], container, attempt)
            words += _binds(job, container, attempt)
            words += _image_and_command(declared[container.name], container)
            wrapped.append(replace(container, argv=words, env=self._environ(container), cwd="/", engine_name=name))
            owner = owner or (name if _shares_network(job, container) else "")
        return replace(job, containers=wrapped, label=label)

    def _environ(self, container: ContainerJob) -> dict[str, str]:
        """Variables of the program itself, and those that it hands on by name."""
        own = {name: os.environ[name] for name in (*_PASSED, *_FOR_PROGRAM) if name in os.environ}
        return {**container.env, **own}


@functools.cache
def _has_init(program: str) -> bool:
    """Whether containers can have a first process that passes signals on and reaps, as Argo's emissary does."""
    places = ("/usr/libexec/podman/catatonit", "/usr/lib/podman/catatonit")
    return program == "docker" or bool(shutil.which("catatonit")) or any(Path(each).exists() for each in places)


def _all_containers(attempt: Attempt) -> list[dict[str, Json]]:
    return [*attempt.start.init_containers, *attempt.start.containers]


def _shares_network(job: Job, container: ContainerJob) -> bool:
    """The containers of a pod share the network of the sidecar that is started first and ends last."""
    return container.role == "sidecar" and len(job.containers) > 1


def _options(declared: Mapping[str, Json], container: ContainerJob, attempt: Attempt) -> list[str]:
    words = ["--pull", _PULL[str(declared.get("imagePullPolicy") or "IfNotPresent")]]
    for name in container.env:
        words += ["--env", name] if name not in _PASSED else ["--env", f"{name}={container.env[name]}"]
    if directory := declared.get("workingDir"):
        words += ["--workdir", str(directory)]
    limits = (declared.get("resources") or {}).get("limits") or {}
    if "memory" in limits:
        words += ["--memory", str(bytes_of(str(limits["memory"])))]
    if "cpu" in limits:
        words += ["--cpus", f"{cores_of(str(limits['cpu'])):g}"]
    gpus = next((str(value) for name, value in limits.items() if name.endswith("/gpu")), "")
    if gpus and gpus != "0":
        words += ["--gpus", gpus]
    return words + _security(declared, attempt)


def _security(declared: Mapping[str, Json], attempt: Attempt) -> list[str]:
    pod = attempt.start.spec.get("securityContext") or {}
    own = declared.get("securityContext") or {}
    context = {**pod, **own}
    if own.get("privileged"):
        raise ExecutorError(
            f"container {declared.get('name')} is privileged, which this executor does not allow",
            remedy="leave securityContext.privileged out, or run on a cluster",
        )
    words = []
    if context.get("runAsUser") is not None:
        group = f":{int(context['runAsGroup'])}" if context.get("runAsGroup") is not None else ""
        words += ["--user", f"{int(context['runAsUser'])}{group}"]
    if own.get("readOnlyRootFilesystem"):
        words.append("--read-only")
    for side, option in (("add", "--cap-add"), ("drop", "--cap-drop")):
        for capability in (own.get("capabilities") or {}).get(side) or []:
            if not str(capability).replace("_", "").isalnum():
                raise ExecutorError(f"{capability!r} is not a capability")
            words += [option, str(capability)]
    return words


def _binds(job: Job, container: ContainerJob, attempt: Attempt) -> list[str]:
    """Volumes, and what is staged for the main container: input artifacts and the script."""
    words: list[str] = []
    for mount in container.mounts:
        words += _mount(mount.source, mount.path, read_only=mount.read_only)
    if container.role != MAIN:
        return words
    layout = Layout(job.directory / files.ROOT, container.mounts)
    artifacts = (attempt.start.template.get("inputs") or {}).get("artifacts") or []
    paths = [*script_files(attempt.start.template), *(str(each.get("path") or "") for each in artifacts)]
    for path in paths:
        if path and layout.mount_of(path) is None:
            words += ["--volume", f"{_colonless(str(layout.real(path)))}:{_colonless(path)}"]
    return words


def _mount(source: str, path: str, *, read_only: bool) -> list[str]:
    return ["--volume", f"{_colonless(source)}:{_colonless(path)}{':ro' if read_only else ''}"]


def _colonless(path: str) -> str:
    if ":" in path:
        raise ExecutorError(f"path {path} holds a colon, which podman and docker cannot mount")
    return path


def _image_and_command(declared: Mapping[str, Json], container: ContainerJob) -> Sequence[str]:
    image = str(declared.get("image") or "")
    if not _IMAGE.fullmatch(image):
        raise ExecutorError(f"{image[:200]!r} is not the name of an image")
    command = list(container.argv)
    if not declared.get("command"):
        return [image, *command]
    return ["--entrypoint", command[0], image, *command[1:]]
