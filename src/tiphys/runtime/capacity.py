"""How much runs at once: pods by number, and what they request of CPU and memory.

A pod that asks for more than the machine has runs when nothing else does; it never waits for ever.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from decimal import Decimal

from tiphys.executors.quantities import requested
from tiphys.messages.decisions import StartPod


@dataclass(frozen=True, slots=True)
class Request:
    """What a pod takes up while it runs."""

    slots: int
    cpu: Decimal
    memory: Decimal


@dataclass(slots=True)
class Capacity:
    """What is there, and what is taken."""

    slots: int
    cpu: Decimal
    memory: Decimal
    taken: dict[str, Request] = field(default_factory=dict)

    def fits(self, request: Request) -> bool:
        """Whether the pod may start now."""
        if not self.taken:
            return True
        used = list(self.taken.values())
        return (
            sum(each.slots for each in used) + request.slots <= self.slots
            and sum((each.cpu for each in used), request.cpu) <= self.cpu
            and sum((each.memory for each in used), request.memory) <= self.memory
        )

    def take(self, key: str, request: Request) -> None:
        """The pod runs."""
        self.taken[key] = request

    def give_back(self, key: str) -> None:
        """The pod is over."""
        self.taken.pop(key, None)


def machine_capacity(max_parallel: int = 0, memory: int = 0) -> Capacity:
    """What this machine has; both limits can be set."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Capacity(max_parallel or cpus, Decimal(max(cpus, max_parallel)), Decimal(memory or pages))


def request_of(start: StartPod) -> Request:
    """What a pod asks for: the sum of its containers, or its largest init container. Daemons take no slot."""
    running = list(start.containers)
    helpers = [each for each in start.init_containers if each.get("restartPolicy") == "Always"]
    first = [each for each in start.init_containers if each.get("restartPolicy") != "Always"]

    def most(name: str) -> Decimal:
        together = requested([*running, *helpers], name)
        return max([together, *(requested([each], name) for each in first)])

    return Request(0 if start.daemon else 1, most("cpu"), most("memory"))
