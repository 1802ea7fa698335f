"""What people do to suspended nodes: resume them, fail them, give them the outputs they wait for.

Nothing is changed here: the changes are returned, all or (with `BadInput`) none, and the machine makes
them. https://github.com/argoproj/argo-workflows/blob/main/workflow/util/util.go
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tiphys.engine.field_selector import parse_field_selector
from tiphys.engine.run import Node, Run
from tiphys.errors import BadInput
from tiphys.messages.outputs import Json, Outputs
from tiphys.messages.phases import NodePhase, NodeType


@dataclass(frozen=True, slots=True)
class NodeChange:
    """What becomes of a node; None leaves a field as it is.

    `global_parameters` are output parameters (with `globalName`) that the workflow now has too.
    """

    node: Node
    phase: NodePhase | None = None
    message: str | None = None
    outputs: Outputs | None = None
    global_parameters: tuple[dict[str, Json], ...] = ()


def is_active_suspend(node: Node) -> bool:
    """True for a suspend node that waits to be resumed."""
    return node.type is NodeType.SUSPEND and node.phase is NodePhase.RUNNING


def resume(run: Run, selector: str = "") -> list[NodeChange]:
    """`argo resume`: suspended nodes succeed, all or those that `selector` finds."""
    if selector:
        return set_nodes(run, selector, phase=NodePhase.SUCCEEDED)
    return [
        NodeChange(
            node,
            NodePhase.SUCCEEDED,
            f"{node.message}; " if node.message else "",
            None if node.outputs is None else with_defaults(node.outputs),
        )
        for node in run.nodes.values()
        if is_active_suspend(node)
    ]


def set_nodes(
    run: Run,
    selector: str,
    *,
    phase: NodePhase | None = None,
    message: str = "",
    values: Mapping[str, str] | None = None,
) -> list[NodeChange]:
    """`argo node set` and its relatives (`resume`, `stop` with a selector)."""
    if not selector:
        raise BadInput("'set' currently only targets suspend nodes, use a node field selector to target them")
    wanted = parse_field_selector(selector)
    found = [node for node in run.nodes.values() if is_active_suspend(node) and wanted.matches(node)]
    if not found or not (phase or message or values):
        raise BadInput(
            "currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: "
            f"{selector}"
        )
    return [_change(node, phase, message, values or {}) for node in found]


def with_defaults(outputs: Outputs) -> Outputs:
    """Outputs in which what nobody supplied has its default; raises `BadInput` where there is none."""
    parameters = []
    for parameter in outputs.parameters:
        source = parameter.get("valueFrom") or {}
        if source.get("supplied") is None:
            parameters.append(parameter)
            continue
        if source.get("default") is None:
            raise BadInput(
                f"raw output parameter '{parameter.get('name')}' has not been set "
                "and does not have a default value"
            )
        parameters.append(_with_value(parameter, source["default"]))
    return Outputs(parameters, outputs.artifacts, outputs.result, outputs.exit_code)


def _change(node: Node, phase: NodePhase | None, message: str, values: Mapping[str, str]) -> NodeChange:
    outputs = None
    given: list[dict[str, Json]] = []
    if values:
        if node.outputs is None:
            raise BadInput("cannot set output parameters because node is not expecting any raw parameters")
        outputs = _supplied(node.outputs, values, given)
    shared = tuple(each for each in given if each.get("globalName"))
    return NodeChange(node, phase, message or None, outputs, shared)


def _supplied(outputs: Outputs, values: Mapping[str, str], given: list[dict[str, Json]]) -> Outputs:
    parameters = list(outputs.parameters)
    for name, value in values.items():
        index = next((i for i, each in enumerate(parameters) if each.get("name") == name), None)
        if index is None:
            raise BadInput(f"node is not expecting output parameter '{name}'")
        if (parameters[index].get("valueFrom") or {}).get("supplied") is None:
            raise BadInput(
                f"cannot set output parameter '{name}' because it does not use valueFrom.raw "
                "or it was already set"
            )
        parameters[index] = _with_value(parameters[index], value)
        given.append(parameters[index])
    return Outputs(parameters, outputs.artifacts, outputs.result, outputs.exit_code)


def _with_value(parameter: Mapping[str, Json], value: Json) -> dict[str, Json]:
    rest = {name: each for name, each in parameter.items() if name != "valueFrom"}
    return {**rest, "value": value}
