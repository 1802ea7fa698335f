"""Lifecycle hooks of workflows, steps and tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.validation.invalid import Invalid

Json = Any


def check_hooks(hooks: Mapping[str, Json], where: str) -> None:
    """Refuse hooks that do not say when they run (only `exit` need not)."""
    for name, hook in hooks.items():
        if name != "exit" and not (hook or {}).get("expression"):
            raise Invalid(f"{where}.{name} Expression required")


def has_exit_hook(holder: Mapping[str, Json]) -> bool:
    """True if something runs when a step or task ends."""
    return "exit" in (holder.get("hooks") or {}) or bool(holder.get("onExit"))
