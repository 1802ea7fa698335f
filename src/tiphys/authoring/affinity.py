"""`argo.affinity`, `argo.node_affinity`, `argo.pod_affinity`, `argo.pod_anti_affinity`: where pods run."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_object
from tiphys.authoring.settings import add_to_template, binder_of


def affinity(task: Any, affinity: Any) -> Any:
    """Set the affinity of the pod of `task` in full: to nodes, to other pods, and away from them.

    https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#affinity-and-anti-affinity

    Example:
        rule = client.V1NodeSelectorRequirement(key="zone", operator="In", values=["eu-1"])
        term = client.V1NodeSelectorTerm(match_expressions=[rule])
        required = client.V1NodeSelector(node_selector_terms=[term])
        nodes = client.V1NodeAffinity(required_during_scheduling_ignored_during_execution=required)
        argo.affinity(train(rate=0.1), client.V1Affinity(node_affinity=nodes))

    Returns `task`.
    """
    return _set(task, "argo.affinity", typed_object(affinity, "v1.Affinity", "an affinity", binder_of(task)))


def node_affinity(task: Any, affinity: Any) -> Any:
    """Say on which nodes the pod of `task` must or should run.

    https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#node-affinity

    Example:
        argo.node_affinity(train(rate=0.1), '''
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions: [{key: disk, operator: In, values: [ssd]}]
        ''')

    Returns `task`.
    """
    found = typed_object(affinity, "v1.NodeAffinity", "a node affinity", binder_of(task))
    return _set(task, "argo.node_affinity", {"nodeAffinity": found})


def pod_affinity(task: Any, affinity: Any) -> Any:
    """Say beside which other pods the pod of `task` must or should run.

    https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity

    Example:
        selector = {"matchLabels": {"app": "cache"}}
        term = {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}
        argo.pod_affinity(train(rate=0.1), {"requiredDuringSchedulingIgnoredDuringExecution": [term]})

    Returns `task`.
    """
    found = typed_object(affinity, "v1.PodAffinity", "a pod affinity", binder_of(task))
    return _set(task, "argo.pod_affinity", {"podAffinity": found})


def pod_anti_affinity(task: Any, affinity: Any) -> Any:
    """Say away from which other pods the pod of `task` must or should run.

    https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity

    Example:
        selector = {"matchLabels": {"app": "noisy"}}
        term = {"labelSelector": selector, "topologyKey": "kubernetes.io/hostname"}
        rule = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 10, "podAffinityTerm": term}]}
        argo.pod_anti_affinity(train(rate=0.1), rule)

    Returns `task`.
    """
    found = typed_object(affinity, "v1.PodAntiAffinity", "a pod anti-affinity", binder_of(task))
    return _set(task, "argo.pod_anti_affinity", {"podAntiAffinity": found})


def _set(task: Any, power: str, affinity: dict[str, Any]) -> Any:
    return add_to_template(task, power, {"affinity": affinity})
