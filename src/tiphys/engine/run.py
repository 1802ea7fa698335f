"""The state of a run: its nodes and what Argo keeps in `workflow.status`.

Only the machine changes a `Run`. Everything here is data; it can be written as JSON and read back.
Times are seconds since the epoch; None means not set.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tiphys.messages.outputs import Json, Outputs
from tiphys.messages.phases import NodePhase, NodeType, WorkflowPhase


class Node(msgspec.Struct, omit_defaults=True):
    """A node of the run, field by field Argo's NodeStatus.

    https://argo-workflows.readthedocs.io/en/latest/fields/#nodestatus
    `id`, `boundary_id`, `children` and `outbound_nodes` hold node ids (`engine.naming`).
    `pod_exists` and `on_exit` are ours: a pod was asked for and is not known to be gone; the node is
    part of an exit handler, which a stopped run still executes. `synced` is false while an executor is at
    work that has still to report: then not even a failure is the end (Argo's `taskResultSynced`).
    """

    id: str
    name: str
    display_name: str
    type: NodeType
    phase: NodePhase
    template_name: str = ""
    template_ref: dict[str, Json] | None = None
    template_scope: str = ""
    message: str = ""
    boundary_id: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    progress: str = ""
    inputs: dict[str, Json] | None = None
    outputs: Outputs | None = None
    children: list[str] = []
    outbound_nodes: list[str] = []
    node_flag: dict[str, bool] | None = None
    memoization_status: dict[str, Json] | None = None
    synchronization_status: dict[str, Json] | None = None
    daemoned: bool = False
    pod_ip: str = ""
    host_node_name: str = ""
    resources_duration: dict[str, int] | None = None
    pod_exists: bool = False
    on_exit: bool = False
    synced: bool = True

    @property
    def is_done(self) -> bool:
        """True once the node has come to an end and all that it reports is known (NodePhase.Fulfilled)."""
        return self.phase in _DONE or (self.phase in _ENDED and self.synced)

    @property
    def is_completed(self) -> bool:
        """True once it has succeeded or failed; what was skipped or omitted has not (NodeStatus.Completed)."""
        return self.phase in _ENDED and self.synced

    @property
    def is_fulfilled(self) -> bool:
        """True once the node is done, or is a daemon that is ready (NodeStatus.Fulfilled)."""
        return (self.is_done and self.synced) or (self.daemoned and self.phase is not NodePhase.PENDING)


_ENDED = frozenset({NodePhase.SUCCEEDED, NodePhase.FAILED, NodePhase.ERROR})
_DONE = frozenset({NodePhase.SKIPPED, NodePhase.OMITTED})


class Run(msgspec.Struct, omit_defaults=True):
    """A run: Argo's Workflow object with its status.

    `manifest` is the Workflow as submitted (a plain dict, never changed); `stored_spec` is the spec
    in force after workflowTemplateRef and defaults were merged in.
    """

    name: str
    namespace: str
    uid: str
    created_at: float
    manifest: dict[str, Json]
    stored_spec: dict[str, Json] = {}
    phase: WorkflowPhase = WorkflowPhase.UNKNOWN
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    progress: str = ""
    nodes: dict[str, Node] = {}
    outputs: Outputs | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    conditions: list[dict[str, Any]] = []
    persistent_volume_claims: list[dict[str, Any]] = []
    synchronization: dict[str, Json] | None = None
    stored_templates: dict[str, dict[str, Json]] = {}
    retries: int = 0
