"""`argo.topology_spread`: how pods spread over zones and nodes."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.fields import typed_objects
from tiphys.authoring.settings import add_to_pod_spec, binder_of


def topology_spread(task: Any, *constraints: Any) -> Any:
    """Spread the pods of `task` by these constraints. Calls add up.

    https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/

    Example:
        with dsl.ParallelFor([0.1, 0.2]) as rate:
            argo.topology_spread(
                train(rate=rate),
                {
                    "maxSkew": 1,
                    "topologyKey": "topology.kubernetes.io/zone",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": {"app": "train"}},
                },
            )

    Returns `task`.
    """
    found = typed_objects(constraints, "v1.TopologySpreadConstraint", "a constraint", binder_of(task))
    return add_to_pod_spec(task, "argo.topology_spread", {"topologySpreadConstraints": found})
