from __future__ import annotations

from typing import Any

import pytest

from tiphys.engine import claims
from tiphys.engine.run import Run
from tiphys.errors import NodeError
from tiphys.messages.decisions import DeleteClaim
from tiphys.messages.phases import WorkflowPhase


def make_run(*names: str, phase: WorkflowPhase = WorkflowPhase.RUNNING, **spec: Any) -> Run:
    templates = [{"metadata": {"name": name, "labels": {"x": "y"}}, "spec": {"a": 1}} for name in names]
    return Run("wf", "default", "u", 0.0, {}, {"volumeClaimTemplates": templates, **spec}, phase)


def test_claims_are_asked_for_once() -> None:
    run = make_run("a", "b")
    asked = claims.create(run)
    assert [each.claim["metadata"]["name"] for each in asked] == ["wf-a", "wf-b"]
    assert asked[0].claim["metadata"]["labels"] == {"x": "y", "workflows.argoproj.io/workflow": "wf"}
    assert run.persistent_volume_claims[0] == {
        "name": "a",
        "persistentVolumeClaim": {"claimName": "wf-a"},
    }
    assert claims.create(run) == []


def test_a_claim_needs_a_name() -> None:
    with pytest.raises(NodeError, match=r"volumeClaimTemplates\[1\]\.metadata\.name is required"):
        claims.create(make_run("a", ""))


def test_a_run_that_is_not_under_way_gets_none() -> None:
    assert claims.create(make_run("a", phase=WorkflowPhase.FAILED)) == []


@pytest.mark.parametrize(
    ("strategy", "phase", "deleted"),
    [
        ("", WorkflowPhase.SUCCEEDED, True),
        ("", WorkflowPhase.FAILED, False),
        ("OnWorkflowSuccess", WorkflowPhase.ERROR, False),
        ("OnWorkflowCompletion", WorkflowPhase.FAILED, True),
        ("Whatever", WorkflowPhase.SUCCEEDED, False),
    ],
)
def test_when_claims_are_deleted(strategy: str, phase: WorkflowPhase, deleted: bool) -> None:
    run = make_run("a", volumeClaimGC={"strategy": strategy})
    claims.create(run)
    run.phase = phase
    assert claims.delete(run) == ([DeleteClaim("wf-a")] if deleted else [])
    assert (run.persistent_volume_claims == []) is deleted
