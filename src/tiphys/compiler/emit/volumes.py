"""Volumes of kfp-kubernetes: claims, secrets, config maps, and those that live as long as the pod."""

from __future__ import annotations

from typing import Any

from tiphys.compiler import names
from tiphys.compiler.emit.setter import Given, Setter, with_values
from tiphys.ir.model import ParameterArgument
from tiphys.ir.platform_kubernetes import GenericEphemeralVolume, KubernetesExecutor

Json = Any


def volumes(given: KubernetesExecutor, setter: Setter) -> None:
    """Volumes and where the container has them; those from outside the pod may be only told."""
    passed: list[tuple[Json, Json, Given | None]] = []
    for pvc in given.pvc_mount:
        argument = pvc.pvc_name_parameter or ParameterArgument(
            task_output_parameter=pvc.task_output_parameter,
            component_input_parameter=pvc.component_input_parameter,
        )
        name = Given(pvc.constant) if pvc.constant and not pvc.pvc_name_parameter else setter.find(argument)
        mount = {"mountPath": pvc.mount_path, **({"subPath": pvc.sub_path} if pvc.sub_path else {})}
        passed.append(({"persistentVolumeClaim": {"claimName": name}}, mount, name))
    for secret in given.secret_as_volume:
        name = setter.name_of(secret.secret_name_parameter, secret.secret_name, "a secret")
        source = {"secretName": name, "optional": bool(secret.optional)}
        passed.append(({"secret": source}, {"mountPath": secret.mount_path}, name))
    for config_map in given.config_map_as_volume:
        name = setter.name_of(config_map.config_map_name_parameter, config_map.config_map_name, "a config map")
        source = {"name": name, "optional": bool(config_map.optional)}
        passed.append(({"configMap": source}, {"mountPath": config_map.mount_path}, name))
    taken: dict[str, Json] = {}
    for source, mount, name_of in passed:
        volume = _volume_name(source, name_of, taken)
        entry = {"name": volume, **source}
        if setter.told.get("KUBERNETES_VOLUMES"):
            setter.config.setdefault("volumes", []).append(with_values(entry))
            setter.config.setdefault("volumeMounts", []).append({"name": volume, **mount})
        if setter.on_pod["KUBERNETES_VOLUMES"]:
            setter.add("volumes", entry, name_of)
            setter.add("volumeMounts", {"name": volume, **mount}, name_of)
    _own_volumes(given, setter)


def _volume_name(source: Json, name: Given | None, taken: dict[str, Json]) -> str:
    """A name for the volume; the same thing mounted twice is one volume."""
    kind = next(iter(source))
    known = str(name.known) if name is not None and not name.input else f"{kind}-{name.input if name else ''}"
    wanted = names.volume(known)
    free, number = wanted, 1
    while free in taken and taken[free] != source:
        number += 1
        free = f"{wanted[:58]}-{number}"
    taken[free] = source
    return free


def _own_volumes(given: KubernetesExecutor, setter: Setter) -> None:
    """Volumes that are the pod's own: always its, whatever the component is told."""
    for ephemeral in given.generic_ephemeral_volume:
        setter.add("volumes", _ephemeral(ephemeral), None)
        mount = {"name": ephemeral.volume_name, "mountPath": ephemeral.mount_path}
        setter.add("volumeMounts", mount, None)
    for empty in given.empty_dir_mounts:
        source = {
            **({"medium": empty.medium} if empty.medium else {}),
            **({"sizeLimit": empty.size_limit} if empty.size_limit else {}),
        }
        setter.add("volumes", {"name": empty.volume_name, "emptyDir": source}, None)
        setter.add("volumeMounts", {"name": empty.volume_name, "mountPath": empty.mount_path}, None)
    shared = given.enabled_shared_memory
    if shared is not None:
        name = shared.volume_name or "shm"
        source = {"medium": "Memory", **({"sizeLimit": shared.size} if shared.size else {})}
        setter.add("volumes", {"name": name, "emptyDir": source}, None)
        setter.add("volumeMounts", {"name": name, "mountPath": "/dev/shm"}, None)  # noqa: S108 # in the pod


def _ephemeral(volume: GenericEphemeralVolume) -> Json:
    metadata = {
        key: dict(value)
        for key, value in (("labels", volume.metadata.labels), ("annotations", volume.metadata.annotations))
        if value
    }
    claim: dict[str, Json] = {
        "accessModes": list(volume.access_modes),
        "resources": {"requests": {"storage": volume.size}},
    }
    if not volume.default_storage_class:
        claim["storageClassName"] = volume.storage_class_name
    template = {**({"metadata": metadata} if metadata else {}), "spec": claim}
    return {"name": volume.volume_name, "ephemeral": {"volumeClaimTemplate": template}}
