"""How a node is named to people: the path of task names from the root.

`for-loop-1[2]/train#1` is the second attempt of `train` in the third item of the loop. The path comes
from the boundary chain and the display name, which Argo builds as `task(index:item)(attempt)`; node
names themselves are not taken apart, since an item's text may hold any character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tiphys.engine.run import Node, Run
from tiphys.messages.phases import NodeType

_ITEM = re.compile(r"\((\d+):")
_ATTEMPT = re.compile(r"\((\d+)\)$")


def own_name(node: Node) -> str:
    """The last part of a node's path: task name, `[item]`, `#attempt`.

    >>> from tiphys.messages.phases import NodePhase
    >>> node = Node("i", "wf.a(2:x)(0)", "a(2:x)(0)", NodeType.POD, NodePhase.RUNNING,
    ...             node_flag={"retried": True})
    >>> own_name(node)
    'a[2]#0'
    """
    text = node.display_name
    attempt = ""
    if node.node_flag and node.node_flag.get("retried") and (tail := _ATTEMPT.search(text)):
        attempt = f"#{tail[1]}"
        text = text[: tail.start()]
    name, bracket, rest = text.partition("(")
    item = _ITEM.match(bracket + rest)
    return f"{name}[{item[1]}]{attempt}" if item else f"{name or text}{attempt}"


def node_paths(run: Run, ids: Iterable[str] | None = None) -> dict[str, str]:
    """Node id → path, for all nodes or for those in `ids`. The root's path is the run's name."""
    paths: dict[str, str] = {run.name: run.name}
    for node_id in run.nodes if ids is None else ids:
        _path(run, node_id, paths)
    return paths


def _path(run: Run, node_id: str, paths: dict[str, str]) -> str:
    if (known := paths.get(node_id)) is not None:
        return known
    pending = [node_id]
    while (boundary := run.nodes[pending[-1]].boundary_id) in run.nodes and boundary not in paths:
        pending.append(boundary)
    for current in reversed(pending):
        node = run.nodes[current]
        above = paths.get(node.boundary_id, "")
        name = own_name(node)
        if not node.boundary_id and node.name.startswith(f"{run.name}."):
            # Exit handlers and hooks of the run itself carry its name: `onExit`, `hooks.x`.
            name = node.name.removeprefix(f"{run.name}.")
        paths[current] = name if not above or node.boundary_id == run.name else f"{above}/{name}"
    return paths[node_id]


def is_attempt(node: Node) -> bool:
    """True for one try of a retried node."""
    return bool(node.node_flag and node.node_flag.get("retried"))


def is_hook(node: Node) -> bool:
    """True for the node of an exit handler or lifecycle hook."""
    return bool(node.node_flag and node.node_flag.get("hooked"))


def is_group(node: Node) -> bool:
    """True for nodes that hold others and start nothing themselves."""
    return node.type in _GROUPS


_GROUPS = frozenset({NodeType.DAG, NodeType.STEPS, NodeType.STEP_GROUP, NodeType.TASK_GROUP, NodeType.RETRY})
