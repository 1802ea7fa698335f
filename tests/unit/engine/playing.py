"""A way to play workflows: the machine, a clock set by hand, and pods that end as a test says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from tiphys.engine.environment import Environment
from tiphys.engine.machine import Machine
from tiphys.engine.run import Node, Run
from tiphys.messages.decisions import Decision, RunCompleted, StartPod, WakeAt
from tiphys.messages.events import ClockTicked, Event, PodChanged, RunSubmitted
from tiphys.messages.outputs import ContainerStatus, Outputs, PodStatus
from tiphys.simulate.fresh_run import TIME_ZERO, new_run

Template = dict[str, Any]

POD: Template = {"name": "pod", "container": {"image": "busybox"}}
ECHO: Template = {
    "name": "echo",
    "inputs": {"parameters": [{"name": "x", "value": "nothing"}]},
    "container": {"image": "busybox", "args": ["{{inputs.parameters.x}}"]},
}
SCRIPT: Template = {"name": "script", "script": {"image": "python", "command": ["python"], "source": "1"}}


def dag(*tasks: Mapping[str, Any], name: str = "main", **fields: Any) -> Template:
    """A DAG template; fields of the DAG itself come with it, those of the template beside it."""
    own = {key: fields.pop(key) for key in ("failFast", "target") if key in fields}
    return {"name": name, "dag": {"tasks": list(tasks), **own}, **fields}


def steps(*groups: list[Mapping[str, Any]], name: str = "main", **fields: Any) -> Template:
    """A Steps template."""
    return {"name": name, "steps": [list(group) for group in groups], **fields}


def task(name: str, template: str = "pod", after: str = "", **fields: Any) -> dict[str, Any]:
    """A task or step; `after` are the names it depends on."""
    made: dict[str, Any] = {"name": name, "template": template, **fields}
    if after:
        made["dependencies"] = after.split()
    return made


def given(**parameters: Any) -> dict[str, Any]:
    """Arguments."""
    return {"parameters": [{"name": name, "value": value} for name, value in parameters.items()]}


class Play:
    """One run of a workflow of these templates; names of nodes go without that of the run, `wf`."""

    def __init__(self, *templates: Template, environment: Environment | None = None, **spec: Any) -> None:
        names = {template["name"] for template in templates}
        standard = [each for each in (POD, ECHO, SCRIPT) if each["name"] not in names]
        workflow = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Workflow",
            "metadata": {"name": "wf"},
            "spec": {"entrypoint": "main", **spec, "templates": [*templates, *standard]},
        }
        self.environment = environment or Environment()
        self.machine = Machine(new_run(workflow, "uid"), self.environment)
        self.now = TIME_ZERO
        self.pods: dict[str, StartPod] = {}
        self.started: list[str] = []
        self.decisions: list[Decision] = []
        self.wake: float | None = None
        self.step(RunSubmitted())

    @property
    def run(self) -> Run:
        """The run."""
        return self.machine.run

    # --- what the driver does

    def step(self, *events: Event) -> list[Decision]:
        """All rounds of this moment."""
        decisions: list[Decision] = []
        more = True
        while more:
            made = self.machine.step(self.now, events)
            events = ()
            self.wake = min((each.time for each in made if isinstance(each, WakeAt)), default=None)
            more = self.wake is not None and self.wake <= self.now
            decisions += [each for each in made if not isinstance(each, WakeAt)]
            for each in made:
                if isinstance(each, StartPod):
                    name = self.short(each.node_name)
                    self.pods[name] = each
                    self.started.append(name)
        self.decisions += decisions
        return decisions

    def wait(self, seconds: float) -> list[Decision]:
        """Let time pass; the machine is woken whenever it asked for it."""
        until = self.now + seconds
        decisions: list[Decision] = []
        while self.wake is not None and self.wake <= until:
            self.now = max(self.wake, self.now)
            decisions += self.step(ClockTicked())
        self.now = until
        return decisions

    def pod(self, name: str, phase: str, exit_code: int | None = None, **fields: Any) -> list[Decision]:
        """A pod changes its phase; `fields` are those of its status."""
        started = self.pods.pop(name) if phase in ("Succeeded", "Failed") else self.pods[name]
        containers = fields.pop("containers", None)
        if containers is None:
            containers = [ContainerStatus(each, exit_code) for each in (*started.main, "wait")]
        return self.step(PodChanged(started.node_id, PodStatus(phase, containers=containers, **fields)))

    def end(self, name: str, result: str | None = None, **parameters: Any) -> list[Decision]:
        """A pod succeeds; what it declares as outputs gets these values."""
        return self.pod(name, "Succeeded", 0, outputs=self._outputs(name, result, parameters))

    def fail(self, name: str, exit_code: int = 1, **fields: Any) -> list[Decision]:
        """A pod fails."""
        return self.pod(name, "Failed", exit_code, **fields)

    def _outputs(self, name: str, result: str | None, values: Mapping[str, Any]) -> Outputs:
        declared = self.pods[name].template.get("outputs") or {}
        return Outputs(
            parameters=[
                {**each, "value": values[each["name"]]}
                for each in declared.get("parameters") or ()
                if each["name"] in values
            ],
            artifacts=list(declared.get("artifacts") or ()),
            result=result,
            exit_code="0",
        )

    def finish(self) -> str:
        """Let every pod succeed, one second after the other; the phase in which the run ends, or is."""
        while self.pods:
            self.now += 1
            self.end(next(iter(self.pods)))
        return str(self.run.phase.value)

    def begin_again(self) -> None:
        """Go on with a machine made of what is written of the run."""
        written = msgspec.json.encode(self.run)
        self.machine = Machine(msgspec.json.decode(written, type=Run), self.environment)

    # --- what there is to see

    def short(self, node_name: str) -> str:
        """The name of a node without that of the run."""
        return node_name.removeprefix("wf").removeprefix(".") or "wf"

    def node(self, name: str = "") -> Node:
        """The node of that name; without one, the entry node."""
        return self.nodes()[name or "wf"]

    def nodes(self) -> dict[str, Node]:
        """All nodes."""
        return {self.short(node.name): node for node in self.run.nodes.values()}

    def phases(self) -> dict[str, str]:
        """The phases of all nodes but the entry node."""
        return {name: str(node.phase.value) for name, node in self.nodes().items() if name != "wf"}

    @property
    def ended(self) -> RunCompleted | None:
        """The decision that ended the run."""
        return next((each for each in self.decisions if isinstance(each, RunCompleted)), None)
