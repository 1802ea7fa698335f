"""What a task costs when it is run for real: chains and fan-outs of no-op KFP components and processes.

Beside them a bare fork of a process that has kfp imported, and `kfp.local` if it is installed: the figures
of one run can be compared, those of different machines cannot.
"""

import contextlib
import io
import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from timing import median_seconds, table

from tiphys.loading.compilation import compile as compile_pipeline
from tiphys.runtime.api import start_run
from tiphys.runtime.submission import Submission
from tiphys.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kfp import dsl, local

LENGTH = int(os.environ.get("LENGTH", "50"))


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def nothing(x: int) -> int:
    return x


@dsl.pipeline(name="chain")
def chain() -> int:
    value = nothing(x=1).output
    for _ in range(LENGTH - 1):
        value = nothing(x=value).output
    return value


@dsl.pipeline(name="one")
def one() -> int:
    return nothing(x=1).output


@dsl.pipeline(name="fan-out")
def fan_out():
    with dsl.ParallelFor(list(range(LENGTH))) as item:
        nothing(x=item)


def process_chain() -> dict[str, Any]:
    """A chain of `/bin/true`, in Argo's own words."""
    tasks = [{"name": f"t{n}", "template": "t", "depends": f"t{n - 1}" if n else ""} for n in range(LENGTH)]
    for task in tasks:
        if not task["depends"]:
            del task["depends"]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "processes-"},
        "spec": {
            "entrypoint": "main",
            "templates": [
                {"name": "t", "container": {"image": "busybox", "command": ["/bin/true"]}},
                {"name": "main", "dag": {"tasks": tasks}},
            ],
        },
    }


def run(documents: list[dict[str, Any]], folder: Path) -> None:
    """Run a workflow to its end."""
    settings = Settings(state_dir=folder / "state", environments_dir=folder / "environments")
    result = start_run(Submission(documents), settings)
    if result.exit_code:
        raise SystemExit(f"the run failed: {result.run.message}")


def first_and_last(documents: list[dict[str, Any]]) -> Callable[[], None]:
    """Run a workflow in a state of its own."""

    def work() -> None:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
            run(documents, Path(folder))

    return work


FORKS = """
import os, sys, time
os.environ["_KFP_RUNTIME"] = "true"
import kfp.dsl.executor_main
began = time.perf_counter()
for _ in range(200):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
print((time.perf_counter() - began) / 200)
"""


def bare_fork() -> float:
    """Seconds for fork and wait in a process that has kfp imported."""
    done = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=True)
    return float(done.stdout)


def kfp_local() -> float:
    """Seconds a task by kfp.local, with its fastest settings."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=folder, raise_on_error=True)
        began = time.perf_counter()
        nothing(x=1)
        took = time.perf_counter() - began
    logging.disable(logging.NOTSET)
    return took


def main() -> None:
    """Print the table."""
    fork = bare_fork()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipelines = {
            f"chain of {LENGTH} components": (compile_pipeline(chain).documents, LENGTH),
            f"fan-out of {LENGTH} components": (compile_pipeline(fan_out).documents, LENGTH),
            f"chain of {LENGTH} processes": ([process_chain()], LENGTH),
        }
        alone = compile_pipeline(one).documents
    start = median_seconds(first_and_last(alone), runs=3)
    rows: list[tuple[object, ...]] = [("bare fork with kfp imported", 1, fork * 1e3, 1.0)]
    for name, (documents, count) in pipelines.items():
        whole = median_seconds(first_and_last(documents), runs=3)
        each = (whole - start) / (count - 1)
        rows.append((name, count, each * 1e3, each / fork))
    rows.append(("one component, from nothing to the end", 1, start * 1e3, start / fork))
    peer = min(kfp_local() for _ in range(3))
    rows.append(("kfp.local, no venv, no install", 1, peer * 1e3, peer / fork))
    print(table(["what", "tasks", "ms a task", "bare forks"], rows))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")


if __name__ == "__main__":
    main()
