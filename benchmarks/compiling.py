"""Compiling a pipeline of many tasks, beyond `import kfp` and the SDK's own tracing; and what starts the command line.

python benchmarks/compiling.py [TASKS]
"""

import json
import subprocess
import sys
import time
import warnings

from timing import median_seconds, table

from tiphys.compiler import compile_ir
from tiphys.loading.sources import load

TASKS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000


def main() -> None:
    """Trace, compile, print."""
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from kfp import dsl

    imported = time.perf_counter() - began

    @dsl.component(base_image="python:3.11", install_kfp_package=False)
    def add(a: int, b: int) -> int:
        return a + b

    @dsl.pipeline(name="many")
    def many():
        before = [add(a=0, b=number) for number in range(10)]
        for number in range(10, TASKS):
            before.append(add(a=before[number - 10].output, b=before[number - 3].output))

    began = time.perf_counter()
    loaded = load(many)
    traced = time.perf_counter() - began
    assert loaded.ir is not None
    ir = loaded.ir
    compiled = median_seconds(lambda: compile_ir(ir), runs=3, warm_up=0)
    size = len(json.dumps(compile_ir(ir)[0], separators=(",", ":")))
    command_line = median_seconds(
        lambda: subprocess.run([sys.executable, "-m", "tiphys.cli.main", "--help"], check=True, capture_output=True)
    )
    bare = median_seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    rows = [
        ["import kfp", imported, 1.0],
        [f"load the IR of {TASKS} tasks", traced, traced / imported],
        [f"compile {TASKS} tasks", compiled, compiled / imported],
        ["tiphys --help", command_line, command_line / bare],
        ["python -c pass", bare, 1.0],
    ]
    print(table(["what", "seconds", "ratio"], rows))
    print(f"manifest: {size:,} bytes of JSON")


if __name__ == "__main__":
    main()
