"""The phases and node types of Argo, in Argo's spelling."""

from __future__ import annotations

import enum


class NodePhase(enum.StrEnum):
    """https://argo-workflows.readthedocs.io/en/latest/fields/#nodestatus (`phase`)."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    SKIPPED = "Skipped"
    FAILED = "Failed"
    ERROR = "Error"
    OMITTED = "Omitted"

    @property
    def is_fulfilled(self) -> bool:
        """True once the node has come to an end, whatever the end."""
        return self not in _UNFINISHED

    @property
    def is_failure(self) -> bool:
        """True for `Failed` and `Error`."""
        return self in (NodePhase.FAILED, NodePhase.ERROR)


_UNFINISHED = frozenset({NodePhase.PENDING, NodePhase.RUNNING})


class WorkflowPhase(enum.StrEnum):
    """https://argo-workflows.readthedocs.io/en/latest/fields/#workflowstatus (`phase`)."""

    UNKNOWN = ""
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ERROR = "Error"

    @property
    def is_completed(self) -> bool:
        """True once the run has come to an end."""
        return self in (WorkflowPhase.SUCCEEDED, WorkflowPhase.FAILED, WorkflowPhase.ERROR)


class NodeType(enum.StrEnum):
    """https://argo-workflows.readthedocs.io/en/latest/fields/#nodestatus (`type`)."""

    POD = "Pod"
    CONTAINER = "Container"
    STEPS = "Steps"
    STEP_GROUP = "StepGroup"
    DAG = "DAG"
    TASK_GROUP = "TaskGroup"
    RETRY = "Retry"
    SKIPPED = "Skipped"
    SUSPEND = "Suspend"
    HTTP = "HTTP"
    PLUGIN = "Plugin"
