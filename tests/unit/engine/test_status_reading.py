"""A Workflow with its status comes back as the run that it was written of."""

from __future__ import annotations

from typing import Any

from tiphys.engine.run import Run
from tiphys.engine.status import workflow_object
from tiphys.engine.status_reading import read_node, read_status
from tiphys.messages.phases import NodePhase
from tiphys.simulate.fresh_run import new_run
from tiphys.simulate.simulation import simulate

WORKFLOW: dict[str, Any] = {
    "kind": "Workflow",
    "metadata": {"name": "wf"},
    "spec": {
        "entrypoint": "main",
        "templates": [
            {
                "name": "main",
                "dag": {
                    "tasks": [
                        {"name": "A", "template": "pod", "withItems": ["x", "y"]},
                        {"name": "B", "template": "pod", "depends": "A.Failed"},
                    ]
                },
            },
            {
                "name": "pod",
                "retryStrategy": {"limit": "1"},
                "container": {"image": "busybox", "command": ["work"]},
                "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]},
            },
        ],
    },
}


def read_back(run: Run) -> Run:
    written = workflow_object(run)
    again = new_run({**written, "status": None}, run.uid)
    read_status(again, written["status"])
    return again


def test_a_completed_run_comes_back() -> None:
    run = simulate(WORKFLOW, outcomes={"A[0]#0": "Failed", "A[1]": "Failed"}).run
    again = read_back(run)
    assert (again.phase, again.message, again.progress) == (run.phase, run.message, run.progress)
    assert again.conditions == run.conditions
    assert list(again.nodes) == list(run.nodes)
    for node_id, node in run.nodes.items():
        back = again.nodes[node_id]
        for field in ("name", "type", "phase", "message", "children", "boundary_id", "inputs", "outputs"):
            assert getattr(back, field) == getattr(node, field), (node.name, field)
        assert back.started_at == int(node.started_at or 0)


def test_a_node_without_a_phase_has_begun() -> None:
    node = read_node({"id": "i", "name": "wf.A", "type": "Pod"})
    assert (node.phase, node.progress) == (NodePhase.RUNNING, "0/1")
