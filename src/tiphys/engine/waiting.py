"""What a run waits for, in words: what is under way, and what will never come."""

from __future__ import annotations

from collections.abc import Mapping

from tiphys.engine.paths import is_group
from tiphys.engine.run import Node, Run
from tiphys.messages.phases import NodePhase, NodeType


def waits(run: Run, open_ids: Mapping[str, None], troubles: Mapping[str, str]) -> list[str]:
    """One sentence for each thing that the run waits for.

    `open_ids` are the nodes that are not done; `troubles` say, by the name of the node that cannot begin,
    which value is missing. Groups are only named when nothing inside them is.
    """
    if run.stored_spec.get("suspend"):
        return ["the workflow is suspended"]
    missing = [f"{_short(run, name)}: {why}" for name, why in troubles.items()]
    nodes = [run.nodes[node_id] for node_id in open_ids]
    leaves = [_sentence(run, node) for node in nodes if not is_group(node)]
    if missing or leaves:
        return [*missing, *leaves]
    return [_sentence(run, node) for node in nodes]


def _sentence(run: Run, node: Node) -> str:
    name = _short(run, node.name)
    if node.type is NodeType.SUSPEND and node.phase is NodePhase.RUNNING:
        return f"{name} waits to be resumed"
    state = f"{name} is {node.phase.value}"
    return f"{state}: {node.message}" if node.message else state


def _short(run: Run, name: str) -> str:
    return name.removeprefix(f"{run.name}.")
