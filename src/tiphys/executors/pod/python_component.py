"""A KFP lightweight Python component, run in a fork of a process that has `kfp` imported already.

It does what the container's command does: write the program to a file, call `kfp.dsl.executor_main`
with the arguments, then the program that hands out the results. Only the folders to which KFP maps the
URIs of artifacts may lie elsewhere: in the attempt's own folder.
"""

from __future__ import annotations

import atexit
import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from tiphys.executors.pod.job import Component


def preload() -> None:
    """Import what every component needs, before the forks."""
    os.environ["_KFP_RUNTIME"] = "true"
    importlib.import_module("kfp.dsl.executor_main")
    importlib.import_module("kfp.dsl")


def run(component: Component) -> int:
    """Run the component in this process; gives the exit code of the interpreter it stands for."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(component.folder)
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "ephemeral_component.py"
    program.write_text(component.program, "utf-8")
    executor_main = importlib.import_module("kfp.dsl.executor_main")
    if component.root:
        _move_mounts(component.root)
    _forget_ourselves()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = [str(executor_main.__file__), "--component_module_path", str(program), *component.arguments]
    sys.modules["__main__"] = executor_main
    code = _interpreted(executor_main.executor_main)
    if code == 0 and component.hand_out:
        sys.argv = ["-c", *component.arguments]
        text = compile(component.hand_out, "<hand out>", "exec")
        code = _interpreted(lambda: exec(text, {"__name__": "__main__"}))  # noqa: S102 (the pod's own program)
    return code


def _interpreted(work: Callable[[], object]) -> int:
    """Do what an interpreter does with a program; gives its exit code."""
    code = 0
    try:
        work()
    except SystemExit as end:
        code = _exit_code(end.code)
    except BaseException:  # noqa: BLE001 (what nobody caught becomes a traceback and an exit code)
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


def _move_mounts(root: str) -> None:
    """Have KFP map URIs into a folder of our own; the URIs stay what they are."""
    artifact_types: Any = importlib.import_module("kfp.dsl.types.artifact_types")
    for name in ("_GCS", "_MINIO", "_S3", "_OCI"):
        constant = f"{name}_LOCAL_MOUNT_PREFIX"
        if prefix := getattr(artifact_types, constant, ""):
            setattr(artifact_types, constant, f"{root}{prefix}")


_still_ours: list[ModuleType] = []
"""Modules that are hidden, not taken apart: that would copy every page on which they lie."""


def _forget_ourselves() -> None:
    """The component sees the modules of its own environment only."""
    ours = [name for name in sys.modules if name == "tiphys" or name.startswith("tiphys.")]
    _still_ours.extend(sys.modules.pop(name) for name in ours)
