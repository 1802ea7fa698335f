"""`tiphys.simulate` on workflows whose tasks do nothing: time, tasks a second, growth with the size.

Linear cost is the aim: ten times the tasks should cost ten times the time (the last column).

    python benchmarks/simulate.py [SIZE ...]
"""

from __future__ import annotations

import sys
import time

from timing import median_seconds, table
from workflows import SHAPES

from tiphys.simulate.simulation import Rehearsal

SIZES = (100, 1_000, 10_000)


def main(sizes: list[int]) -> None:
    """Print the table."""
    rows: list[list[object]] = []
    for name, shape in SHAPES.items():
        before: tuple[int, float] | None = None
        for size in sizes:
            manifest = shape(size)
            began = time.perf_counter()
            rehearsal = Rehearsal.of(manifest)
            loading = time.perf_counter() - began
            runs = 3 if size <= 1_000 else 1
            seconds = median_seconds(lambda: _play(rehearsal), runs=runs, warm_up=int(size <= 1_000))  # noqa: B023 - called at once
            growth = f"{seconds / before[1]:.1f} for {size // before[0]} times the tasks" if before else ""
            rows.append([name, size, loading, seconds, round(size / seconds), growth])
            before = size, seconds
    print(table(["workflow", "tasks", "loading s", "simulating s", "tasks/s", "growth"], rows))


def _play(rehearsal: Rehearsal) -> None:
    simulated = rehearsal.play({})
    if simulated.phase != "Succeeded":
        raise SystemExit(f"the run is {simulated.phase}: {simulated.message} {simulated.stuck}")


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or list(SIZES))
