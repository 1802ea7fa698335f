"""Decisions: everything the engine can ask for. Carrying one out twice is harmless.

The driver (runtime, simulate, conformance) carries them out; the engine never knows how.
"""

from __future__ import annotations

import msgspec

from tiphys.messages.outputs import Json


class Decision(msgspec.Struct, frozen=True, tag_field="decision", omit_defaults=True):
    """The root of all decisions."""


class StartPod(Decision, frozen=True, tag=True):
    """Start the pod of a node.

    `template` is Argo's Template, fully substituted, with the values of its inputs, artifacts
    with their resolved locations, and the declared outputs: all that argoexec would get.
    `containers`, `init_containers` and `spec` (the rest of the pod spec: volumes, affinity,
    activeDeadlineSeconds …) are Kubernetes' own objects, without Argo's helper containers and volumes.
    `main` names the containers whose end decides (one, or those of a containerSet).
    `include_result` asks for stdout of the main container as `outputs.result`.
    `deadline` is an absolute time (seconds since the epoch) at which the executor ends the pod.
    """

    node_id: str
    node_name: str
    pod_name: str
    template: dict[str, Json]
    containers: list[dict[str, Json]]
    init_containers: list[dict[str, Json]] = []
    spec: dict[str, Json] = {}
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    main: tuple[str, ...] = ("main",)
    include_result: bool = False
    deadline: float | None = None
    daemon: bool = False


class StartTask(Decision, frozen=True, tag=True):
    """Have the agent do an HTTP or plugin node; `template` as in `StartPod`."""

    node_id: str
    node_name: str
    template: dict[str, Json]
    include_result: bool = False


class StopPod(Decision, frozen=True, tag=True):
    """End the pod of a node (a pending one is deleted, a running one terminated)."""

    node_id: str
    pod_name: str
    grace: int = 30


class DeletePod(Decision, frozen=True, tag=True):
    """Remove what is left of a finished pod (podGC)."""

    node_id: str
    pod_name: str


class WakeAt(Decision, frozen=True, tag=True):
    """Call `step` with `ClockTicked` at this time (seconds since the epoch), or earlier."""

    time: float


class SaveCache(Decision, frozen=True, tag=True):
    """Write an entry of a memoization cache (ConfigMap `cache`)."""

    cache: str
    key: str
    entry: dict[str, Json]


class CreateClaim(Decision, frozen=True, tag=True):
    """Create a PersistentVolumeClaim of the run."""

    claim: dict[str, Json]


class DeleteClaim(Decision, frozen=True, tag=True):
    """Delete a PersistentVolumeClaim of the run."""

    name: str


class RunCompleted(Decision, frozen=True, tag=True):
    """The run has come to its end; nothing more will be decided."""

    phase: str
    message: str = ""


AnyDecision = (
    StartPod | StartTask | StopPod | DeletePod | WakeAt | SaveCache | CreateClaim | DeleteClaim | RunCompleted
)
