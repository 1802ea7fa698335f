"""Tests of failure logic, for pytest: `simulate`, `matrix`, and scenarios that need no Python.

A scenario file (`*.scenario.yaml`, collected by the plugin that comes with tiphys) holds a workflow, or
the path of one, and cases: outcomes, and the states that must come of them.

    workflow: ../pipeline.yaml
    cases:
    - name: a training fails, the report comes all the same
      outcomes: {"train[1]": Failed}
      phase: Succeeded
      states: {"train[0]": Succeeded, "train[1]": Failed, report: Succeeded}

`states` are all there are; `some_states` are some of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tiphys.errors import BadInput
from tiphys.manifest.yaml import load_documents
from tiphys.simulate.matrix import Matrix, matrix
from tiphys.simulate.outcomes import Outcome
from tiphys.simulate.simulated_run import SimulatedNode, SimulatedRun
from tiphys.simulate.simulation import simulate

__all__ = [
    "Matrix",
    "Outcome",
    "Scenario",
    "ScenarioFile",
    "SimulatedNode",
    "SimulatedRun",
    "load_scenarios",
    "matrix",
    "simulate",
]

_FILE_KEYS: Final = {"workflow", "resources", "arguments", "cases", "about"}
_CASE_KEYS: Final = {
    "name", "arguments", "outcomes", "actions",
    "phase", "message", "states", "some_states", "stuck", "messages", "outputs", "inputs", "seconds",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case of a scenario file: what to simulate, and what must come of it."""

    name: str
    workflow: object
    resources: Sequence[Mapping[str, Any]]
    arguments: Mapping[str, Any]
    case: Mapping[str, Any]

    def run(self) -> SimulatedRun:
        """Simulate it."""
        return simulate(
            self.workflow,
            self.arguments,
            self.case.get("outcomes") or {},
            resources=self.resources,
            actions=self.case.get("actions") or [],
        )

    def problems(self, simulated: SimulatedRun) -> list[str]:
        """What came otherwise than the case says, one line each."""
        return list(_problems(self.case, simulated))

    def check(self) -> None:
        """Simulate and raise `AssertionError` with all that came otherwise."""
        simulated = self.run()
        if problems := self.problems(simulated):
            raise AssertionError("\n".join([*problems, "", simulated.table()]))


def load_scenarios(path: Path) -> list[Scenario]:
    """The cases of a scenario file."""
    found = load_documents(path.read_text("utf-8"), str(path))
    if len(found) != 1 or not isinstance(found[0].data, dict):
        raise BadInput("a scenario file is one YAML object", place=found[0].place() if found else None)
    data = found[0].data
    _refuse_unknown(data, _FILE_KEYS, str(path))
    workflow = data.get("workflow")
    if isinstance(workflow, str) and "\n" not in workflow:
        workflow = path.parent / workflow
    scenarios = []
    for number, case in enumerate(data.get("cases") or []):
        _refuse_unknown(case, _CASE_KEYS, f"{path}: cases[{number}]")
        arguments = {**(data.get("arguments") or {}), **(case.get("arguments") or {})}
        name = str(case.get("name") or number)
        scenarios.append(Scenario(name, workflow, data.get("resources") or [], arguments, case))
    return scenarios


def _refuse_unknown(data: Mapping[str, Any], known: set[str], where: str) -> None:
    if extra := sorted(set(data) - known):
        raise BadInput(f"{where}: a scenario has no {extra[0]!r}", remedy=f"Known: {', '.join(sorted(known))}")


def _problems(case: Mapping[str, Any], simulated: SimulatedRun) -> Iterator[str]:
    for field in ("phase", "message"):
        if field in case and case[field] != getattr(simulated, field):
            yield f"{field}: expected {case[field]!r}, got {getattr(simulated, field)!r}"
    stuck = case.get("stuck", "")
    if bool(stuck) != bool(simulated.stuck) or str(stuck) not in simulated.stuck:
        yield f"stuck: expected {stuck!r}, got {simulated.stuck!r}"
    states = simulated.states()
    if "states" in case:
        yield from _differing("states", case["states"], states, whole=True)
    yield from _differing("states", case.get("some_states") or {}, states, whole=False)
    for selector, text in (case.get("messages") or {}).items():
        yield from _differing("messages", {selector: text}, {selector: simulated[selector].message}, whole=True)
    for kind in ("inputs", "outputs"):
        for selector, values in (case.get(kind) or {}).items():
            actual = getattr(simulated[selector], kind)
            yield from _differing(f"{kind} of {selector}", values, actual, whole=False)
    if "seconds" in case and (last := _seconds(simulated)) != case["seconds"]:
        yield f"seconds: expected {case['seconds']}, got {last}"


def _differing(what: str, expected: Mapping[str, Any], actual: Mapping[str, Any], *, whole: bool) -> Iterator[str]:
    names = [*expected, *(name for name in actual if whole and name not in expected)]
    for name in names:
        if expected.get(name) != actual.get(name):
            yield f"{what}: {name}: expected {expected.get(name)!r}, got {actual.get(name)!r}"


def _seconds(simulated: SimulatedRun) -> int | None:
    finished = simulated.run.finished_at
    return None if finished is None else int(finished - simulated.began_at)


class ScenarioFile(pytest.File):
    """A scenario file, collected by pytest."""

    def collect(self) -> Iterator[pytest.Item]:
        """One test a case."""
        for scenario in load_scenarios(self.path):
            yield ScenarioItem.from_parent(self, name=scenario.name, scenario=scenario)


class ScenarioItem(pytest.Item):
    """One case of a scenario file."""

    def __init__(self, *, scenario: Scenario, **rest: Any) -> None:
        super().__init__(**rest)
        self.scenario = scenario

    def runtest(self) -> None:
        """Simulate and compare."""
        self.scenario.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Only what came otherwise; no stack of ours."""
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case stands."""
        return self.path, None, f"scenario: {self.name}"
