"""The rows of the store, as values.

`data` and `state` are JSON that only the runtime reads; the columns beside them are what lists and
pages need without reading it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run. `manifest` and `options` never change; nodes have rows of their own.

    `state` changes with every step, `spec` (what the machine made of the manifest) hardly ever.
    """

    name: str
    namespace: str
    uid: str
    created_at: float
    manifest: bytes
    options: bytes = b"{}"
    state: bytes = b"{}"
    spec: bytes = b""
    phase: str = ""
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    progress: str = ""


@dataclass(frozen=True, slots=True)
class RunState:
    """What changes of a run; `spec` is None when it is as it was."""

    state: bytes
    phase: str
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    progress: str = ""
    spec: bytes | None = None


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node of a run; `place` is its number in the order in which nodes came to be."""

    id: str
    place: int
    phase: str
    data: bytes


@dataclass(frozen=True, slots=True)
class EventsRow:
    """One step of the history: the events that were given to the machine at one instant."""

    sequence: int
    time: float
    data: bytes


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt to run the pod of a node.

    `phase`: `wanted` (committed, perhaps not started), `over` (its end is in the history). `start` is
    the decision as JSON, `number` counts the attempts of this pod from 0, `executor` ran it.
    """

    node_id: str
    pod_name: str
    number: int
    token: str
    phase: str
    start: bytes = b""
    executor: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """An output artifact that was saved."""

    node_id: str
    name: str
    path: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class CacheRow:
    """An entry of a memoization cache."""

    namespace: str
    cache: str
    key: str
    entry: bytes


@dataclass(frozen=True, slots=True)
class RequestRow:
    """What another process wants of the driver of a run: stop, terminate, suspend, resume, set."""

    id: int
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Commit:
    """What one step of a run changes; written as a whole or not at all."""

    run: str
    state: RunState | None = None
    events: Sequence[EventsRow] = ()
    nodes: Sequence[NodeRow] = ()
    gone_nodes: Sequence[str] = ()
    attempts: Sequence[AttemptRow] = ()
    over: Sequence[tuple[str, int]] = ()
    artifacts: Sequence[ArtifactRow] = ()
    caches: Sequence[CacheRow] = ()
    taken: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs a list shows: by phase, by beginning of the name, the newest first."""

    phases: Sequence[str] = ()
    prefix: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    limit: int = 0
    offset: int = 0
    unfinished: bool = False
