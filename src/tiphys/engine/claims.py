"""PersistentVolumeClaims of a run, made from `volumeClaimTemplates` and deleted as `volumeClaimGC` says.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (createPVCs, deletePVCs)
"""

from __future__ import annotations

from tiphys.engine.run import Run
from tiphys.errors import NodeError
from tiphys.messages.decisions import CreateClaim, DeleteClaim
from tiphys.messages.phases import WorkflowPhase


def create(run: Run) -> list[CreateClaim]:
    """Ask for the claims that the run does not have yet, and note them in its status.

    Raises `NodeError` when a claim has no name; those before it are noted but not asked for.
    """
    templates = run.stored_spec.get("volumeClaimTemplates") or []
    if run.phase not in (WorkflowPhase.PENDING, WorkflowPhase.RUNNING):
        return []
    if len(templates) == len(run.persistent_volume_claims):
        return []
    decisions = []
    for index, template in enumerate(templates):
        metadata = template.get("metadata") or {}
        name = str(metadata.get("name") or "")
        if not name:
            raise NodeError(f"volumeClaimTemplates[{index}].metadata.name is required")
        claim_name = f"{run.name}-{name}"
        labels = {**(metadata.get("labels") or {}), "workflows.argoproj.io/workflow": run.name}
        decisions.append(
            CreateClaim({**template, "metadata": {**metadata, "name": claim_name, "labels": labels}})
        )
        run.persistent_volume_claims.append(
            {"name": name, "persistentVolumeClaim": {"claimName": claim_name}}
        )
    return decisions


def delete(run: Run) -> list[DeleteClaim]:
    """Give back the claims of a run that has ended, if it ended as its strategy asks."""
    strategy = (run.stored_spec.get("volumeClaimGC") or {}).get("strategy") or "OnWorkflowSuccess"
    if strategy == "OnWorkflowSuccess":
        if run.phase is not WorkflowPhase.SUCCEEDED:
            return []
    elif strategy != "OnWorkflowCompletion":
        return []
    decisions = [
        DeleteClaim(str(volume["persistentVolumeClaim"]["claimName"]))
        for volume in run.persistent_volume_claims
    ]
    run.persistent_volume_claims = []
    return decisions
