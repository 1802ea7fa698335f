"""What others use of the runtime.

    start_run(submission, settings, …)      a new run, to its end        → RunResult
    resume_run(name, settings, …)           go on after the driver died  → RunResult
    retry_run(name, settings, retry, …)     a finished run once more     → RunResult
    open_store(settings)                    the store: list, get, nodes, events, attempts, artifacts
    load_run(store, name)                   a stored run as `engine.run.Run` with its nodes
    ask(store, name, event)                 stop, terminate, suspend, resume, set: for the run's driver
    delete_run(store, settings, name)       rows, logs, artifacts of a run

`on_change(run, changed ids)` is called after each commit; `notice(text)` with what the user should know.
A run is driven by one process at a time: `RunLocked` otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tiphys.artifacts.folder import Folder
from tiphys.engine.machine import Machine
from tiphys.engine.run import Run
from tiphys.errors import BadInput
from tiphys.executors.environments import Environments
from tiphys.executors.objects import Objects
from tiphys.messages.events import Event, RunRetried, RunSubmitted
from tiphys.messages.outputs import Json
from tiphys.runtime.capacity import machine_capacity
from tiphys.runtime.choice import Choice
from tiphys.runtime.clock import Clock
from tiphys.runtime.dispatch import Dispatch
from tiphys.runtime.driver import Driver, OnChange
from tiphys.runtime.inbox import Inbox
from tiphys.runtime.recovery import readopt
from tiphys.runtime.rows import load_run as load_run
from tiphys.runtime.submission import Submission, new_run, run_row
from tiphys.runtime.surroundings import (
    ClaimFolders,
    artifacts_folder,
    check_documents,
    environment,
    surroundings,
)
from tiphys.runtime.tasks import Agent
from tiphys.settings import Settings
from tiphys.store.port import Store
from tiphys.store.sqlite import SqliteStore

Notice = Callable[[str], None]

SUCCEEDED: Final = 0
FAILED: Final = 1
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class RunResult:
    """How driving a run ended. `stuck` says what the run would wait for for ever, if it would."""

    run: Run
    interrupted: bool = False
    stuck: str = ""

    @property
    def exit_code(self) -> int:
        """What a command line ends with."""
        if self.interrupted:
            return INTERRUPTED
        return SUCCEEDED if self.run.phase == "Succeeded" and not self.stuck else FAILED


def open_store(settings: Settings) -> Store:
    """The store that the settings name."""
    return SqliteStore(settings.state_dir)


def start_run(
    submission: Submission,
    settings: Settings,
    *,
    store: Store | None = None,
    on_change: OnChange | None = None,
    notice: Notice = lambda text: None,
) -> RunResult:
    """Submit a workflow and drive it to its end."""
    check_documents(submission.documents)
    store = store or open_store(settings)
    clock = Clock()
    run, documents = new_run(submission, settings.namespace, clock.now())
    store.create(run_row(run, documents, submission.options))
    with store.driving(run.name):
        return _drive(run, documents, settings, store, clock, [RunSubmitted()], on_change, notice)


def resume_run(
    name: str,
    settings: Settings,
    *,
    store: Store | None = None,
    on_change: OnChange | None = None,
    notice: Notice = lambda text: None,
) -> RunResult:
    """Go on with a run whose driver died. A finished run is given back as it is."""
    store = store or open_store(settings)
    name = store.run(name).name
    with store.driving(name):
        run = load_run(store, name)
        if run.phase.is_completed:
            return RunResult(run)
        first: list[Event] = [] if run.nodes or run.stored_spec else [RunSubmitted()]
        return _drive(run, _documents(store, name), settings, store, None, first, on_change, notice)


def retry_run(
    name: str,
    settings: Settings,
    retry: RunRetried,
    *,
    store: Store | None = None,
    on_change: OnChange | None = None,
    notice: Notice = lambda text: None,
) -> RunResult:
    """Go once more over a finished run; raises `BadInput` with Argo's text when it cannot be retried."""
    store = store or open_store(settings)
    name = store.run(name).name
    with store.driving(name):
        run = load_run(store, name)
        if not run.phase.is_completed:
            raise BadInput(f"run {name} has not ended", remedy="go on with `tiphys run --resume`, or stop it first")
        return _drive(run, _documents(store, name), settings, store, None, [retry], on_change, notice)


def ask(store: Store, name: str, event: Event) -> bool:
    """Leave a wish for the driver of a run; False when nobody drives it and it waits for a resume."""
    name = store.run(name).name
    store.request(name, type(event).__name__, msgspec.json.encode(event))
    return store.is_driven(name)


def delete_run(store: Store, settings: Settings, name: str) -> None:
    """Remove a run, its logs, and the artifacts below its name."""
    name = store.run(name).name
    store.delete(name)
    Folder(artifacts_folder(settings)).delete(name)


def _documents(store: Store, name: str) -> list[dict[str, Json]]:
    found: list[dict[str, Any]] = msgspec.json.decode(store.run(name).manifest)
    return found


def _drive(
    run: Run,
    documents: Sequence[Mapping[str, Json]],
    settings: Settings,
    store: Store,
    clock: Clock | None,
    events: Sequence[Event],
    on_change: OnChange | None,
    notice: Notice,
) -> RunResult:
    last = max((row.time for row in store.events(run.name)), default=0.0) if clock is None else 0.0
    clock = clock or Clock(not_before=last)
    inbox = Inbox()
    around = surroundings(documents, settings)
    environments = Environments(settings.environments_dir, settings.offline, notice)
    directory = store.directory(run.name)
    objects = Objects(directory / "objects", around.claims, settings.namespace, around.config_maps, around.secrets)
    objects.load()
    choice = Choice(inbox, around, objects, environments, directory / "executors.log", settings.executor, notice)
    capacity = machine_capacity(settings.max_parallel, settings.memory)
    dispatch = Dispatch(run.name, directory, choice, capacity, clock)
    driver = Driver(
        Machine(run, environment(documents, settings, store)),
        store,
        dispatch,
        inbox,
        clock,
        Agent(around.secrets),
        ClaimFolders(around.claims),
        on_change,
        notice=notice,
    )
    try:
        readopt(driver, store)
        driver.drive(events)
    finally:
        choice.close()
        inbox.close()
    return RunResult(driver.machine.run, driver.interrupted, driver.stuck)
