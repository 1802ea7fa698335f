"""`argo.priority_class`, `argo.scheduler`, `argo.runtime_class`: who places a pod, when, what runs it."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.kubernetes_objects import plain
from tiphys.authoring.settings import add_to_pod_spec, add_to_template, binder_of


def priority_class(task: Any, name: Any) -> Any:
    """Give the pod of `task` a priority class: it is placed before others, and may drive them out.

    https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/

    Example:
        argo.priority_class(train(rate=0.1), "high")

    Returns `task`.
    """
    fields = {"priorityClassName": plain(name, binder_of(task))}
    return add_to_template(task, "argo.priority_class", fields)


def scheduler(task: Any, name: Any) -> Any:
    """Let another scheduler than the cluster's default place the pod of `task`.

    https://kubernetes.io/docs/tasks/extend-kubernetes/configure-multiple-schedulers/

    Example:
        argo.scheduler(train(rate=0.1), "volcano")

    Returns `task`.
    """
    return add_to_template(task, "argo.scheduler", {"schedulerName": plain(name, binder_of(task))})


def runtime_class(task: Any, name: Any) -> Any:
    """Run the pod of `task` with another container runtime, such as gVisor or the one for GPUs.

    https://kubernetes.io/docs/concepts/containers/runtime-class/

    Example:
        argo.runtime_class(train(rate=0.1), "gvisor")

    Returns `task`.
    """
    return add_to_pod_spec(task, "argo.runtime_class", {"runtimeClassName": plain(name, binder_of(task))})
