"""Retries on another machine: `retryStrategy.affinity.nodeAntiAffinity` keeps pods off hosts that failed.

https://github.com/argoproj/argo-workflows/blob/main/workflow/util/retry/retry.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tiphys.engine.run import Node, Run
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodeType

_HOSTNAME: Final = "kubernetes.io/hostname"


def off_failed_hosts(
    run: Run, node: Node, strategy: Mapping[str, Json], affinity: Mapping[str, Json] | None
) -> Mapping[str, Json] | None:
    """`affinity` and, if the strategy asks for it, off the hosts on which attempts below `node` failed."""
    if (strategy.get("affinity") or {}).get("nodeAntiAffinity") is None:
        return affinity
    hosts = list(dict.fromkeys(_failed_hosts(run, node)))
    return _without_hosts(affinity or {}, hosts) if hosts else affinity


def _failed_hosts(run: Run, node: Node) -> Iterator[str]:
    to_visit = [node.id]
    while to_visit:
        visited = run.nodes.get(to_visit.pop())
        if visited is None:
            continue
        if visited.phase.is_failure and visited.type is NodeType.POD:
            yield visited.host_node_name
        to_visit.extend(visited.children)


def _without_hosts(affinity: Mapping[str, Json], hosts: list[str]) -> dict[str, Json]:
    rule = {"key": _HOSTNAME, "operator": "NotIn", "values": hosts}
    node_affinity = dict(affinity.get("nodeAffinity") or {})
    field = "requiredDuringSchedulingIgnoredDuringExecution"
    required = dict(node_affinity.get(field) or {})
    terms = [dict(term) for term in required.get("nodeSelectorTerms") or [{}]]
    _add_rule(terms, rule)
    required["nodeSelectorTerms"] = terms
    node_affinity[field] = required
    return {**affinity, "nodeAffinity": node_affinity}


def _add_rule(terms: list[dict[str, Json]], rule: dict[str, Json]) -> None:
    for term in terms:
        expressions = term.get("matchExpressions") or []
        if not expressions:
            term["matchExpressions"] = [rule]
            return
        for index, known in enumerate(expressions):
            if known.get("key") == _HOSTNAME and known.get("operator") == "NotIn":
                values = list(dict.fromkeys([*(known.get("values") or ()), *rule["values"]]))
                term["matchExpressions"] = [
                    *expressions[:index],
                    {**known, "values": values},
                    *expressions[index + 1 :],
                ]
                return
    terms[0]["matchExpressions"] = [*terms[0]["matchExpressions"], rule]
