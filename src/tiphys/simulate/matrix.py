"""What if each task failed? One row for each task that may fail: what becomes of the others.

Each row is a simulation of its own in which that task fails and all others succeed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tiphys.simulate.scripted import Spoken
from tiphys.simulate.simulated_run import SimulatedRun
from tiphys.simulate.simulation import Rehearsal
from tiphys.simulate.task_paths import TaskPath

_ABSENT: Final = "never started"


@dataclass(frozen=True, slots=True)
class Row:
    """One task that failed, how the run ended, and the state of every other task.

    `changed` holds those that ended otherwise than when everything succeeds.
    """

    task: str
    phase: str
    stuck: str
    states: Mapping[str, str]
    changed: Mapping[str, str]

    @property
    def handled(self) -> bool:
        """True when the run succeeded all the same."""
        return self.phase == "Succeeded"


@dataclass(frozen=True, slots=True)
class Matrix:
    """The rows, and the run in which nothing fails."""

    undisturbed: SimulatedRun
    rows: Sequence[Row] = field(default_factory=tuple)

    def __getitem__(self, task: str) -> Row:
        for row in self.rows:
            if row.task == task:
                return row
        raise KeyError(task)

    def table(self) -> str:
        """The matrix as text, one line a task."""
        lines = [("if this fails", "the run is", "and")]
        lines.extend((row.task, _ending(row), _consequences(row)) for row in self.rows)
        widths = [max(len(line[column]) for line in lines) for column in range(2)]
        return "\n".join(
            f"{first:<{widths[0]}}  {second:<{widths[1]}}  {third}".rstrip() for first, second, third in lines
        )

    def __str__(self) -> str:
        return self.table()


def matrix(
    pipeline: object,
    arguments: Mapping[str, Any] | None = None,
    *,
    outcomes: Mapping[str, Spoken] | None = None,
    phase: str = "Failed",
    resources: Sequence[Mapping[str, Any]] = (),
) -> Matrix:
    """Fail one task after the other. `outcomes` say what holds in all rows (an approval, a result)."""
    rehearsal = Rehearsal.of(pipeline, arguments, resources)
    always = dict(outcomes or {})
    undisturbed = rehearsal.play(always)
    normal = undisturbed.states()
    rows = []
    for selector in _may_fail(rehearsal.tasks(), normal):
        simulated = rehearsal.play({**always, selector: phase})
        rows.append(_row(selector, simulated, normal))
    return Matrix(undisturbed, tuple(rows))


def _may_fail(tasks: Sequence[TaskPath], normal: Mapping[str, str]) -> list[str]:
    """The selectors to try: each task that runs something, and one run of it where it runs several times."""
    ran: dict[str, list[str]] = {}
    for path, phase in normal.items():
        if phase not in ("Skipped", "Omitted"):
            ran.setdefault(_task_of(path), []).append(path)
    found: list[str] = []
    for task in tasks:
        paths = ran.get(task.path) if task.is_leaf else None
        if not paths:
            continue
        found.append(task.path)
        single = next((path for path in paths if "[" in path), None)
        if single is not None and len(paths) > 1:
            found.append(single)
    return found


def _row(selector: str, simulated: SimulatedRun, normal: Mapping[str, str]) -> Row:
    states = simulated.states()
    own = _task_of(selector)
    changed = {
        path: states.get(path, _ABSENT)
        for path in (*normal, *(path for path in states if path not in normal))
        if states.get(path, _ABSENT) != normal.get(path) and _task_of(path) != own
    }
    return Row(selector, simulated.phase, simulated.stuck, states, changed)


def _ending(row: Row) -> str:
    return "stuck" if row.stuck else row.phase


def _consequences(row: Row) -> str:
    """What changed, by phase: tasks with how often, without groups that only pass the failure on."""
    by_phase: dict[str, dict[str, int]] = {}
    for path, phase in row.changed.items():
        if _holds(path, row.task) or (phase == _ABSENT and any(_holds(other, path) for other in row.changed)):
            continue
        tasks = by_phase.setdefault(phase, {})
        tasks[_task_of(path)] = tasks.get(_task_of(path), 0) + 1
    return "; ".join(f"{phase}: {_counted(tasks)}" for phase, tasks in by_phase.items())


def _counted(tasks: Mapping[str, int]) -> str:
    return ", ".join(f"{task} ({count} times)" if count > 1 else task for task, count in tasks.items())


def _holds(group: str, path: str) -> bool:
    """True when a group (a task, or one item of it) stands over a task."""
    inside = _task_of(group)
    return _task_of(path).startswith(f"{inside}/") or (path != group and "[" in path and path.startswith(f"{group}["))


def _task_of(path: str) -> str:
    return "/".join(part.partition("[")[0].partition("#")[0] for part in path.split("/"))
