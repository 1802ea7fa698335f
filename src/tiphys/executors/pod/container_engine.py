"""Containers of podman or docker, driven by their command line: signals, files, removal.

The command `podman run` is attached and is the container's process for the supervisor; it inherits the
attempt's lock, so that the attempt lives as long as its containers do.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OWN_FAILURE: Final = 125
"""What `podman run` and `docker run` exit with when they could not run the container at all."""

_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class EngineContainer:
    """One container: the program that runs it, and its name there."""

    program: str
    name: str

    def started(self) -> None:
        """The command has been forked."""

    def group(self) -> int | None:
        """Signals go through the program, never to its own process."""
        return None

    def signal(self, number: int) -> bool:
        """Send a signal to the container's first process; False if it does not run."""
        return self._call("kill", "--signal", str(number), self.name) is not None

    def failed_to_run(self) -> bool:
        """Whether the container never ran, as far as the program knows."""
        told = self._call("inspect", "--format", "{{.State.Status}}", self.name)
        return told is None or told.strip() in ("", "created", "configured", "initialized")

    def wait_until_up(self) -> None:
        """Wait until others can join the container's network, for a while."""
        give_up = time.monotonic() + _SECONDS
        while time.monotonic() < give_up:
            told = self._call("inspect", "--format", "{{.State.Status}}", self.name)
            if told is not None and told.strip() not in ("", "created", "configured", "initialized"):
                return
            time.sleep(_POLL_SECONDS)

    def address(self) -> str:
        """The container's own address, if it has one."""
        return (self._call("inspect", "--format", "{{.NetworkSettings.IPAddress}}", self.name) or "").strip()

    def copy_out(self, path: str, place: Path) -> None:
        """Copy a file or folder out of the container, if it is there."""
        if place.exists() or place.is_symlink():
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        if self._call("cp", f"{self.name}:{path}", str(place)) is None and place.exists():
            shutil.rmtree(place, ignore_errors=True)

    def remove(self) -> None:
        """Remove the container with its anonymous volumes."""
        self._call("rm", "--force", "--volumes", self.name)

    def _call(self, *words: str) -> str | None:
        return call([self.program, *words])


def without_missing(words: Sequence[str], root: Path) -> list[str]:
    """A command without the volumes below `root` whose source was not staged: optional inputs."""
    kept: list[str] = []
    for word in words:
        if kept and kept[-1] == "--volume":
            source = word.split(":", 1)[0]
            if source.startswith(f"{root}/") and not Path(source).exists():
                kept.pop()
                continue
        kept.append(word)
    return kept


def remove_labelled(program: str, label: str) -> None:
    """Remove what earlier attempts of a pod left behind: no two of them run at once."""
    found = call([program, "ps", "--all", "--quiet", "--filter", f"label={label}"])
    for name in (found or "").split():
        call([program, "rm", "--force", "--volumes", name])


def call(words: Sequence[str]) -> str | None:
    """What a command prints, or None when it fails or hangs."""
    try:
        done = subprocess.run(  # noqa: S603 (a list; names are ours)
            list(words), capture_output=True, text=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
