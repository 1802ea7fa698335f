"""The sweep: kill a run at one place, go on with it; nothing may be lost, nothing may run twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.faults.workload import Trial

ENGINE = (
    "run.creating",
    "run.created",
    "step.decided",
    "step.committed",
    "step.carried_out",
    "pod.directory_made",
    "pod.locked",
    "pod.sent",
    "result.received",
    "run.completed",
)
"""Places in the engine: tasks go on without it, so that none ever starts twice."""

TASK = (
    "pod.received",
    "pod.supervised",
    "inputs.staged",
    "container.forked",
    "container.ended",
    "outputs.read",
    "artifact.copied",
    "artifact.described",
    "artifact.published",
    "record.written",
)
"""Places in a supervisor before the record is durable: the attempt is lost, and made once more."""

RECORDED = ("record.renamed", "record.reported")
"""Places in a supervisor behind the record: nothing is lost."""

RECOVERY = ("recovery.loaded", "recovery.adopted", "recovery.restarted")
"""Places in a driver that goes on with a run."""


def points(kind: str, hits: tuple[int, ...]) -> Iterator[tuple[str, int, int]]:
    """Failpoint, which hit kills, and how often a task may start at most."""
    for name in ENGINE:
        for hit in hits if name not in ("run.creating", "run.created", "run.completed") else (1,):
            yield name, hit, 1
    for name in TASK:
        if kind == "chain" or not name.startswith("artifact."):
            yield name, 1, 2
    for name in RECORDED:
        yield name, 1, 1


def trial(folder: Path, kind: str, name: str, hit: int, most_starts: int) -> list[str]:
    """Kill at one place, go on to the end, and check."""
    made = Trial(folder, kind)
    is_task = name in (*TASK, *RECORDED)
    fault = f"{name}=kill:{folder}/killed@{hit}" if is_task else f"{name}=kill@{hit}"
    made.drive("start", fault)
    if name not in made.reached:
        return [f"{name} was not reached"]
    made.to_the_end()
    return made.violations(most_starts)


def recovery_trial(folder: Path, kind: str, name: str) -> list[str]:
    """Kill the engine with tasks under way, then kill the one that goes on with the run."""
    made = Trial(folder, kind)
    first = "pod.directory_made" if name == "recovery.restarted" else "pod.sent"
    made.drive("start", f"{first}=kill@1")
    for _ in range(2):
        made.drive("resume", f"{name}=kill@1")
    if name not in made.reached:
        return [f"{name} was not reached"]
    made.to_the_end()
    return made.violations(1)
