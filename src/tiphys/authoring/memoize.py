"""`argo.memoize`: results of earlier runs, kept by key on the cluster."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.kubernetes_objects import plain
from tiphys.authoring.settings import add_to_template, binder_of


def memoize(task: Any, key: Any, *, max_age: str = "", cache: str = "tiphys-cache") -> Any:
    """Take the result of `task` from the cache if `key` is in it and not older than `max_age` (`"24h"`).

    The key begins with a letter or digit and holds letters, digits and `-`. The cache is a ConfigMap, which
    the service account of the run must be allowed to read and write.
    https://argo-workflows.readthedocs.io/en/latest/memoization/

    Example:
        argo.memoize(train(rate=0.1), "train-v3", max_age="24h")

    Returns `task`.
    """
    fields: dict[str, Any] = {"key": plain(key, binder_of(task)), "cache": {"configMap": {"name": cache}}}
    if max_age:
        fields["maxAge"] = max_age
    return add_to_template(task, "argo.memoize", {"memoize": fields})
