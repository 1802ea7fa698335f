"""Events: everything the engine can learn. The history of a run is the list of its events.

Times are seconds since the epoch, given with `Machine.step(now, events)`, never read by the engine.
Tagged msgspec structs, so that a store can write and read them as JSON.
"""

from __future__ import annotations

import msgspec

from tiphys.messages.outputs import Outputs, PodStatus


class Event(msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True):
    """The root of all events."""


class RunSubmitted(Event, frozen=True, tag=True):
    """The run begins: the first event of every history."""


class PodChanged(Event, frozen=True, tag=True):
    """A pod started, is still waiting, or ended: its new status."""

    node_id: str
    status: PodStatus


class PodDeleted(Event, frozen=True, tag=True):
    """A pod is gone and nobody knows how it ended."""

    node_id: str


class TaskReported(Event, frozen=True, tag=True):
    """The agent's answer for an HTTP or plugin node."""

    node_id: str
    phase: str
    message: str = ""
    outputs: Outputs | None = None
    progress: str = ""


class ResourceReported(Event, frozen=True, tag=True):
    """Something outside the run changed for it: a lock was freed, a cache or ConfigMap changed."""

    what: str = ""


class ClockTicked(Event, frozen=True, tag=True):
    """A time asked for by `WakeAt` has come."""


class RunSuspended(Event, frozen=True, tag=True):
    """`argo suspend`: no further node starts."""


class RunResumed(Event, frozen=True, tag=True):
    """`argo resume`: of the whole run, or of the suspended nodes that `selector` finds."""

    selector: str = ""


class RunStopped(Event, frozen=True, tag=True):
    """`argo stop`: exit handlers still run. With `selector`: fail the matching suspend nodes."""

    selector: str = ""
    message: str = ""


class RunTerminated(Event, frozen=True, tag=True):
    """`argo terminate`: exit handlers do not run."""


class NodeSet(Event, frozen=True, tag=True):
    """`argo node set`: supplied outputs, phase or message of the suspend nodes that match."""

    selector: str
    values: dict[str, str] = {}
    phase: str = ""
    message: str = ""


class RunRetried(Event, frozen=True, tag=True):
    """`argo retry` of a completed run; `failed` is tiphys' own `retry --failed`."""

    restart_successful: bool = False
    selector: str = ""
    parameters: dict[str, str] = {}
    failed: bool = False


AnyEvent = (
    RunSubmitted
    | PodChanged
    | PodDeleted
    | TaskReported
    | ResourceReported
    | ClockTicked
    | RunSuspended
    | RunResumed
    | RunStopped
    | RunTerminated
    | NodeSet
    | RunRetried
)
"""The union that a store decodes."""
