"""What a container asks for: CPU, memory, accelerators; amounts that the run decides go into the patch."""

from __future__ import annotations

from typing import Any

from tiphys.compiler.emit.command import PodNames, text
from tiphys.compiler.transport import number
from tiphys.ir.model import Resources

Json = Any


def resources(given: Resources | None, container: dict[str, Json], patch: dict[str, Json], names: PodNames) -> None:
    """Write the resources of a container into it, or into its patch if one of them is not known yet."""
    if given is None:
        return
    wanted = {
        ("limits", "cpu"): given.resource_cpu_limit or _old(given.cpu_limit, ""),
        ("limits", "memory"): given.resource_memory_limit or _old(given.memory_limit, "G"),
        ("requests", "cpu"): given.resource_cpu_request or _old(given.cpu_request, ""),
        ("requests", "memory"): given.resource_memory_request or _old(given.memory_request, "G"),
    }
    known: dict[str, dict[str, Json]] = {}
    later: dict[str, dict[Json, Json]] = {}
    for (kind, name), amount in wanted.items():
        if amount:
            _put(kind, name, amount, names, known, later)
    if given.accelerator is not None:
        device = given.accelerator.resource_type or given.accelerator.type
        count = given.accelerator.resource_count or (str(given.accelerator.count) if given.accelerator.count else "")
        if device and count:
            _put("limits", device, count, names, known, later)
    if known:
        container["resources"] = known
    if later:
        patch["resources"] = later


def _put(
    kind: str,
    name: str,
    amount: str,
    names: PodNames,
    known: dict[str, dict[str, Json]],
    later: dict[str, dict[Json, Json]],
) -> None:
    plain_name, quoted_name = text(name, names)
    plain_amount, quoted_amount = text(amount, names)
    if plain_name == name and plain_amount == amount:
        known.setdefault(kind, {})[name] = amount
    else:
        key = name if plain_name == name else quoted_name
        later.setdefault(kind, {})[key] = quoted_amount


def _old(amount: float, unit: str) -> str:
    """An amount as old SDKs write it, a number of cores or GB."""
    return f"{number(amount)}{unit}" if amount else ""
