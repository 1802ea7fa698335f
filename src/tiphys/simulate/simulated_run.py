"""What a simulation came to: made to be read in an assertion, a terminal and a report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from tiphys.engine.paths import is_attempt, node_paths
from tiphys.engine.run import Node, Run
from tiphys.engine.selectors import find
from tiphys.errors import BadInput
from tiphys.messages.phases import NodeType
from tiphys.report.summary import Summary, format_table, summarise

_UNSHOWN = frozenset({NodeType.STEP_GROUP, NodeType.CONTAINER})


@dataclass(frozen=True, slots=True)
class SimulatedNode:
    """One node of a simulated run. Times are seconds since the run began."""

    path: str
    phase: str
    message: str
    template: str
    type: str
    started_at: float | None
    finished_at: float | None
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    result: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: {self.phase}" + (f" ({self.message})" if self.message else "")


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """A run that happened on the virtual clock only.

    `stuck` says what the run waits for for ever ("" if it came to an end); `phase` is then `Running`.
    `unused` are the outcomes that no node met: what they name never started.
    """

    run: Run
    began_at: float
    stuck: str = ""
    unused: Sequence[str] = ()

    @property
    def phase(self) -> str:
        """The phase of the run, in Argo's words."""
        return str(self.run.phase)

    @property
    def message(self) -> str:
        """The message of the run."""
        return self.run.message

    @property
    def nodes(self) -> dict[str, SimulatedNode]:
        """Every node by its path, in order of their creation, step groups left out."""
        paths = node_paths(self.run)
        return {
            paths[node.id]: self._view(node, paths[node.id])
            for node in self.run.nodes.values()
            if node.type not in _UNSHOWN
        }

    def __getitem__(self, selector: str) -> SimulatedNode:
        """The one node that the selector names; `BadInput` if it names none or several."""
        found = self.select(selector)
        if len(found) > 1:
            paths = ", ".join(f"`{node.path}`" for node in found[:5])
            raise BadInput(f"{selector!r} names {len(found)} nodes: {paths}", remedy="Use `select` for all.")
        return found[0]

    def __contains__(self, selector: object) -> bool:
        try:
            return bool(self.select(str(selector)))
        except BadInput:
            return False

    def select(self, selector: str) -> list[SimulatedNode]:
        """All nodes that the selector names."""
        ids = find(self.run, selector)
        paths = node_paths(self.run, ids)
        return [self._view(self.run.nodes[each], paths[each]) for each in ids]

    def states(self) -> dict[str, str]:
        """Path → phase of every task, item and hook; attempts and the root are left out.

        >>> # assert simulate(p, outcomes={"train": "Failed"}).states() == {"train": "Failed", ...}
        """
        return {
            path: node.phase
            for path, node in self.nodes.items()
            if "#" not in path.rsplit("/", 1)[-1] and path != self.run.name
        } or {self.run.name: self.phase}

    def summary(self) -> Summary:
        """The rows that `tiphys get` would show of a real run."""
        return summarise(self.run)

    def table(self) -> str:
        """The run as text: one line a node, then how it ended and what failed."""
        lines = [format_table(self.summary())]
        if self.stuck:
            lines.append(f"waits for ever: {self.stuck}")
        lines.extend(f"never started: {selector}" for selector in self.unused)
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        states = ", ".join(f"{path}: {phase}" for path, phase in self.states().items())
        return f"<SimulatedRun {self.run.name} {self.phase}; {states}>"

    def to_json(self) -> str:
        """The run as JSON: phase, message, what it waits for, and the nodes."""
        nodes = [
            {key: value for key, value in _fields(node) if value not in (None, "", {})} for node in self.nodes.values()
        ]
        whole = {"name": self.run.name, "phase": self.phase, "message": self.message, "nodes": nodes}
        return json.dumps(whole | ({"stuck": self.stuck} if self.stuck else {}), indent=2, ensure_ascii=False)

    def junit(self) -> str:
        """The run as a JUnit report: a test case for each node that is no group."""
        return junit_report(self)

    def leaves(self) -> Iterator[tuple[Node, SimulatedNode]]:
        """The nodes that run by themselves: no groups, no single attempts."""
        paths = node_paths(self.run)
        for node in self.run.nodes.values():
            if node.type in _GROUPS or node.type in _UNSHOWN or is_attempt(node):
                continue
            yield node, self._view(node, paths[node.id])

    def _view(self, node: Node, path: str) -> SimulatedNode:
        return SimulatedNode(
            path=path,
            phase=str(node.phase),
            message=node.message,
            template=node.template_name,
            type=str(node.type),
            started_at=self._since(node.started_at),
            finished_at=self._since(node.finished_at),
            inputs=_values((node.inputs or {}).get("parameters") or []),
            outputs=_values(node.outputs.parameters if node.outputs else []),
            result=node.outputs.result if node.outputs else None,
        )

    def _since(self, time: float | None) -> float | None:
        return None if time is None else round(time - self.began_at, 3)


_GROUPS = frozenset({NodeType.DAG, NodeType.STEPS, NodeType.TASK_GROUP})


def junit_report(simulated: SimulatedRun) -> str:
    """A JUnit report of the run; a handled failure is a failure all the same."""
    suite = ElementTree.Element("testsuite", name=simulated.run.name)
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for node, view in simulated.leaves():
        case = ElementTree.SubElement(suite, "testcase", classname=simulated.run.name, name=view.path)
        if view.started_at is not None and view.finished_at is not None:
            case.set("time", f"{view.finished_at - view.started_at:.3f}")
        counts["tests"] += 1
        verdict = _VERDICTS.get(str(node.phase))
        if verdict is not None:
            tag, count = verdict
            ElementTree.SubElement(case, tag, message=node.message or str(node.phase))
            counts[count] += 1
    for name, number in counts.items():
        suite.set(name, str(number))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode")


_VERDICTS = {
    "Failed": ("failure", "failures"),
    "Error": ("error", "errors"),
    "Skipped": ("skipped", "skipped"),
    "Omitted": ("skipped", "skipped"),
    "Pending": ("error", "errors"),
    "Running": ("error", "errors"),
}


def _fields(node: SimulatedNode) -> Iterator[tuple[str, Any]]:
    for name in SimulatedNode.__dataclass_fields__:
        yield name, getattr(node, name)


def _values(parameters: list[dict[str, Any]]) -> dict[str, str]:
    return {
        str(parameter["name"]): str(parameter["value"])
        for parameter in parameters
        if parameter.get("value") is not None
    }
