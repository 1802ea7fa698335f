"""The same view of the file system by bubblewrap, where the kernel gives namespaces to it alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tiphys.executors.pod.namespaces import View


class Bubblewrap:
    """One use of bubblewrap: the command, and the process that it becomes."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_inheritable(self._writing, True)
        os.set_blocking(self._reading, False)
        self._group: int | None = None

    def wrapped(self, root: Path, view: View, argv: Sequence[str], cwd: str) -> list[str]:
        """The command that runs `argv` in the view; `root` has been prepared."""
        words = [shutil.which("bwrap") or "bwrap", "--new-session", "--info-fd", str(self._writing)]
        if view.whole:
            words += ["--bind", str(root), "/"]
        else:
            words += ["--dev-bind", "/", "/", "--bind", str(root / "tmp"), "/tmp"]  # noqa: S108 (inside)
        for bind in view.binds:
            words += ["--ro-bind" if bind.read_only else "--dev-bind", bind.source, bind.path]
        return [*words, "--chdir", cwd, "--", *argv]

    def started(self) -> None:
        """The wrapper has been forked."""
        os.close(self._writing)

    def group(self) -> int | None:
        """The session of the command: signals go to it and not to bubblewrap, which ends after it."""
        if self._group is None:
            try:
                told = os.read(self._reading, 4096)
            except BlockingIOError:
                return None
            if told:
                self._group = int(json.loads(told)["child-pid"])
        return self._group


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
