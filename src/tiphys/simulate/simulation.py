"""`simulate`: what would a pipeline do if …? No process is started, nothing is read or written.

The same machine that runs a workflow for real is driven with scripted outcomes on a virtual clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tiphys.engine.environment import Environment
from tiphys.engine.machine import Machine
from tiphys.engine.run import Run
from tiphys.simulate.actions import Action, action_from_record
from tiphys.simulate.driver import Ending, Limits, Simulation
from tiphys.simulate.fresh_run import ARTIFACT_REPOSITORY, TIME_ZERO, new_run
from tiphys.simulate.pods import Pods
from tiphys.simulate.scripted import Spoken, spoken_script
from tiphys.simulate.simulated_run import SimulatedRun
from tiphys.simulate.task_paths import TaskPath, task_paths
from tiphys.simulate.workload import Workload, workload_of

UID: Final = "00000000-0000-4000-8000-000000000000"
"""Simulated runs are all alike: names and ids come out the same every time."""


def simulate(
    pipeline: object,
    arguments: Mapping[str, Any] | None = None,
    outcomes: Mapping[str, Spoken] | None = None,
    *,
    resources: Sequence[Mapping[str, Any]] = (),
    actions: Sequence[Action | Mapping[str, Any]] = (),
) -> SimulatedRun:
    """Simulate a pipeline whose tasks end as `outcomes` says; all others succeed.

    `pipeline` is a kfp pipeline, KFP IR, an Argo manifest, or the path or text of one of these.
    `outcomes` maps selectors (`train`, `for-loop-1[2]/train#0`) to `"Failed"`, `"Error"` or a mapping with
    `phase`, `exit_code`, `message`, `outputs`, `result`, `duration` (seconds). `resources` are further
    manifests that the workflow refers to: templates, ConfigMaps. `actions` are what a person does meanwhile:
    `{"do": "stop", "at": 3}`, `{"do": "resume", "idle": True}`, `{"do": "retry", "completed": True}`.
    """
    return Rehearsal.of(pipeline, arguments, resources).play(outcomes or {}, actions)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A workflow ready to be simulated, again and again with other outcomes."""

    workload: Workload

    @classmethod
    def of(
        cls,
        pipeline: object,
        arguments: Mapping[str, Any] | None = None,
        resources: Sequence[Mapping[str, Any]] = (),
    ) -> Rehearsal:
        """Load the pipeline, compiling it if need be."""
        return cls(workload_of(pipeline, arguments, resources))

    def tasks(self) -> list[TaskPath]:
        """All tasks of the workflow."""
        return task_paths(self._new_run(), self._environment())

    def play(self, outcomes: Mapping[str, Spoken], actions: Sequence[Action | Mapping[str, Any]] = ()) -> SimulatedRun:
        """Simulate once."""
        environment = self._environment()
        tasks = {task.path: task.template for task in self.tasks()} if outcomes else {}
        script = spoken_script(outcomes, tasks)
        simulation = Simulation(
            machine=Machine(self._new_run(), environment),
            environment=environment,
            script=script,
            now=TIME_ZERO,
            pods=Pods(self.workload.values),
            actions=[each if isinstance(each, Action) else action_from_record(each, TIME_ZERO) for each in actions],
            limits=Limits(),
            answers=script.answers,
        )
        stuck = _why_stuck(simulation, simulation.drive())
        return SimulatedRun(simulation.run, TIME_ZERO, stuck, tuple(script.unused))

    def _new_run(self) -> Run:
        return new_run(self.workload.workflow, UID)

    def _environment(self) -> Environment:
        environment = Environment(artifact_repository=ARTIFACT_REPOSITORY)
        for manifest in self.workload.resources:
            environment.add(dict(manifest))
        return environment


def _why_stuck(simulation: Simulation, ending: Ending) -> str:
    match ending:
        case Ending.COMPLETED:
            return ""
        case Ending.ROUND_LIMIT if simulation.endless:
            return f"{simulation.endless} is tried again without end"
        case _:
            return simulation.machine.stuck_reason()
