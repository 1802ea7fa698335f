"""The job: all that the engine tells the supervisor of an attempt, sent as JSON.

`pod` is the decision `StartPod`; what needs the cluster's objects (environment variables, volumes,
secrets) has been resolved by the engine. Deadlines are seconds from now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tiphys.executors.pod.layout import Mount

Json = Any

INIT: Final = "init"
SIDECAR: Final = "sidecar"
MAIN: Final = "main"


@dataclass(frozen=True, slots=True)
class Component:
    """A KFP lightweight Python component, run in a fork of the server that has `kfp` imported.

    `root` is the folder in which `/s3`, `/gcs` and the like lie for it ("" if they are real), `folder`
    the one for the program's file, `hand_out` the program that runs after it.
    """

    program: str
    arguments: Sequence[str]
    hand_out: str
    root: str
    folder: str


@dataclass(frozen=True, slots=True)
class ContainerJob:
    """One container: its role, command, environment and volume mounts.

    `engine_name` is its name with podman or docker, if the command is theirs.
    """

    name: str
    role: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: str
    mounts: Sequence[Mount] = ()
    dependencies: Sequence[str] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    component: Component | None = None
    engine_name: str = ""
    restarts: bool = False
    logs_as_message: bool = False
    probe: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """An attempt of a pod.

    `sandbox` is "namespaces", "bwrap" or "" (paths are this machine's); `visible` are paths of this
    machine that the containers may see although they lie in a folder that is private to them.
    `engine` is podman or docker, if containers are theirs, and `label` marks those of this pod.
    """

    directory: Path
    token: str
    key: str
    template: Mapping[str, Json]
    containers: Sequence[ContainerJob]
    artifacts: Path
    include_result: bool = False
    sandbox: str = ""
    engine: str = ""
    label: str = ""
    visible: Sequence[str] = ()
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    remote: Sequence[str] = ()
    active_seconds: float | None = None
    deadline_seconds: float | None = None
    grace: float = 30.0
    files: Mapping[str, str] = field(default_factory=dict)
    progress_path: str = ""
    daemon: bool = False

    def of_role(self, role: str) -> list[ContainerJob]:
        """The containers with that role, in order."""
        return [each for each in self.containers if each.role == role]


def to_json(job: Job) -> dict[str, Json]:
    """The job as JSON."""
    plain = {name: getattr(job, name) for name in _FIELDS}
    plain["directory"], plain["artifacts"] = str(job.directory), str(job.artifacts)
    plain["containers"] = [_container_to_json(each) for each in job.containers]
    return plain


def from_json(plain: Mapping[str, Json]) -> Job:
    """The job out of JSON."""
    known = dict(plain)
    known["directory"], known["artifacts"] = Path(plain["directory"]), Path(plain["artifacts"])
    known["containers"] = [_container_from_json(each) for each in plain["containers"]]
    return Job(**known)


_FIELDS: Final = tuple(Job.__dataclass_fields__)
_CONTAINER_FIELDS: Final = tuple(ContainerJob.__dataclass_fields__)


def _container_to_json(container: ContainerJob) -> dict[str, Json]:
    plain = {name: getattr(container, name) for name in _CONTAINER_FIELDS}
    plain["mounts"] = [[mount.path, mount.source, mount.read_only] for mount in container.mounts]
    component = container.component
    if component:
        plain["component"] = [getattr(component, name) for name in Component.__dataclass_fields__]
    return plain


def _container_from_json(plain: Mapping[str, Json]) -> ContainerJob:
    known = dict(plain)
    known["mounts"] = [Mount(*each) for each in plain["mounts"]]
    known["component"] = Component(*plain["component"]) if plain.get("component") else None
    return ContainerJob(**known)
