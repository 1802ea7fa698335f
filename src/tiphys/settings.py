"""Settings: `[tool.tiphys]` of pyproject.toml or `tiphys.toml`, then `TIPHYS_*`, then flags.

The later wins. `where` of each value is kept, so that `tiphys doctor` can say what is in force and why.
"""

from __future__ import annotations

import os
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tiphys.errors import BadInput, Place


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force.

    `state_dir`: runs, logs, artifacts, caches of environments.
    `artifact_root`: where artifacts go (a folder or URL); empty means inside `state_dir`.
    `executor`: `auto`, `warm`, `process` or `container`.
    `max_parallel`: pods at once; 0 means the number of CPUs.
    `memory`: bytes that pods may request together; 0 means what the machine has.
    `environments_dir`: Python environments of components, cached by content.
    `namespace`: the Kubernetes namespace that names in manifests stand for.
    `offline`: never ask a package index.
    """

    state_dir: Path
    artifact_root: str = ""
    executor: str = "auto"
    max_parallel: int = 0
    memory: int = 0
    environments_dir: Path = Path()
    namespace: str = "default"
    offline: bool = False
    where: Mapping[str, str] = field(default_factory=dict, compare=False)


EXECUTORS = ("auto", "warm", "process", "container")


def user_state_dir(environ: Mapping[str, str]) -> Path:
    """The user's state directory (XDG base directory specification)."""
    return _user_dir(environ, "XDG_STATE_HOME", ".local/state")


def user_cache_dir(environ: Mapping[str, str]) -> Path:
    """The user's cache directory (XDG base directory specification)."""
    return _user_dir(environ, "XDG_CACHE_HOME", ".cache")


def _user_dir(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    home = Path(environ.get("HOME", "~")).expanduser()
    return Path(environ.get(variable) or home / below_home) / "tiphys"


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> Settings:
    """Gather the settings for work in the folder `start` (default: the current one).

    Raises `BadInput` with the place when a file does not parse, a name is unknown or a value is of
    the wrong type.
    """
    environ = os.environ if environ is None else environ
    start = (start or Path.cwd()).resolve()
    project, table, source = _project_table(start)
    values: dict[str, Any] = {}
    where: dict[str, str] = {}
    for name, value in table.items():
        _set(values, where, name.replace("-", "_"), value, source)
    for name in _names():
        if (text := environ.get(f"TIPHYS_{name.upper()}")) is not None:
            _set(values, where, name, text, f"TIPHYS_{name.upper()}")
    for name, value in (flags or {}).items():
        if value is not None:
            _set(values, where, name, value, f"--{name.replace('_', '-')}")
    if "state_dir" not in values:
        values["state_dir"] = project / ".tiphys" if project else user_state_dir(environ)
        where["state_dir"] = "default"
    values["state_dir"] = _absolute(values["state_dir"], start)
    if "environments_dir" in values:
        values["environments_dir"] = _absolute(values["environments_dir"], start)
    else:
        values["environments_dir"] = user_cache_dir(environ) / "environments"
    return Settings(**values, where=where)


def _names() -> list[str]:
    return [item.name for item in fields(Settings) if item.name != "where"]


def _project_table(start: Path) -> tuple[Path | None, dict[str, Any], str]:
    """The nearest project above `start`: its folder, its table of settings, and the file's name."""
    for folder in (start, *start.parents):
        own = folder / "tiphys.toml"
        if own.is_file():
            return folder, _read(own), str(own)
        shared = folder / "pyproject.toml"
        if shared.is_file():
            table = _read(shared).get("tool", {}).get("tiphys", {})
            return folder, table, str(shared)
        if (folder / ".git").exists():
            return folder, {}, ""
    return None, {}, ""


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"not valid TOML: {error}", place=Place(str(path)), remedy="mend the file") from error


def _set(values: dict[str, Any], where: dict[str, str], name: str, value: Any, source: str) -> None:
    if name not in _names():
        known = ", ".join(_names())
        raise BadInput(f"unknown setting `{name}`", place=Place(source), remedy=f"known settings: {known}")
    wanted = typing.get_type_hints(Settings)[name]
    values[name] = _convert(name, value, wanted, source)
    where[name] = source


def _convert(name: str, value: Any, wanted: Any, source: str) -> Any:
    def refuse(expected: str) -> BadInput:
        return BadInput(f"setting `{name}` is {value!r}", place=Place(source), remedy=f"give {expected}")

    if wanted is bool:
        texts = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
        known = value if isinstance(value, bool) else texts.get(str(value).lower())
        if known is None:
            raise refuse("true or false")
        return known
    if wanted is int:
        if isinstance(value, bool) or not str(value).isdigit():
            raise refuse("a whole number that is not negative")
        return int(value)
    if not isinstance(value, (str, Path)):
        raise refuse("a text")
    if name == "executor" and value not in EXECUTORS:
        raise refuse("one of " + ", ".join(EXECUTORS))
    return Path(value) if wanted is Path else str(value)


def _absolute(path: Path, start: Path) -> Path:
    return (start / path.expanduser()).resolve()
