"""Which locks the nodes of a run hold, read back from its status: a machine that takes a run over must know."""

from __future__ import annotations

from tiphys.engine.run import Run
from tiphys.messages.outputs import Json


def held_locks(run: Run) -> dict[str, dict[str, Json]]:
    """By node id, what of `synchronization` the node holds."""
    found: dict[str, dict[str, Json]] = {}
    for kind, many in (("mutex", "mutexes"), ("semaphore", "semaphores")):
        for holding in ((run.synchronization or {}).get(kind) or {}).get("holding") or []:
            holders = holding["holders"] if kind == "semaphore" else [holding["holder"]]
            for holder in holders:
                node_id = _node_id(holder)
                if node_id:
                    found.setdefault(node_id, {}).setdefault(many, []).append(_item(holding[kind]))
    return found


def _node_id(holder: str) -> str:
    # `namespace/run` are locks of the workflow itself, which are given back at its end
    return holder.split("/", 2)[2] if holder.count("/") > 1 else ""


def _item(name: str) -> dict[str, Json]:
    namespace, kind, rest = name.split("/", 2)
    if kind == "Mutex":
        return {"namespace": namespace, "name": rest}
    config_map, _, key = rest.partition("/")
    return {"namespace": namespace, "configMapKeyRef": {"name": config_map, "key": key}}
