"""From a decision `StartPod` to the job of a supervisor: what all executors on this machine share."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tiphys.errors import ExecutorError
from tiphys.executors.pod.job import INIT, MAIN, SIDECAR, Component, ContainerJob, Job
from tiphys.executors.pod.layout import Mount
from tiphys.executors.pod_environment import command, environment, passed_on
from tiphys.executors.port import Attempt, Surroundings
from tiphys.executors.quantities import bytes_of
from tiphys.executors.volumes import Volumes

Json = Any

SCRIPT_PATH: Final = "/argo/staging/script"
_SCRIPT_IN_SANDBOX: Final = "/tmp/.argo/script"  # noqa: S108 (with `/tmp` alone a sandbox costs less)
_PRIVATE: Final = "/tmp/"  # noqa: S108 (a folder of which a sandbox hides this machine's)
_ABSOLUTE: Final = re.compile(_PRIVATE + r"[^\s\"'`:;,|&<>(){}\[\]\\]+")
_SMALLEST_LIMIT: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Means:
    """What an executor adds: how paths are mapped, and what runs in place of a command."""

    sandbox: str = ""
    component: Component | None = None
    engine: str = ""


def make_job(attempt: Attempt, surroundings: Surroundings, means: Means) -> Job:
    """The job of an attempt; raises `ExecutorError` when something that it needs does not exist."""
    start = attempt.start
    volumes = Volumes(attempt, surroundings)
    graph = _dependencies(start.template)
    containers = [
        _container(each, INIT, attempt, surroundings, volumes, means)
        for each in start.init_containers
        if each.get("name") != "init"
    ]
    for each in start.containers:
        role = MAIN if each.get("name") in start.main else SIDECAR
        made = _container(each, role, attempt, surroundings, volumes, means, graph.get(str(each.get("name")), ()))
        containers.append(made)
    if not any(each.role == MAIN for each in containers):
        raise ExecutorError(f"pod {start.pod_name} has no main container")
    active = start.spec.get("activeDeadlineSeconds")
    return Job(
        directory=attempt.directory,
        token=attempt.token,
        key=attempt.key,
        template=_for_task_side(start.template),
        containers=containers,
        artifacts=surroundings.artifacts,
        include_result=start.include_result,
        sandbox=means.sandbox,
        engine=means.engine,
        visible=_visible(containers, start.template) if means.sandbox else (),
        secrets=_secrets(start.template, surroundings),
        remote=surroundings.remote,
        active_seconds=None if active is None else float(active),
        deadline_seconds=attempt.deadline_seconds,
        grace=float(start.spec.get("terminationGracePeriodSeconds") or 30),
        files=script_files(start.template, _SCRIPT_IN_SANDBOX if means.sandbox else SCRIPT_PATH),
        progress_path=_progress_path(containers),
        daemon=start.daemon,
    )


def script_files(template: Mapping[str, Json], path: str = SCRIPT_PATH) -> dict[str, str]:
    """The source of a script template, at the path at which Argo stages it or at another."""
    script = template.get("script")
    return {path: str(script.get("source") or "")} if script else {}


def declared_paths(template: Mapping[str, Json]) -> list[str]:
    """The absolute paths that a template declares: inputs, outputs, and its script."""
    paths = list(script_files(template))
    for side in ("inputs", "outputs"):
        artifacts = (template.get(side) or {}).get("artifacts") or []
        paths += [str(each["path"]) for each in artifacts if each.get("path")]
    for parameter in (template.get("outputs") or {}).get("parameters") or []:
        if path := (parameter.get("valueFrom") or {}).get("path"):
            paths.append(str(path))
    return paths


def _container(
    container: Mapping[str, Json],
    role: str,
    attempt: Attempt,
    surroundings: Surroundings,
    volumes: Volumes,
    means: Means,
    dependencies: Sequence[str] = (),
) -> ContainerJob:
    declared = environment(container, attempt, surroundings)
    values = declared if means.engine else passed_on(surroundings.environ) | declared
    mounts = volumes.mounts(container, declared)
    component = means.component if role == MAIN else None
    argv = command(container, declared)
    if means.sandbox and role == MAIN:
        argv = [_SCRIPT_IN_SANDBOX if word == SCRIPT_PATH else word for word in argv]
    if not argv and component is None and not means.engine:
        raise ExecutorError(
            f"container {container.get('name', '')} has no command, and this machine does not run its image",
            remedy="give the command in the template, or use the container executor",
        )
    if mounts and not (means.sandbox or means.engine):
        raise _cannot_mount(container, mounts)
    return ContainerJob(
        name=str(container.get("name", "")),
        role=role,
        argv=argv,
        env=values,
        cwd=str(container.get("workingDir") or "/"),
        mounts=mounts,
        dependencies=dependencies,
        limits={} if means.engine else _limits(container),
        component=component,
        probe=_probe(container, attempt) if role == MAIN else None,
        restarts=role == INIT and container.get("restartPolicy") == "Always",
    )


def _probe(container: Mapping[str, Json], attempt: Attempt) -> Mapping[str, Json] | None:
    """The readiness probe, of pods that others wait for."""
    return container.get("readinessProbe") if attempt.start.daemon else None


def _cannot_mount(container: Mapping[str, Json], mounts: Sequence[Mount]) -> ExecutorError:
    return ExecutorError(
        f"container {container.get('name', '')} mounts a volume at {mounts[0].path}, "
        "and this machine offers no sandbox that could show it there",
        remedy="allow user namespaces, install bubblewrap, or use the container executor (podman or docker)",
    )


def _dependencies(template: Mapping[str, Json]) -> dict[str, Sequence[str]]:
    containers = (template.get("containerSet") or {}).get("containers") or []
    return {str(each["name"]): tuple(each.get("dependencies") or ()) for each in containers}


def _limits(container: Mapping[str, Json]) -> dict[str, int]:
    memory = ((container.get("resources") or {}).get("limits") or {}).get("memory")
    # Below what an interpreter needs to start a limit could only break what works on a cluster.
    return {"RLIMIT_DATA": max(bytes_of(str(memory)), _SMALLEST_LIMIT)} if memory is not None else {}


def _for_task_side(template: Mapping[str, Json]) -> dict[str, Json]:
    return {name: template[name] for name in ("inputs", "outputs", "archiveLocation") if name in template}


def _visible(containers: Iterable[ContainerJob], template: Mapping[str, Json]) -> list[str]:
    """Paths below `/tmp` of this machine that commands name: they see those, although `/tmp` is private."""
    own = declared_paths(template)
    found = set()
    for container in containers:
        for text in (*container.argv, *container.env.values()):
            for path in _ABSOLUTE.findall(text) if _PRIVATE in text else ():
                place = _existing(Path(posixpath.normpath(path)))
                if place and not any(f"{each}/".startswith(f"{place}/") for each in own):
                    found.add(str(place))
    return sorted(path for path in found if not any(path.startswith(f"{other}/") for other in found))


def _existing(path: Path) -> Path | None:
    """The path, or the nearest folder above it, that exists deeper than `/tmp` itself."""
    while len(path.parts) > 2:
        if path.exists() and not path.is_symlink():
            return path if path.is_dir() else path.parent if len(path.parts) > 3 else path
        path = path.parent
    return None


def _secrets(template: Mapping[str, Json], surroundings: Surroundings) -> dict[str, dict[str, str]]:
    """The secrets that the locations of artifacts name."""
    names: set[str] = set()
    _gather_secret_names(template.get("inputs"), names)
    _gather_secret_names(template.get("outputs"), names)
    _gather_secret_names(template.get("archiveLocation"), names)
    return {name: dict(surroundings.secrets[name]) for name in names if name in surroundings.secrets}


def _gather_secret_names(tree: Json, names: set[str]) -> None:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key.endswith("Secret") and isinstance(value, dict) and "name" in value:
                names.add(str(value["name"]))
            else:
                _gather_secret_names(value, names)
    elif isinstance(tree, list):
        for value in tree:
            _gather_secret_names(value, names)


def _progress_path(containers: Iterable[ContainerJob]) -> str:
    for container in containers:
        if path := container.env.get("ARGO_PROGRESS_FILE"):
            return path
    return ""
