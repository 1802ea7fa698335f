"""Waiting: for somebody to resume, for a time to pass, for outputs that somebody supplies.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (executeSuspend)
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tiphys.engine import manual
from tiphys.engine.deadlines import seconds_of
from tiphys.engine.operation import Answer, Call, Operation
from tiphys.engine.parameters import any_string
from tiphys.engine.run import Node
from tiphys.errors import BadInput, NodeError
from tiphys.messages.outputs import Json, Outputs
from tiphys.messages.phases import NodePhase, NodeType


def execute(op: Operation, call: Call) -> Answer:
    """Begin to wait, or end when the time has passed."""
    node = op.nodes.named(call.node_name)
    if node is None:
        node = op.new_executable_node(call, NodeType.SUSPEND, NodePhase.PENDING)
        _expect_supplied_outputs(node, call.template)
        _read_enums(node)
    until: float | None = None
    duration = (call.template.get("suspend") or {}).get("duration")
    if duration:
        try:
            until = (node.started_at or 0.0) + seconds_of(duration)
        except NodeError as error:
            return node, error
        if op.now > until:
            return _resume(op, node)
    deadline = op.deadline
    if deadline is not None and (until is None or deadline < until):
        until = deadline
    if until is not None and node.id not in op.timed:
        op.timed.add(node.id)
        op.wake_at(until, node)
    return op.mark_phase(node, NodePhase.RUNNING), None


def _resume(op: Operation, node: Node) -> Answer:
    if node.outputs is not None:
        try:
            node.outputs = manual.with_defaults(node.outputs)
        except BadInput as refusal:
            return node, NodeError(refusal.message)
    return op.mark_phase(node, NodePhase.SUCCEEDED), None


def _expect_supplied_outputs(node: Node, template: Mapping[str, Json]) -> None:
    """Outputs that people give appear at once, with the default of the input of the same name (addRawOutputFields)."""
    defaults = {
        each["name"]: each["default"]
        for each in (template.get("inputs") or {}).get("parameters") or ()
        if each.get("default") is not None
    }
    for parameter in (template.get("outputs") or {}).get("parameters") or ():
        source = parameter.get("valueFrom") or {}
        if source.get("supplied") is None:
            continue
        if source.get("default") is None and parameter["name"] in defaults:
            source = {**source, "default": any_string(defaults[parameter["name"]])}
        if node.outputs is None:
            node.outputs = Outputs()
        node.outputs.parameters.append({**parameter, "valueFrom": source})


def _read_enums(node: Node) -> None:
    """An input whose value is the JSON of a parameter brings the choices with it (resolveInputFieldsForSuspendNode)."""
    parameters = (node.inputs or {}).get("parameters") or []
    made = [_with_enum(each) for each in parameters]
    if made != parameters:
        node.inputs = {**(node.inputs or {}), "parameters": made}


def _with_enum(parameter: dict[str, Json]) -> dict[str, Json]:
    try:
        value = json.loads(any_string(parameter.get("value")))
    except ValueError:
        return parameter
    enum = value.get("enum") if isinstance(value, dict) else None
    if not isinstance(enum, list) or not enum:
        return parameter
    choices = [any_string(each) for each in enum]
    default = parameter["default"] if parameter.get("default") is not None else choices[0]
    return {**parameter, "enum": choices, "default": default}
