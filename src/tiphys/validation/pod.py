"""Parts of a pod: resources, container sets, sidecars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tiphys.expressions.go_quote import quote
from tiphys.validation.invalid import Invalid
from tiphys.validation.names import check_field_names

Json = Any

_RESERVED: Final = frozenset({"wait", "supervisor"})
_RESERVED_PREFIX: Final = "artifact-plugin-"


def check_pod_resources(where: str, resources: Mapping[str, Json] | None) -> None:
    """Refuse resources of a whole pod that Kubernetes knows for containers only."""
    if resources is None:
        return
    if resources.get("claims"):
        raise Invalid(f"{where}.claims is not supported for pod-level resources")
    for part in ("limits", "requests"):
        for name in resources.get(part) or {}:
            if name not in ("cpu", "memory") and not name.startswith("hugepages-"):
                raise Invalid(
                    f"{where}: {quote(name)} is not a valid pod-level resource, only cpu, memory and "
                    "hugepages-* are supported"
                )


def is_reserved(container: str) -> bool:
    """True for names of containers that Argo adds itself."""
    return container in _RESERVED or container.startswith(_RESERVED_PREFIX)


def check_container_set(containers: Sequence[Json], mounts: Sequence[Json]) -> None:
    """Refuse a container set with bad names, colliding mounts or dependencies that cannot be met."""
    if not containers:
        raise Invalid("containers must have at least one container")
    names = [(container or {}).get("name") or "" for container in containers]
    try:
        check_field_names(names)
    except Invalid as error:
        raise error.under("containers") from None
    mounted: dict[str, str] = {}
    for index, mount in enumerate(mounts):
        path = mount.get("mountPath") or ""
        if path in mounted:
            raise Invalid(f"volumeMounts[{index}].mountPath '{path}' already mounted in {mounted[path]}")
        mounted[path] = f"volumeMounts.{mount.get('name') or ''}"
    needs = {container["name"]: container.get("dependencies") or [] for container in containers}
    for name in names:
        for needed in needs[name]:
            if needed not in needs:
                raise Invalid(f"containers.{name} dependency '{needed}' not defined")
    _refuse_cycles(needs)


def _refuse_cycles(needs: Mapping[str, Sequence[str]]) -> None:
    done: set[str] = set()

    def visit(name: str, cycle: list[str]) -> None:
        if name in done:
            return
        for needed in needs.get(name, ()):
            if needed in cycle:
                raise Invalid(f"containers dependency cycle detected: {'->'.join(cycle)}->{needed}")
            visit(needed, [*cycle, needed])
        done.add(name)

    for name in sorted(needs):
        visit(name, [])
