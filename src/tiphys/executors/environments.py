"""Python environments of components: made by uv from what a component installs, cached by content.

The key is the Python version and the requirements; a finished environment is never changed. Without
packages, and with the very kfp that is installed here, the engine's own interpreter serves.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tiphys.errors import ExecutorError
from tiphys.messages.component import Component

_SECONDS: Final = 900
_NOT_INSTALLED: Final = "pip install 'tiphys[kfp]', or name an environment that has kfp"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What the environment of a component must hold."""

    kfp: str
    packages: tuple[str, ...]
    index_urls: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name of the environment in the cache."""
        content = [sys.implementation.cache_tag, self.kfp, sorted(self.packages), self.index_urls]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Environments:
    """The cache of environments. `notice` is told what the user should know."""

    folder: Path
    offline: bool
    notice: Callable[[str], None]

    def requirement(self, component: Component) -> Requirement:
        """What the environment of a component must hold."""
        return Requirement(component.kfp, component.packages, component.pip_index_urls, component.pip_trusted_hosts)

    def ready(self, requirement: Requirement) -> str | None:
        """The interpreter of an environment that needs no work, if there is one."""
        if not requirement.packages and requirement.kfp in ("", _installed_kfp()):
            return sys.executable
        python = self._python(requirement)
        return str(python) if python.exists() else None

    def make(self, requirement: Requirement) -> str:
        """Make the environment (or find that another process made it); gives its interpreter."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / f"{requirement.key}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if ready := self.ready(requirement):
                return ready
            try:
                return self._build(requirement)
            except ExecutorError as error:
                return self._instead(requirement, error)

    def _python(self, requirement: Requirement) -> Path:
        return self.folder / requirement.key / "bin" / "python"

    def _build(self, requirement: Requirement) -> str:
        uv = _uv()
        fresh = self.folder / f"{requirement.key}.making"
        shutil.rmtree(fresh, ignore_errors=True)
        offline = ["--offline"] if self.offline else []
        _run([uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, *offline, str(fresh)])
        python = str(fresh / "bin" / "python")
        install = [uv, "pip", "install", "--quiet", "--python", python, *offline]
        for url, option in zip(requirement.index_urls, ("--index-url", "--extra-index-url"), strict=False):
            install += [option, url]
        for host in requirement.trusted_hosts:
            install += ["--allow-insecure-host", host]
        if requirement.packages:
            _run([*install, "--", *requirement.packages])
        _run([*install, "--no-deps", "--", f"kfp=={requirement.kfp}" if requirement.kfp else "kfp"])
        fresh.rename(self.folder / requirement.key)
        return str(self._python(requirement))

    def _instead(self, requirement: Requirement, error: ExecutorError) -> str:
        """This interpreter, when it has all that is asked for, though nothing can be installed."""
        if _installed_kfp() is None or not all(_is_satisfied(each) for each in requirement.packages):
            raise error
        told = f"kfp {requirement.kfp}" if requirement.kfp else "kfp"
        self.notice(
            f"no environment with {', '.join((told, *requirement.packages))} could be made "
            f"({error.message}); the interpreter of tiphys runs these components"
        )
        return sys.executable


@functools.cache
def _installed_kfp() -> str | None:
    try:
        return importlib.metadata.version("kfp")
    except importlib.metadata.PackageNotFoundError:
        return None


def _is_satisfied(requirement: str) -> bool:
    """Whether a requirement is met here, as far as its name and exact version say."""
    name = requirement.split(";")[0].strip()
    version = ""
    if "==" in name:
        name, _, version = name.partition("==")
    elif any(sign in name for sign in "<>=!~@/[ "):
        return False
    try:
        installed = importlib.metadata.version(name.strip())
    except importlib.metadata.PackageNotFoundError:
        return False
    return not version or installed == version.strip()


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise ExecutorError("uv is not installed", remedy=_NOT_INSTALLED)
    return found


def _run(words: Sequence[str]) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    try:
        done = subprocess.run(  # noqa: S603 (uv, with requirements behind `--`)
            list(words), capture_output=True, text=True, timeout=_SECONDS, env=environ, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExecutorError(f"uv could not be run: {error}") from error
    if done.returncode:
        raise ExecutorError(f"uv failed: {done.stderr.strip()[-800:]}")
