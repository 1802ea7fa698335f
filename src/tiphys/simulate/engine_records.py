"""Replay of `engine` records: a workflow, its resources, scripted outcomes and actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiphys.engine.environment import Environment
from tiphys.engine.machine import Machine
from tiphys.errors import ManifestError
from tiphys.manifest.decoding import decode
from tiphys.manifest.yaml import load_documents
from tiphys.simulate.actions import action_from_record
from tiphys.simulate.agent_pod import agent_pod_name, agent_pod_record
from tiphys.simulate.driver import ActionLog, Ending, Limits, Simulation
from tiphys.simulate.fresh_run import ARTIFACT_REPOSITORY, TIME_ZERO, new_run
from tiphys.simulate.outcomes import Rules, rule_from_record
from tiphys.simulate.recording import pod_record, run_record, seconds

UID: Final = "11111111-2222-3333-4444-555555555555"
ROUNDS: Final = 300
CUT_EARLY: Final = {"coinflip-recursive": 40}
"""Of endless recursion, this workflow was recorded for fewer rounds."""


def replay_workflow(record: Mapping[str, Any]) -> dict[str, Any]:
    """The final state of the workflow, node by node, and the pods that were made."""
    try:
        workflow = _decoded(record["workflow"])
        resources = [_decoded(text) for text in record.get("resources") or []]
    except ManifestError as error:
        return {"outcome": "unparsable", "error": error.message}
    environment = Environment(
        artifact_repository=ARTIFACT_REPOSITORY,
        executor_image="quay.io/argoproj/argoexec:v0.0.0",
        executor_options=("--loglevel", "warn", "--log-format", "text", "--gloglevel", ""),
    )
    for resource in resources:
        environment.add(resource)
    script = record.get("script") or {}
    rounds = next((limit for name, limit in CUT_EARLY.items() if f"/{name}@" in record["name"]), ROUNDS)
    simulation = Simulation(
        machine=Machine(new_run(workflow, UID), environment),
        environment=environment,
        script=Rules([rule_from_record(rule) for rule in script.get("outcomes") or []]),
        now=TIME_ZERO,
        actions=[action_from_record(action, TIME_ZERO) for action in script.get("actions") or []],
        limits=Limits(rounds=rounds),
    )
    return _expected(simulation, simulation.drive(), environment)


def _decoded(text: str) -> dict[str, Any]:
    """The object as Argo decodes it, with its spec as it is written: validation sees what is empty there."""
    manifest: dict[str, Any] = load_documents(text, strict=False)[0].data
    kind = manifest.get("kind") or "Workflow"
    if kind == "ConfigMap":
        return manifest
    return {**decode(manifest, f"v1alpha1.{kind}"), "spec": manifest.get("spec") or {}}


def _expected(simulation: Simulation, ending: Ending, environment: Environment) -> dict[str, Any]:
    simulation.machine.update_progress()
    record = run_record(simulation.run, simulation.now, simulation.rounds)
    record["outcome"] = str(ending)
    started = simulation.pods.started
    record["podOrder"] = [pod.start.node_name for pod in started]
    record["pods"] = {pod.start.node_name: pod_record(pod.start) for pod in started}
    if simulation.agent.started:
        name = f"agent:{agent_pod_name(simulation.run)}"
        record["podOrder"].append(name)
        record["pods"][name] = agent_pod_record(simulation.run)
    record["actions"] = [_action_record(entry) for entry in simulation.log]
    record["snapshots"] = [run_record(left.run, left.time, left.rounds) for left in simulation.left]
    record["caches"] = dict(_caches(environment))
    return {key: value for key, value in record.items() if value not in ({}, [])}


def _action_record(entry: ActionLog) -> dict[str, Any]:
    record: dict[str, Any] = {"do": entry.verb, "round": entry.round, "t": seconds(entry.time)}
    return record | ({"error": entry.error} if entry.error else {})


def _caches(environment: Environment) -> Iterator[tuple[str, dict[str, str]]]:
    for config_map in environment.config_maps.values():
        if config_map.labels.get("workflows.argoproj.io/configmap-type") == "Cache":
            yield config_map.name, dict(config_map.data)
