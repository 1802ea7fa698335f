from __future__ import annotations

from typing import Any

import pytest

from tiphys.engine import naming
from tiphys.engine.resubmit import PREVIOUS_RUN_LABEL, resubmit, retry
from tiphys.engine.run import Node, Run
from tiphys.engine.status import workflow_object
from tiphys.errors import BadInput
from tiphys.messages.outputs import Outputs
from tiphys.messages.phases import NodePhase, NodeType, WorkflowPhase

OK, FAILED, OMITTED = NodePhase.SUCCEEDED, NodePhase.FAILED, NodePhase.OMITTED


def make_run(*nodes: Node, phase: WorkflowPhase = WorkflowPhase.FAILED, **fields: Any) -> Run:
    return Run(
        "wf", "default", "u", 0.0, {"spec": {}}, {}, phase, nodes={node.id: node for node in nodes}, **fields
    )


def node(name: str, phase: NodePhase, *children: str, type: NodeType = NodeType.POD, **fields: Any) -> Node:
    full = f"wf.{name}" if name else "wf"
    return Node(
        naming.node_id("wf", full),
        full,
        name,
        type,
        phase,
        children=[naming.node_id("wf", f"wf.{child}") for child in children],
        boundary_id="wf" if name else "",
        started_at=1.0,
        finished_at=2.0,
        **fields,
    )


def dag(phase: NodePhase, *children: str) -> Node:
    return node("", phase, *children, type=NodeType.DAG)


def skipped(name: str, *children: str) -> Node:
    return node(name, OMITTED, *children, type=NodeType.SKIPPED)


def names(run: Run) -> dict[str, str]:
    return {each.display_name or "root": each.phase.value for each in run.nodes.values()}


def handled_failure(phase: WorkflowPhase) -> Run:
    """`a` failed and `b` ran because of it; `c` failed, `d` was omitted; `e` succeeded."""
    return make_run(
        dag(FAILED, "a", "c", "e"),
        node("a", FAILED, "b"),
        node("b", OK),
        node("c", FAILED, "d"),
        skipped("d"),
        node("e", OK),
        phase=phase,
    )


def test_argo_retries_failures_that_nobody_handled() -> None:
    run = handled_failure(WorkflowPhase.FAILED)
    retried = retry(run, 100.0)
    assert names(retried.run) == {"root": "Running", "a": "Failed", "b": "Succeeded", "e": "Succeeded"}
    assert [each.display_name for each in retried.deleted] == ["c"]
    root = retried.run.nodes["wf"]
    assert (root.started_at, root.finished_at) == (100.0, None)
    assert len(root.children) == 2
    assert len(run.nodes) == 6
    assert len(run.nodes["wf"].children) == 3


@pytest.mark.parametrize("phase", [WorkflowPhase.FAILED, WorkflowPhase.SUCCEEDED])
def test_our_own_retry_takes_every_failed_and_omitted_node_and_what_depends_on_it(
    phase: WorkflowPhase,
) -> None:
    retried = retry(handled_failure(phase), 100.0, failed=True)
    assert names(retried.run) == {"root": "Running", "e": "Succeeded"}
    assert sorted(each.display_name for each in retried.deleted) == ["a", "b", "c"]


def test_our_own_retry_with_nothing_to_do() -> None:
    with pytest.raises(BadInput, match="no node of this run failed or was omitted"):
        retry(make_run(dag(OK, "a"), node("a", OK)), 1.0, failed=True)


def test_a_retried_run_is_open_again() -> None:
    run = handled_failure(WorkflowPhase.FAILED)
    run.stored_spec = {"shutdown": "Stop", "activeDeadlineSeconds": 0, "entrypoint": "main"}
    run.labels = {"workflows.argoproj.io/completed": "true", "mine": "x"}
    run.conditions = [{"type": "Completed", "status": "True"}, {"type": "PodRunning", "status": "False"}]
    run.persistent_volume_claims = [{"name": "x"}]
    new = retry(run, 100.0).run
    assert new.stored_spec == {"entrypoint": "main"}
    assert new.phase is WorkflowPhase.UNKNOWN
    assert new.labels == {"mine": "x"}
    assert new.conditions == [
        {"type": "PodRunning", "status": "False"},
        {"type": "Completed", "status": "False"},
    ]
    assert new.persistent_volume_claims == []
    assert new.retries == 1
    assert new.started_at == 100.0


def test_an_exhausted_retry_node_starts_anew() -> None:
    flag = {"node_flag": {"retried": True}}
    run = make_run(
        dag(FAILED, "a"),
        node("a", FAILED, "a(0)", "a(1)", type=NodeType.RETRY),
        node("a(0)", FAILED, **flag),
        node("a(1)", FAILED, **flag),
    )
    for failed in (False, True):
        new = retry(run, 100.0, failed=failed).run
        assert names(new) == {"root": "Running", "a": "Running"}
        assert new.nodes[naming.node_id("wf", "wf.a")].children == []


def test_an_attempt_that_was_made_good_is_left_alone() -> None:
    flag = {"node_flag": {"retried": True}}
    run = make_run(
        dag(FAILED, "a", "b"),
        node("a", OK, "a(0)", "a(1)", type=NodeType.RETRY),
        node("a(0)", FAILED, **flag),
        node("a(1)", OK, **flag),
        node("b", FAILED),
    )
    for failed in (False, True):
        new = retry(run, 100.0, failed=failed).run
        assert names(new) == {"root": "Running", "a": "Succeeded", "a(0)": "Failed", "a(1)": "Succeeded"}


def test_items_of_a_loop_are_made_anew_when_parameters_change() -> None:
    run = make_run(
        dag(FAILED, "l"),
        node("l", FAILED, "l(0:x)", "l(1:y)", type=NodeType.TASK_GROUP),
        node("l(0:x)", OK),
        node("l(1:y)", FAILED),
    )
    assert names(retry(run, 1.0).run) == {"root": "Running", "l": "Running", "l(0:x)": "Succeeded"}
    new = retry(run, 1.0, parameters={"p": "v"}).run
    assert names(new) == {"root": "Running", "l": "Running"}
    assert new.stored_spec["arguments"] == {"parameters": [{"name": "p", "value": "v"}]}


def test_chosen_nodes_of_a_succeeded_run() -> None:
    run = make_run(
        dag(OK, "a"),
        node("a", OK, "b"),
        node("b", OK, "c"),
        node("c", OK),
        phase=WorkflowPhase.SUCCEEDED,
    )
    new = retry(run, 1.0, restart_successful=True, selector="displayName=b").run
    assert names(new) == {"root": "Running", "a": "Succeeded"}


def test_a_suspended_node_asks_again() -> None:
    outputs = Outputs(parameters=[{"name": "o", "value": "old"}])
    approve = node("s", OK, "a", type=NodeType.SUSPEND, outputs=outputs)
    run = make_run(dag(FAILED, "s"), approve, node("a", FAILED))
    new = retry(run, 1.0, restart_successful=True, selector="displayName=s").run
    assert names(new) == {"root": "Running"}
    assert outputs.parameters == [{"name": "o", "value": "old"}]


@pytest.mark.parametrize(
    ("phase", "options", "message"),
    [
        (
            WorkflowPhase.SUCCEEDED,
            {},
            "To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector",
        ),
        (WorkflowPhase.RUNNING, {}, "Cannot retry a workflow in phase Running"),
        (WorkflowPhase.RUNNING, {"failed": True}, "Cannot retry a workflow in phase Running"),
    ],
)
def test_what_cannot_be_retried(phase: WorkflowPhase, options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as caught:
        retry(make_run(dag(OK), phase=phase), 1.0, **options)
    assert caught.value.message == message


def test_a_resubmitted_run_is_new() -> None:
    run = handled_failure(WorkflowPhase.FAILED)
    run.manifest = {
        "metadata": {"generateName": "wf-", "annotations": {"a": "1"}},
        "spec": {
            "entrypoint": "{{x}}",
            "shutdown": "Stop",
            "arguments": {"parameters": [{"name": "p", "value": "1"}]},
        },
    }
    run.labels = {"mine": "x", "workflows.argoproj.io/phase": "Failed"}
    new = resubmit(run, name="wf-2", uid="u2", now=50.0, parameters={"p": "2", "q": "3"})
    assert new.nodes == {}
    assert new.labels == {"mine": "x", PREVIOUS_RUN_LABEL: "wf"}
    assert new.manifest["metadata"]["name"] == "wf-2"
    assert new.manifest["spec"] == {
        "entrypoint": "{{x}}",
        "arguments": {"parameters": [{"name": "p", "value": "2"}, {"name": "q", "value": "3"}]},
    }
    assert (new.uid, new.created_at, new.phase) == ("u2", 50.0, WorkflowPhase.UNKNOWN)


def test_a_memoized_resubmission_skips_what_succeeded() -> None:
    new = resubmit(handled_failure(WorkflowPhase.FAILED), name="wf-2", uid="u2", now=50.0, memoized=True)
    found = {each.name: (each.type.value, each.phase.value) for each in new.nodes.values()}
    assert found == {
        "wf-2": ("DAG", "Pending"),
        "wf-2.a": ("Pod", "Pending"),
        "wf-2.b": ("Skipped", "Skipped"),
        "wf-2.c": ("Pod", "Pending"),
        "wf-2.e": ("Skipped", "Skipped"),
    }
    skipped_node = new.nodes[naming.node_id("wf-2", "wf-2.b")]
    assert skipped_node.message == f"original pod: {naming.node_id('wf', 'wf.b')}"
    assert new.nodes[naming.node_id("wf-2", "wf-2.a")].started_at is None
    assert skipped_node.boundary_id == "wf-2"


def test_only_failed_runs_are_resubmitted_memoized() -> None:
    with pytest.raises(BadInput, match="workflow must be Failed/Error to resubmit in memoized mode"):
        resubmit(make_run(dag(OK), phase=WorkflowPhase.SUCCEEDED), name="x", uid="u", now=1.0, memoized=True)


def test_a_run_as_argos_own_object() -> None:
    run = make_run(
        dag(FAILED, "a"),
        node("a", FAILED, outputs=Outputs(exit_code="1"), daemoned=True),
        started_at=1.0,
        outputs=Outputs(parameters=[{"name": "g", "value": "v"}]),
    )
    run.manifest = {"metadata": {"generateName": "wf-", "finalizers": ["x"]}, "spec": {"entrypoint": "main"}}
    found = workflow_object(run)
    assert found["kind"] == "Workflow"
    assert found["spec"] == {"entrypoint": "main"}
    assert found["metadata"] == {
        "name": "wf",
        "generateName": "wf-",
        "namespace": "default",
        "uid": "u",
        "creationTimestamp": "1970-01-01T00:00:00Z",
        "labels": {"workflows.argoproj.io/phase": "Failed", "workflows.argoproj.io/completed": "true"},
        "finalizers": ["x"],
    }
    status = found["status"]
    assert status["startedAt"] == "1970-01-01T00:00:01Z"
    assert status["finishedAt"] is None
    assert status["outputs"] == {"parameters": [{"name": "g", "value": "v"}]}
    pod = status["nodes"][naming.node_id("wf", "wf.a")]
    assert pod["boundaryID"] == "wf"
    assert pod["outputs"] == {"exitCode": "1"}
    assert pod["daemoned"] is True
    assert "children" not in pod
