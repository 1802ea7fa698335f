"""Small pipelines as IR, and a way to play compiled ones: the machine, pods that are Python functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiphys.compiler import compile_ir
from tiphys.compiler.transport import encode, typed
from tiphys.engine.environment import Environment
from tiphys.engine.machine import Machine
from tiphys.engine.paths import node_paths
from tiphys.engine.run import Run
from tiphys.ir import Ir, from_data
from tiphys.messages.decisions import StartPod
from tiphys.messages.events import Event, PodChanged, RunSubmitted
from tiphys.messages.outputs import ContainerStatus, Outputs, PodStatus
from tiphys.simulate.fresh_run import new_run

PROGRAM = (
    'program_path=$(mktemp -d)\n\nprintf "%s" "$0" > "$program_path/ephemeral_component.py"\n'
    "_KFP_RUNTIME=true python3 -m kfp.dsl.executor_main "
    '--component_module_path "$program_path/ephemeral_component.py" "$@"\n'
)


class Pipeline:
    """Builds the IR of a pipeline, as the SDK would write it."""

    def __init__(self, **parameters: Mapping[str, Any] | str) -> None:
        self.components: dict[str, Any] = {}
        self.executors: dict[str, Any] = {}
        self.root: dict[str, Any] = {"dag": {"tasks": {}}}
        self.platforms: dict[str, Any] = {}
        if parameters:
            self.root["inputDefinitions"] = {"parameters": _parameters(parameters)}

    def python(
        self,
        name: str,
        inputs: Mapping[str, Any] = {},
        outputs: Mapping[str, str] = {},
        takes: Mapping[str, Any] = {},
        gives: Mapping[str, str] = {},
        source: str = "",
    ) -> None:
        """A Python component; `takes` and `gives` are artifacts."""
        self.component(name, inputs, outputs, takes, gives)
        self.executors[f"exec-{name}"] = {
            "container": {
                "image": "python:3.11",
                "command": ["sh", "-ec", PROGRAM, source or f"def {name}(): ...\n"],
                "args": ["--executor_input", "{{$}}", "--function_to_execute", name],
            }
        }

    def container(
        self,
        name: str,
        inputs: Mapping[str, Any] = {},
        outputs: Mapping[str, str] = {},
        takes: Mapping[str, Any] = {},
        gives: Mapping[str, str] = {},
        **container: Any,
    ) -> None:
        """A container component."""
        self.component(name, inputs, outputs, takes, gives)
        self.executors[f"exec-{name}"] = {"container": {"image": "busybox", **container}}

    def component(
        self,
        name: str,
        inputs: Mapping[str, Any],
        outputs: Mapping[str, str],
        takes: Mapping[str, Any],
        gives: Mapping[str, str],
    ) -> None:
        """What a component takes and gives."""
        found = self.components[f"comp-{name}"] = {"executorLabel": f"exec-{name}"}
        found |= _interface(inputs, outputs, takes, gives)

    def dag(self, name: str, tasks: Mapping[str, Any], /, outputs: Any = None, **interface: Any) -> None:
        """A group or sub-pipeline; `outputs` is the IR's own `dag.outputs`."""
        self.components[f"comp-{name}"] = {
            "dag": {"tasks": dict(tasks), **({"outputs": outputs} if outputs else {})},
            **_interface(
                interface.get("inputs", {}),
                interface.get("hands_out", {}),
                interface.get("takes", {}),
                interface.get("gives", {}),
            ),
        }

    def task(self, name: str, component: str = "", **fields: Any) -> None:
        """A task of the pipeline itself."""
        self.root["dag"]["tasks"][name] = task(component or name, **fields)

    def ir(self) -> Ir:
        """The pipeline, read."""
        platform = {"platforms": self.platforms} if self.platforms else None
        return from_data(self.data(), platform)

    def data(self) -> dict[str, Any]:
        """The pipeline as data."""
        return {
            "pipelineInfo": {"name": "test"},
            "schemaVersion": "2.1.0",
            "sdkVersion": "kfp-2.17.0",
            "components": self.components,
            "deploymentSpec": {"executors": self.executors},
            "root": self.root,
        }

    def compile(self, **options: Any) -> dict[str, Any]:
        """The Workflow."""
        [workflow] = compile_ir(self.ir(), **{"artifact_root": "s3://bucket", **options})
        return workflow


def task(component: str, **fields: Any) -> dict[str, Any]:
    """A task; `given` maps inputs to what is given: see `given`."""
    arguments = fields.pop("given", {})
    artifacts = fields.pop("artifacts", {})
    needs = fields.pop("after", [])
    found: dict[str, Any] = {"componentRef": {"name": f"comp-{component}"}, **fields}
    inputs: dict[str, Any] = {}
    if arguments:
        inputs["parameters"] = {name: given(value) for name, value in arguments.items()}
    if artifacts:
        inputs["artifacts"] = {name: given_artifact(value) for name, value in artifacts.items()}
    if inputs:
        found["inputs"] = inputs
    if needs:
        found["dependentTasks"] = list(needs)
    return found


def given(value: Any) -> dict[str, Any]:
    """`"@x"` is an input of the DAG, `"task.output"` an output; anything in a list of one is a constant."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {"runtimeValue": {"constant": value[0]}}
    if value.startswith("@"):
        return {"componentInputParameter": value[1:]}
    producer, _, key = value.partition(".")
    return {"taskOutputParameter": {"producerTask": producer, "outputParameterKey": key}}


def given_artifact(value: str) -> dict[str, Any]:
    """The same for artifacts."""
    if value.startswith("@"):
        return {"componentInputArtifact": value[1:]}
    producer, _, key = value.partition(".")
    return {"taskOutputArtifact": {"producerTask": producer, "outputArtifactKey": key}}


def loop(items: Any, item: str, limit: int = 0) -> dict[str, Any]:
    """Fields of a task that is a loop; `items` is a list or the name of the body's input."""
    listed = {"inputParameter": items} if isinstance(items, str) else {"raw": json.dumps(items)}
    fields: dict[str, Any] = {"parameterIterator": {"itemInput": item, "items": listed}}
    if limit:
        fields["iteratorPolicy"] = {"parallelismLimit": limit}
    return fields


def _interface(
    inputs: Mapping[str, Any], outputs: Mapping[str, str], takes: Mapping[str, Any], gives: Mapping[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if inputs or takes:
        found["inputDefinitions"] = {
            **({"parameters": _parameters(inputs)} if inputs else {}),
            **({"artifacts": {name: _artifact(spec) for name, spec in takes.items()}} if takes else {}),
        }
    if outputs or gives:
        found["outputDefinitions"] = {
            **({"parameters": _parameters(outputs)} if outputs else {}),
            **({"artifacts": {name: _artifact(spec) for name, spec in gives.items()}} if gives else {}),
        }
    return found


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"parameterType": spec} if isinstance(spec, str) else spec for name, spec in given.items()}


def _artifact(spec: Any) -> dict[str, Any]:
    if isinstance(spec, dict):
        return spec
    return {"artifactType": {"schemaTitle": spec, "schemaVersion": "0.0.1"}}


@dataclass
class Played:
    """A run that was played: `pods` has what each pod was given, by path."""

    run: Run
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def phase(self) -> str:
        return str(self.run.phase)

    def states(self) -> dict[str, str]:
        """Path → phase of every node but the root."""
        paths = node_paths(self.run)
        return {paths[node.id]: str(node.phase) for node in self.run.nodes.values() if node.name != self.run.name}

    def given(self, path: str) -> dict[str, Any]:
        """The parameter values in a pod's executor input."""
        found: dict[str, Any] = self.pods[path]["inputs"].get("parameterValues", {})
        return found


Answer = Callable[[str, dict[str, Any]], Mapping[str, Any] | None]
"""What a pod hands out (values by output), given its path and executor input; None if it fails."""


def play(workflow: Mapping[str, Any], answer: Answer, arguments: Mapping[str, Any] | None = None) -> Played:
    """Run a compiled workflow; what pods hand out is encoded as the lines in the pod would."""
    manifest = json.loads(json.dumps(workflow))
    for parameter in manifest["spec"].get("arguments", {}).get("parameters", []):
        if arguments and parameter["name"] in arguments:
            parameter["value"] = arguments[parameter["name"]]
    manifest["metadata"]["name"] = "w"
    machine = Machine(
        new_run(manifest, "uid"), Environment(artifact_repository={"s3": {"bucket": "b", "endpoint": "e"}})
    )
    played = Played(machine.run)
    events: list[Event] = [RunSubmitted()]
    now = machine.run.created_at
    for _ in range(300):
        decisions = machine.step(now, events)
        events = []
        paths = node_paths(machine.run)
        for decision in decisions:
            if isinstance(decision, StartPod):
                events.append(_pod(decision, paths[decision.node_id], answer, played))
        if machine.run.phase.is_completed:
            return played
        now += 1
    raise AssertionError(f"the run does not end: {machine.stuck_reason()}")


def _pod(decision: StartPod, path: str, answer: Answer, played: Played) -> Event:
    container = next(each for each in decision.containers if each["name"] == "main")
    args = container.get("args") or []
    given = json.loads(args[args.index("--executor_input") + 1]) if "--executor_input" in args else {}
    played.pods[path], played.containers[path] = given, container
    played.templates[path] = decision.template
    handed = answer(path, given)
    declared = (decision.template.get("outputs") or {}).get("parameters") or []
    parameters = []
    for parameter in declared:
        name, value_from = parameter["name"], parameter["valueFrom"]
        if handed is not None and name in handed:
            value = handed[name]
            text = value if "values" not in value_from["path"] else encode(value)
            parameters.append({**parameter, "value": text})
        elif "default" in value_from:
            parameters.append({**parameter, "value": value_from["default"]})
        else:
            parameters.append(parameter)
    code = 1 if handed is None else 0
    statuses = [ContainerStatus("main", code, "Error" if code else "Completed"), ContainerStatus("wait", 0)]
    phase = "Failed" if code else "Succeeded"
    return PodChanged(decision.node_id, PodStatus(phase, containers=statuses, outputs=Outputs(parameters)))


def literal_argument(value: Any, type: str) -> str:
    """An argument as tiphys itself writes it."""
    return encode(typed(value, type))
