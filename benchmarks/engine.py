"""The machine alone, without clock, rules or imitated pods: every pod it starts succeeds at once.

python benchmarks/engine.py [SIZE ...]
"""

from __future__ import annotations

import sys

from timing import median_seconds, table
from workflows import SHAPES

from tiphys.engine.environment import Environment
from tiphys.engine.machine import Machine
from tiphys.messages.decisions import StartPod
from tiphys.messages.events import Event, PodChanged, RunSubmitted
from tiphys.messages.outputs import ContainerStatus, PodStatus
from tiphys.simulate.fresh_run import new_run
from tiphys.simulate.workload import workload_of

SIZES = (100, 1_000, 10_000)
DONE = PodStatus(phase="Succeeded", containers=[ContainerStatus("main", 0, "Completed"), ContainerStatus("wait", 0)])


def drive(workflow: dict[str, object]) -> int:
    """Run to the end; how many pods were started."""
    machine = Machine(new_run(workflow, "bench"), Environment())
    now, pods = 1_000_000_000.0, 0
    events: list[Event] = [RunSubmitted()]
    while not machine.run.phase.is_completed:
        decisions = machine.step(now, events)
        events = [PodChanged(each.node_id, DONE) for each in decisions if isinstance(each, StartPod)]
        pods += len(events)
        now += 1.0
    return pods


def main(sizes: list[int]) -> None:
    """Print the table."""
    rows: list[list[object]] = []
    for name, shape in SHAPES.items():
        before: tuple[int, float] | None = None
        for size in sizes:
            workflow = workload_of(shape(size)).workflow
            runs = 3 if size <= 1_000 else 1
            seconds = median_seconds(lambda: drive(workflow), runs=runs, warm_up=int(size <= 1_000))  # noqa: B023 - called at once
            growth = f"{seconds / before[1]:.1f} for {size // before[0]} times the tasks" if before else ""
            rows.append([name, size, seconds, round(size / seconds), growth])
            before = size, seconds
    print(table(["workflow", "tasks", "seconds", "tasks/s", "growth"], rows))


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(SIZES))
