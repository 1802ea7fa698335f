"""Idioms of compiled pipelines as a real cluster ran them: the same outputs in, the same nodes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tiphys.engine.environment import Environment
from tiphys.engine.machine import Machine
from tiphys.engine.run import Node
from tiphys.manifest.decoding import decode
from tiphys.manifest.yaml import load_documents
from tiphys.simulate.driver import Simulation
from tiphys.simulate.fresh_run import ARTIFACT_REPOSITORY, TIME_ZERO, new_run
from tiphys.simulate.outcomes import Outcome, Subject, ending
from tiphys.simulate.recording import outputs_record

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
CASES = sorted((Path(__file__).parent / "cluster").glob("*.json"))


class Recorded:
    """Ends every pod as it ended on the cluster."""

    def __init__(self, nodes: dict[str, dict[str, Any]]) -> None:
        self._nodes = nodes

    def outcome(self, subject: Subject) -> Outcome:
        """The outcome of that very node."""
        node = self._nodes[subject.node.id]
        outputs = node.get("outputs") or {}
        return Outcome(
            phase=ending(node["phase"]),
            exit_code=int(outputs.get("exitCode", 0)) or None,
            result=outputs.get("result"),
            parameters={each["name"]: each.get("value") for each in outputs.get("parameters") or []},
            artifacts=frozenset(each["name"] for each in outputs.get("artifacts") or []),
        )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_cluster_ran_it_so(path: Path) -> None:
    case = load_documents(path.read_text("utf-8"))[0].data
    recorded = case["status"]["nodes"]
    workflow = decode(case["manifest"], "v1alpha1.Workflow")
    environment = Environment(artifact_repository=ARTIFACT_REPOSITORY)
    machine = Machine(new_run(workflow, "uid"), environment)
    simulation = Simulation(machine, environment, Recorded(recorded), TIME_ZERO)
    assert simulation.drive() == "completed"
    run = simulation.run
    assert str(run.phase) == case["status"]["phase"]
    assert run.message == (case["status"]["message"] or "")
    assert {node.id: seen(node) for node in run.nodes.values()} == {
        node_id: expected(node) for node_id, node in recorded.items()
    }


def seen(node: Node) -> dict[str, Any]:
    """What is compared of a node of ours."""
    return {
        "displayName": node.display_name,
        "type": str(node.type),
        "phase": str(node.phase),
        "templateName": node.template_name,
        "boundaryID": node.boundary_id,
        "children": sorted(node.children),
        "inputs": values((node.inputs or {}).get("parameters")),
        "outputs": values(outputs_record(node.outputs).get("parameters")),
    }


def expected(node: dict[str, Any]) -> dict[str, Any]:
    """The same of a recorded node."""
    return {
        "displayName": node["displayName"],
        "type": node["type"],
        "phase": node["phase"],
        "templateName": node.get("templateName", ""),
        "boundaryID": node.get("boundaryID", ""),
        "children": sorted(node.get("children") or []),
        "inputs": values((node.get("inputs") or {}).get("parameters")),
        "outputs": values((node.get("outputs") or {}).get("parameters")),
    }


def values(parameters: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Name → value; moments in it, which differ, left out."""
    return {each["name"]: MOMENT.sub("", str(each.get("value"))) for each in parameters or []}
