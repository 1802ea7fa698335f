"""`argo.volume_claim`: a volume that lives as long as the run."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.fields import typed_object
from tiphys.authoring.overlay import compose
from tiphys.authoring.settings import run_settings


def volume_claim(
    name: str,
    size: str = "",
    *,
    access_modes: list[str] | None = None,
    storage_class: str | None = None,
    claim: Any = None,
) -> str:
    """Let the run have a volume of its own: it is claimed when the run starts and goes with it.

    Tasks mount it by its name with `argo.mount`. `claim` is a PersistentVolumeClaim in full, instead of
    a size.
    https://argo-workflows.readthedocs.io/en/latest/walk-through/volumes/

    Example:
        work = argo.volume_claim("work", "1Gi")
        first = argo.mount(clean(), work, "/work")
        second = argo.mount(report(), work, "/work")
        second.after(first)

    Returns the name.
    """
    if claim is not None:
        found = typed_object(claim, "v1.PersistentVolumeClaim", "a claim")
    elif size:
        spec: dict[str, Any] = {
            "accessModes": access_modes or ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
        }
        if storage_class is not None:
            spec["storageClassName"] = storage_class
        found = {"spec": spec}
    else:
        raise refuse("argo.volume_claim: neither a size nor a claim is given", remedy='Such as `"1Gi"`.')
    found = compose(found, {"metadata": {"name": name}})
    run = run_settings()
    run.workflow = compose(run.workflow, {"volumeClaimTemplates": [found]})
    return name
