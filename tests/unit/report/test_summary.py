"""Paths and rows: what people see of a run."""

from __future__ import annotations

from typing import Any

from tiphys.engine.paths import node_paths
from tiphys.engine.run import Node, Run
from tiphys.messages.phases import NodePhase, NodeType, WorkflowPhase
from tiphys.report.summary import format_table, summarise


def node(
    id: str, name: str, display: str, type: NodeType, phase: NodePhase, boundary: str = "", **more: Any
) -> Node:
    return Node(id, name, display, type, phase, boundary_id=boundary, started_at=0.0, finished_at=2.0, **more)


def partial_failure() -> Run:
    """A loop of which the second item's training failed, was retried once, and a report all the same."""
    ok, bad = NodePhase.SUCCEEDED, NodePhase.FAILED
    nodes = [
        node("w", "w", "w", NodeType.DAG, ok),
        node("g", "w.loop", "loop", NodeType.TASK_GROUP, bad, "w"),
        node("i0", "w.loop(0:a.b)", "loop(0:a.b)", NodeType.DAG, ok, "w"),
        node("t0", "w.loop(0:a.b).train", "train", NodeType.POD, ok, "i0", template_name="train"),
        node("i1", "w.loop(1:c)", "loop(1:c)", NodeType.DAG, bad, "w"),
        node("r", "w.loop(1:c).train", "train", NodeType.RETRY, bad, "i1", template_name="train"),
        node(
            "r0",
            "w.loop(1:c).train(0)",
            "train(0)",
            NodeType.POD,
            bad,
            "i1",
            node_flag={"retried": True},
            template_name="train",
        ),
        node(
            "r1",
            "w.loop(1:c).train(1)",
            "train(1)",
            NodeType.POD,
            bad,
            "i1",
            node_flag={"retried": True},
            template_name="train",
        ),
        node("rep", "w.report", "report", NodeType.POD, ok, "w", template_name="report"),
    ]
    return Run("w", "default", "u", 0.0, {}, phase=WorkflowPhase.SUCCEEDED, nodes={n.id: n for n in nodes})


def test_paths_name_items_and_attempts() -> None:
    paths = node_paths(partial_failure())
    assert paths["t0"] == "loop[0]/train"
    assert paths["r1"] == "loop[1]/train#1"
    assert paths["rep"] == "report"
    assert paths["w"] == "w"


def test_rows_hold_items_below_their_loop_and_attempts_below_their_retry() -> None:
    rows = summarise(partial_failure()).rows
    assert [(row.depth, row.name) for row in rows] == [
        (0, "w"),
        (1, "loop"),
        (2, "loop[0]"),
        (3, "train"),
        (2, "loop[1]"),
        (3, "train"),
        (4, "train#0"),
        (4, "train#1"),
        (1, "report"),
    ]


def test_a_failure_below_a_run_that_succeeded_is_handled() -> None:
    summary = summarise(partial_failure())
    assert "1 of 2 train failed, handled" in summary.failures
    assert "train" in format_table(summary)


def test_a_failure_of_a_failed_run_is_not_handled() -> None:
    run = partial_failure()
    run.phase = WorkflowPhase.FAILED
    run.nodes["w"].phase = NodePhase.FAILED
    assert "1 of 2 train failed, not handled" in summarise(run).failures
