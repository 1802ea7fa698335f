"""The same view of the file system by bubblewrap, where the kernel gives namespaces to it alone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tiphys.executors.pod.namespaces import View


def wrapped(root: Path, view: View, argv: Sequence[str], cwd: str) -> list[str]:
    """The command that runs `argv` in the view; `root` has been prepared."""
    words = [shutil.which("bwrap") or "bwrap", "--bind", str(root), "/"]
    for bind in view.binds:
        words += ["--ro-bind" if bind.read_only else "--dev-bind", bind.source, bind.path]
    return [*words, "--chdir", cwd, "--", *argv]


def is_offered() -> bool:
    """Whether bubblewrap is installed and really works here."""
    program = shutil.which("bwrap")
    if not program:
        return False
    words = [program, "--dev-bind", "/", "/", "--", "true"]
    try:
        return subprocess.run(words, capture_output=True, timeout=10, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
