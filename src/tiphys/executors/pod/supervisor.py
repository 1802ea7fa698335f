"""The supervisor of one attempt: what kubelet and argoexec do for a pod, in one small process.

It stages the inputs, runs the init containers, then the containers, ends them when their time has come
or the engine says so, collects the outputs, writes the durable record, and only then reports. The
engine's death does not concern it.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tiphys.artifacts.folder import Folder
from tiphys.artifacts.stores import Stores
from tiphys.errors import ArtifactError
from tiphys.executors.pod import attempt, namespaces, processes, python_component
from tiphys.executors.pod.bwrap import Bubblewrap
from tiphys.executors.pod.container_engine import EngineContainer, remove_labelled, without_missing
from tiphys.executors.pod.containers import CANNOT_START, Container, not_in_path, offloaded
from tiphys.executors.pod.job import INIT, MAIN, SIDECAR, ContainerJob, Job
from tiphys.executors.pod.layout import Layout
from tiphys.executors.pod.outputs import Collected, collect
from tiphys.executors.pod.readiness import PERIOD_SECONDS, is_ready
from tiphys.failpoints import failpoint

Json = Any

ACTIVE_TOO_LONG: Final = "Pod was active on the node longer than the specified deadline"
_TERMINATED: Final = 128 + signal.SIGTERM
_PROGRESS_SECONDS: Final = 1.0
_KILL_AGAIN_SECONDS: Final = 1.0
_TRY_AGAIN_SECONDS: Final = 0.05


class Supervisor:
    """Runs one attempt to its end."""

    def __init__(self, job: Job, report: Callable[[str], None], lock: int) -> None:
        self.job = job
        self.report = report
        self.lock = lock
        self.containers: dict[str, Container] = {}
        self.ending = ""
        self.grace = job.grace
        self.reason = self.message = self.progress = ""
        self._began = time.monotonic()
        self._kill_at: float | None = None
        self._selector = selectors.DefaultSelector()
        self._made: list[Path] = []
        self._control = attempt.make_control(job.directory)
        self._wakeup = processes.child_signals()
        self._selector.register(self._control, selectors.EVENT_READ, self._on_order)
        self._selector.register(self._wakeup, selectors.EVENT_READ, self._on_child)

    def run(self) -> None:
        """From the staging of inputs to the report of the end."""
        (self.job.directory / attempt.LOGS).mkdir(exist_ok=True)
        trouble = self._stage()
        init: list[dict[str, Json]] = [{"name": "init", "exit_code": 0, "reason": "Completed"}]
        if trouble:
            init = [{"name": "init", "exit_code": CANNOT_START, "reason": "Error", "message": trouble}]
            self._finish(init, started=False)
            return
        failpoint("inputs.staged")
        if self.job.engine:
            remove_labelled(self.job.engine, self.job.label)
        for container in self.job.of_role(INIT):
            self._start(container)
            if not container.restarts:
                self._wait_for([container.name])
                if self.containers[container.name].exit_code or self.ending:
                    self._finish(init, started=False)
                    return
        self._start_all()
        self._wait_until_ready()
        self.report(f"running {self._address()}")
        self._wait_for([each.name for each in self.job.of_role(MAIN)])
        self._end_helpers()
        self._finish(init, started=True)

    def _stage(self) -> str:
        """Load the inputs and write the files of the template; gives what went wrong."""
        stores = self._stores()
        layout = self._layout(self._main())
        try:
            for path, text in self.job.files.items():
                place = layout.real(path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, "utf-8")
                place.chmod(0o755)
            for artifact in (self.job.template.get("inputs") or {}).get("artifacts") or []:
                path = str(artifact.get("path") or "")
                if not path:
                    return f"Artifact '{artifact.get('name', '')}' did not specify a path"
                stores.load(artifact, layout.real(path))
        except (ArtifactError, OSError) as error:
            return str(error)
        return ""

    def _start_all(self) -> None:
        all_of_them = (*self.job.of_role(SIDECAR), *self.job.of_role(MAIN))
        for place, container in enumerate(all_of_them):
            if not container.dependencies:
                self._start(container)
            if place == 0 and container.engine_name and len(all_of_them) > 1:
                EngineContainer(self.job.engine, container.engine_name).wait_until_up()

    def _start(self, container: ContainerJob) -> None:
        running = Container(
            container.name,
            container.argv,
            container.env,
            container.cwd,
            self.job.directory / attempt.LOGS / f"{container.name}.log",
            capture=self.job.include_result and container.name == "main",
            limits=container.limits,
            kept=self.lock,
        )
        if container.engine_name:
            running.remote = EngineContainer(self.job.engine, container.engine_name)
            running.argv = without_missing(container.argv, self.job.directory / attempt.ROOT)
        self.containers[container.name] = running
        try:
            enter = self._sandbox(container, running)
            component = container.component
            body = (lambda: python_component.run(component)) if component else None
            running.start(enter, body)
        except OSError as error:
            running.refuse(f"failed to start command: {error}" if error.errno else str(error))
            return
        for descriptor in running.streams:
            self._selector.register(descriptor, selectors.EVENT_READ, running)

    def _sandbox(self, container: ContainerJob, running: Container) -> Callable[[], None] | None:
        if not self.job.sandbox:
            return None
        layout = self._layout(container)
        view = namespaces.plan(layout.mounts, self._own_paths(), self.job.visible)
        self._made += namespaces.prepare(layout.root, view)
        if not view.whole and running.cwd == "/":
            running.cwd = "/tmp"  # noqa: S108 (the pod's own; `/` is this machine's here)
        if self.job.sandbox == "bwrap":
            program = running.argv[0]
            if "/" not in program and shutil.which(program, path=running.env.get("PATH")) is None:
                raise FileNotFoundError(not_in_path(program))
            running.wrapper = wrapper = Bubblewrap()
            words = offloaded(running.argv, layout.root / "tmp", "/tmp")  # noqa: S108 (inside the sandbox)
            running.argv = wrapper.wrapped(layout.root, view, words, running.cwd)
            running.cwd = "/"
            return None
        return lambda: namespaces.enter(layout.root, view)

    def _own_paths(self) -> list[str]:
        inputs = (self.job.template.get("inputs") or {}).get("artifacts") or []
        return [*self.job.files, *_artifact_paths(inputs), *self._output_paths()]

    def _output_paths(self) -> list[str]:
        outputs = self.job.template.get("outputs") or {}
        parameters = outputs.get("parameters") or []
        paths = [str((each.get("valueFrom") or {}).get("path") or "") for each in parameters]
        return [path for path in paths if path.startswith("/")] + _artifact_paths(outputs.get("artifacts") or [])

    def _wait_until_ready(self) -> None:
        """Go on until the probes of the containers succeed, or one of them ends."""
        probed = [each for each in self.job.containers if each.probe is not None]
        while probed and not self.ending:
            if any(self._is_over(each.name) for each in probed):
                return
            address = self._address()
            probed = [each for each in probed if not is_ready(each.probe or {}, each.env, address)]
            if probed:
                self._turn(PERIOD_SECONDS)

    def _address(self) -> str:
        """Where the pod can be reached from this machine."""
        remotes = [each.remote for each in self.containers.values() if isinstance(each.remote, EngineContainer)]
        found = [remote.address() for remote in remotes[:1]] if self.job.daemon else []
        return found[0] if found and found[0] else "127.0.0.1"

    def _wait_for(self, names: list[str]) -> None:
        """Go on until these containers have ended."""
        while not all(self._is_over(name) for name in names):
            self._turn()

    def _is_over(self, name: str) -> bool:
        container = self.containers.get(name)
        return container is not None and container.exit_code is not None

    def _turn(self, most_seconds: float | None = None) -> None:
        waiting = self._seconds_to_wait()
        if most_seconds is not None:
            waiting = most_seconds if waiting is None else min(waiting, most_seconds)
        for key, _ in self._selector.select(waiting):
            if isinstance(key.data, Container):
                if key.fd in key.data.streams and not key.data.read(key.fd):
                    self._selector.unregister(key.fd)
            else:
                key.data()
        self._check_time()
        self._start_dependents()

    def _on_child(self) -> None:
        processes.drain(self._wakeup)
        while (ended := processes.reap()) is not None:
            pid, status = ended
            for container in self.containers.values():
                if container.pid == pid and container.exit_code is None:
                    for descriptor in container.streams:
                        self._selector.unregister(descriptor)
                    container.finish(status)

    def _on_order(self) -> None:
        for order in os.read(self._control, 4096).decode().split("\n"):
            verb, _, detail = order.partition(" ")
            if verb == "stop" and not self.ending:
                self.grace = float(detail or self.grace)
                self._end_all("stopped")

    def _check_time(self) -> None:
        now = time.monotonic()
        job = self.job
        if not self.ending:
            if job.active_seconds is not None and now - self._began >= job.active_seconds:
                self.reason, self.message = "DeadlineExceeded", ACTIVE_TOO_LONG
                self._end_all("active")
            elif job.deadline_seconds is not None and now - self._began >= job.deadline_seconds:
                self._end_all("deadline")
        if self._kill_at is not None and now >= self._kill_at:
            alive = [each for each in self.containers.values() if each.is_running]
            self._kill_at = now + _KILL_AGAIN_SECONDS if alive else None
            for container in alive:
                container.signal(signal.SIGKILL)
        for container in self.containers.values():
            if container.unsent is not None and container.is_running:
                container.signal(container.unsent)
        if job.progress_path:
            self._look_at_progress()

    def _seconds_to_wait(self) -> float | None:
        times = [self._kill_at] if self._kill_at is not None else []
        if not self.ending:
            limits = (self.job.active_seconds, self.job.deadline_seconds)
            times += [self._began + seconds for seconds in limits if seconds is not None]
        if any(each.unsent is not None and each.is_running for each in self.containers.values()):
            times.append(time.monotonic() + _TRY_AGAIN_SECONDS)
        if self.job.progress_path:
            times.append(time.monotonic() + _PROGRESS_SECONDS)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _look_at_progress(self) -> None:
        try:
            lines = self._layout(self._main()).real(self.job.progress_path).read_text().strip().split("\n")
        except (OSError, UnicodeDecodeError):
            return
        done, _, total = lines[-1].strip().partition("/")
        if done.isdigit() and total.isdigit() and lines[-1].strip() != self.progress:
            self.progress = lines[-1].strip()
            self.report(f"progress {self.progress}")

    def _end_all(self, cause: str) -> None:
        self.ending = cause
        self._terminate([name for name, container in self.containers.items() if container.is_running])

    def _terminate(self, names: list[str]) -> None:
        for name in names:
            self.containers[name].signal(signal.SIGTERM)
        self._kill_at = time.monotonic() + self.grace

    def _start_dependents(self) -> None:
        """Containers of a set whose dependencies have ended; one that failed fails those behind it."""
        for container in self.job.of_role(MAIN):
            if container.name in self.containers or not container.dependencies:
                continue
            ended = [name for name in container.dependencies if self._is_over(name)]
            failed = next((name for name in ended if self.containers[name].exit_code), None)
            if failed is None and not self.ending:
                if len(ended) == len(container.dependencies):
                    self._start(container)
                continue
            refused = Container(container.name, (), {}, "/", self.job.directory / attempt.LOGS / "none")
            self.containers[container.name] = refused
            if self.ending:
                refused.refuse("", _TERMINATED)
            else:
                code = self.containers[str(failed)].exit_code
                refused.refuse(f'dependency "{failed}" exited with non-zero code: {code}')

    def _end_helpers(self) -> None:
        """End the sidecars once the main containers are over."""
        helpers = [each.name for each in self.job.of_role(SIDECAR)]
        helpers += [each.name for each in self.job.of_role(INIT) if each.restarts]
        running = [name for name in helpers if name in self.containers and self.containers[name].is_running]
        if running:
            self._terminate(running)
            self._wait_for(running)

    def _finish(self, init: list[dict[str, Json]], *, started: bool) -> None:
        self._end_helpers()
        processes.kill_descendants()
        if trouble := self._never_ran():
            init, started = trouble, False
        collected = self._collect() if started else Collected()
        self._remove_containers()
        status = self._status(init, collected, started=started)
        namespaces.clear(self._made)
        attempt.write_record(
            self.job.directory, {"token": self.job.token, "status": status, "artifacts": collected.saved}
        )
        self.report("ended")
        failpoint("record.reported")
        self._sweep()

    def _never_ran(self) -> list[dict[str, Json]]:
        """Containers that podman or docker could not run: trouble of this machine, not of the task."""
        found = []
        for name, container in self.containers.items():
            if container.never_ran:
                why = self._last_line(name) or f"{self.job.engine} could not run container {name}"
                found.append({"name": "init", "exit_code": CANNOT_START, "reason": "Error", "message": why})
        return found[:1]

    def _last_line(self, name: str) -> str:
        path = self.job.directory / attempt.LOGS / f"{name}.log"
        lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
        return lines[-1].split(" ", 3)[-1] if lines else ""

    def _remove_containers(self) -> None:
        for container in self.containers.values():
            if isinstance(container.remote, EngineContainer):
                container.remote.remove()

    def _copy_out(self) -> None:
        """Outputs that lie in the container's own file system."""
        main = self._main()
        if not main.engine_name:
            return
        layout = self._layout(main)
        remote = EngineContainer(self.job.engine, main.engine_name)
        for path in self._output_paths():
            if layout.mount_of(path) is None:
                remote.copy_out(path, layout.real(path))

    def _collect(self) -> Collected:
        self._copy_out()
        main = self.containers.get("main")
        result = main.captured.text() if main and main.captured else None
        return collect(self.job.template, self._layout(self._main()), self._stores(), self.job.token, result)

    def _status(self, init: list[dict[str, Json]], collected: Collected, *, started: bool) -> dict[str, Json]:
        wait: dict[str, Json] = {"name": "wait", "exit_code": 0, "reason": "Completed"}
        if collected.trouble:
            wait = {
                "name": "wait",
                "exit_code": CANNOT_START,
                "reason": "Error",
                "message": collected.trouble,
            }
        names = {role: [each.name for each in self.job.of_role(role)] for role in (INIT, MAIN, SIDECAR)}
        init += [self.containers[name].status() for name in names[INIT] if name in self.containers]
        containers = []
        if started:
            containers = [self._container_status(name) for name in (*names[MAIN], *names[SIDECAR])]
            containers.append(wait)
        bad = any(each.get("exit_code") for each in (*init, *containers)) or bool(self.message)
        status: dict[str, Json] = {
            "phase": "Failed" if bad or not started else "Succeeded",
            "message": self.message,
            "reason": self.reason,
            "containers": containers,
            "init_containers": init,
            "host": os.uname().nodename,
            "progress": self.progress,
        }
        if collected.outputs:
            status["outputs"] = collected.outputs
        return status

    def _container_status(self, name: str) -> dict[str, Json]:
        container = self.containers[name]
        told = container.status()
        if self.ending and told.get("exit_code") == 128 + signal.SIGKILL:
            told["reason"] = "Error"
        return told

    def _main(self) -> ContainerJob:
        mains = self.job.of_role(MAIN)
        return next((each for each in mains if each.name == "main"), mains[0])

    def _layout(self, container: ContainerJob) -> Layout:
        own = container.role == MAIN and container.name == self._main().name
        name = attempt.ROOT if own else f"{attempt.ROOT}-{container.name}"
        root = self.job.directory / name
        root.mkdir(exist_ok=True, mode=0o755)
        return Layout(root, container.mounts)

    def _stores(self) -> Stores:
        return Stores(
            Folder(self.job.artifacts),
            self.job.template.get("archiveLocation"),
            self.job.secrets,
            self.job.remote,
        )

    def _sweep(self) -> None:
        """The attempt's own files go with it, as a pod's do; logs and record stay."""
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.job.directory):
                if entry.name not in (attempt.LOCK, attempt.RECORD, attempt.LOGS):
                    if entry.is_dir(follow_symlinks=False):
                        shutil.rmtree(entry.path, ignore_errors=True)
                    else:
                        Path(entry.path).unlink()


def _artifact_paths(artifacts: Sequence[Mapping[str, Json]]) -> list[str]:
    return [str(each["path"]) for each in artifacts if str(each.get("path") or "").startswith("/")]
