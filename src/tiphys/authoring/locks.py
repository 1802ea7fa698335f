"""`argo.mutex`, `argo.semaphore`: how many of something run at once, across runs."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.kubernetes_objects import Binder, plain
from tiphys.authoring.overlay import compose
from tiphys.authoring.settings import add_to_template, bind_to_run, binder_of, run_settings


def mutex(target: Any, name: Any, *, namespace: str = "", database: bool = False) -> Any:
    """Let only one hold the lock `name` at a time: a task, a group, or (`"run"`) the run.

    A lock holds across runs of the namespace; with `database=True` across the clusters that share one.
    https://argo-workflows.readthedocs.io/en/latest/synchronization/

    Example:
        argo.mutex(train(rate=0.1), "gpu-0")
        argo.mutex("run", "nightly")

    Returns the target.
    """
    bind = _binder(target)
    lock = {"name": plain(name, bind), **({"namespace": namespace} if namespace else {})}
    return _lock(target, "argo.mutex", {"mutexes": [{**lock, **({"database": True} if database else {})}]})


def semaphore(target: Any, config_map: Any = "", key: Any = "", *, namespace: str = "", database_key: str = "") -> Any:
    """Let as many hold the lock at a time as a ConfigMap's key says: tasks, groups, or the run (`"run"`).

    With `database_key` the limit lies in the database that clusters share instead.
    https://argo-workflows.readthedocs.io/en/latest/synchronization/

    Example:
        argo.semaphore(train(rate=0.1), "limits", "trainings")

    Returns the target.
    """
    bind = _binder(target)
    reference: dict[str, Any] = {"database": {"key": database_key}}
    if not database_key:
        reference = {"configMapKeyRef": {"name": plain(config_map, bind), "key": plain(key, bind)}}
    if namespace:
        reference["namespace"] = namespace
    return _lock(target, "argo.semaphore", {"semaphores": [reference]})


def _binder(target: Any) -> Binder:
    return bind_to_run if target == "run" else binder_of(target)


def _lock(target: Any, power: str, locks: dict[str, Any]) -> Any:
    if target == "run":
        run = run_settings()
        run.workflow = compose(run.workflow, {"synchronization": locks})
        return target
    return add_to_template(target, power, {"synchronization": locks})
