"""A KFP lightweight Python component, run in a fork of a process that has `kfp` imported already.

It does what the container's command does: write the program to a file and call
`kfp.dsl.executor_main` with the arguments. Only the places of artifacts differ: an artifact whose URI
says where it lies is read and written at the attempt's own path.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tiphys.executors.pod.job import Component


def preload() -> None:
    """Import what every component needs, before the forks."""
    os.environ["_KFP_RUNTIME"] = "true"
    importlib.import_module("kfp.dsl.executor_main")
    importlib.import_module("kfp.dsl")
    gc.collect()
    gc.freeze()


def run(component: Component, directory: Path) -> int:
    """Run the component in this process; gives the exit code of the interpreter it stands for."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = directory / "program"
    folder.mkdir(exist_ok=True)
    program = folder / "ephemeral_component.py"
    program.write_text(component.program, "utf-8")
    executor_main = importlib.import_module("kfp.dsl.executor_main")
    _show_own_places(component.paths)
    _forget_ourselves()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = [str(executor_main.__file__), "--component_module_path", str(program), *component.arguments]
    sys.modules["__main__"] = executor_main
    code = 0
    try:
        executor_main.executor_main()
    except SystemExit as end:
        code = _exit_code(end.code)
    except BaseException:  # noqa: BLE001 (what the interpreter does with what nobody caught)
        kind, error, trace = sys.exc_info()
        traceback.print_exception(kind, error, _without_our_frames(trace))
        code = 1
    return _leave(code)


def _leave(code: int) -> int:
    """What the interpreter does before it exits: wait for threads, run exit functions, flush."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    except SystemExit as end:
        code = _exit_code(end.code)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or 120
    return code


def _exit_code(value: object) -> int:
    if value is None:
        return 0
    if isinstance(value, int):
        return value & 0xFF
    print(value, file=sys.stderr)  # noqa: T201 (as the interpreter does)
    return 1


def _without_our_frames(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _show_own_places(paths: Mapping[str, str]) -> None:
    """Give artifacts the attempt's own paths; their URIs stay what they are."""
    if not paths:
        return
    artifact: Any = importlib.import_module("kfp.dsl.types.artifact_types").Artifact
    usual = artifact._get_path

    def own_path(self: Any) -> Any:
        return usual(self) if self.custom_path else paths.get(self.uri) or usual(self)

    artifact._get_path = own_path


def _forget_ourselves() -> None:
    """The component sees the modules of its own environment only."""
    for name in [name for name in sys.modules if name == "tiphys" or name.startswith("tiphys.")]:
        del sys.modules[name]
