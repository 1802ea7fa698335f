"""What kfp-kubernetes says of a pod, as fields of Argo's template.

A name or object that only the run knows stands in the field as an expression; where it may be missing
altogether, or is a whole object, it goes into `podSpecPatch`, which merges by name as Kubernetes does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from tiphys.compiler import names
from tiphys.compiler.emit.pod import Body
from tiphys.compiler.lowered import Flag, Flags
from tiphys.compiler.transport import (
    Value,
    computed,
    encode,
    literal,
    path,
    structure,
    variable,
    whole_numbers,
)
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import Component, ParameterArgument
from tiphys.ir.platform_kubernetes import (
    GenericEphemeralVolume,
    InitContainer,
    KubernetesExecutor,
    NodeAffinityTerm,
    PodAffinityTerm,
    SelectorRequirement,
)

Json = Any

_PULL_POLICIES = ("Always", "Never", "IfNotPresent")


@dataclass(frozen=True, slots=True)
class Given:
    """A setting: `known`, or the Argo name of the input that brings it (null if `nullable`)."""

    known: Json = None
    input: str = ""
    nullable: bool = False

    @property
    def text(self) -> str:
        """The value as plain text in a field of the template."""
        if not self.input:
            return str(self.known)
        return "{{=fromJSON(" + path("inputs", "parameters", self.input) + ")}}"

    @property
    def value(self) -> Value | Json:
        """The value as part of a JSON document."""
        return variable("inputs", "parameters", self.input) if self.input else whole_numbers(self.known)


@dataclass(slots=True)
class _Setter:
    where: str
    body: Body
    find: Callable[[ParameterArgument], Given]
    on_pod: Mapping[str, bool]
    config: dict[str, Json] = field(default_factory=dict)
    told: Mapping[str, bool] = field(default_factory=dict)
    later: dict[str, list[tuple[str, Json]]] = field(default_factory=dict)


def settings(
    given: KubernetesExecutor,
    body: Body,
    component: Component,
    find: Callable[[ParameterArgument], Given],
    where: str,
) -> dict[str, Json]:
    """Write the settings into the template; answers KFP's TaskConfig, what the component wants to be told."""
    told, on_pod = passthroughs(component)
    setter = _Setter(where, body, find, on_pod, told=told)
    _environment(given, setter)
    _volumes(given, setter)
    _placement(given, setter)
    _pod(given, setter)
    for init in given.init_containers:
        _init_container(init, setter)
    _finish_later(setter)
    return setter.config


def passthroughs(component: Component) -> tuple[dict[str, bool], dict[str, bool]]:
    """Which settings the component is told, and which hold for its own pod."""
    fields = ("RESOURCES", "ENV", "KUBERNETES_AFFINITY", "KUBERNETES_TOLERATIONS", "KUBERNETES_NODE_SELECTOR")
    told = dict.fromkeys((*fields, "KUBERNETES_VOLUMES"), False)
    on_pod = dict.fromkeys(told, True)
    for passthrough in component.task_config_passthroughs:
        told[passthrough.field] = True
        on_pod[passthrough.field] = passthrough.apply_to_task
    return told, on_pod


def _argument(parameter: ParameterArgument | None, known: str, setter: _Setter, what: str) -> Given:
    if parameter is not None:
        return setter.find(parameter)
    if known:
        return Given(known)
    raise CompileError(f"{setter.where}: {what} has no name")


def _environment(given: KubernetesExecutor, setter: _Setter) -> None:
    variables: list[tuple[Json, Given | None]] = []
    for secret in given.secret_as_env:
        name = _argument(secret.secret_name_parameter, secret.secret_name, setter, "a secret")
        for key in secret.key_to_env:
            reference = {"name": name, "key": key.secret_key, **_optional(secret.optional)}
            variables.append(({"name": key.env_var, "valueFrom": {"secretKeyRef": reference}}, name))
    for config_map in given.config_map_as_env:
        name = _argument(
            config_map.config_map_name_parameter, config_map.config_map_name, setter, "a config map"
        )
        for entry in config_map.key_to_env:
            reference = {"name": name, "key": entry.config_map_key, **_optional(config_map.optional)}
            variables.append(({"name": entry.env_var, "valueFrom": {"configMapKeyRef": reference}}, name))
    for field_path in given.field_path_as_env:
        reference = {"fieldPath": field_path.field_path}
        variables.append(({"name": field_path.name, "valueFrom": {"fieldRef": reference}}, None))
    if setter.told.get("ENV"):
        known = [*setter.body.container.get("env", []), *(_with_values(each) for each, _ in variables)]
        setter.config["env"] = known
    if not setter.on_pod["ENV"]:
        setter.body.container.pop("env", None)
        return
    for each, name_of in variables:
        _add(setter, "env", each, name_of)


def _optional(optional: bool | None) -> dict[str, Json]:
    return {} if optional is None else {"optional": optional}


def _volumes(given: KubernetesExecutor, setter: _Setter) -> None:
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
        name = _argument(secret.secret_name_parameter, secret.secret_name, setter, "a secret")
        source = {"secretName": name, "optional": bool(secret.optional)}
        passed.append(({"secret": source}, {"mountPath": secret.mount_path}, name))
    for config_map in given.config_map_as_volume:
        name = _argument(
            config_map.config_map_name_parameter, config_map.config_map_name, setter, "a config map"
        )
        source = {"name": name, "optional": bool(config_map.optional)}
        passed.append(({"configMap": source}, {"mountPath": config_map.mount_path}, name))
    taken: dict[str, Json] = {}
    for source, mount, name_of in passed:
        volume = _volume_name(source, name_of, taken)
        entry = {"name": volume, **source}
        if setter.told.get("KUBERNETES_VOLUMES"):
            setter.config.setdefault("volumes", []).append(_with_values(entry))
            setter.config.setdefault("volumeMounts", []).append({"name": volume, **mount})
        if setter.on_pod["KUBERNETES_VOLUMES"]:
            _add(setter, "volumes", entry, name_of)
            _add(setter, "volumeMounts", {"name": volume, **mount}, name_of)
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


def _own_volumes(given: KubernetesExecutor, setter: _Setter) -> None:
    """Volumes that are the pod's own: always its, whatever the component is told."""
    for ephemeral in given.generic_ephemeral_volume:
        _add(setter, "volumes", _ephemeral(ephemeral), None)
        mount = {"name": ephemeral.volume_name, "mountPath": ephemeral.mount_path}
        _add(setter, "volumeMounts", mount, None)
    for empty in given.empty_dir_mounts:
        source = {
            **({"medium": empty.medium} if empty.medium else {}),
            **({"sizeLimit": empty.size_limit} if empty.size_limit else {}),
        }
        _add(setter, "volumes", {"name": empty.volume_name, "emptyDir": source}, None)
        _add(setter, "volumeMounts", {"name": empty.volume_name, "mountPath": empty.mount_path}, None)
    shared = given.enabled_shared_memory
    if shared is not None:
        name = shared.volume_name or "shm"
        source = {"medium": "Memory", **({"sizeLimit": shared.size} if shared.size else {})}
        _add(setter, "volumes", {"name": name, "emptyDir": source}, None)
        _add(setter, "volumeMounts", {"name": name, "mountPath": "/dev/shm"}, None)  # noqa: S108 # in the pod


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


def _placement(given: KubernetesExecutor, setter: _Setter) -> None:
    fields, patch = setter.body.fields, setter.body.pod_patch
    if given.node_selector is not None:
        json = given.node_selector.node_selector_json
        selector: Json = dict(given.node_selector.labels)
        found = setter.find(json) if json is not None else Given(selector)
        _whole("nodeSelector", found, "KUBERNETES_NODE_SELECTOR", setter)
    if given.tolerations:
        _tolerations(given, setter)
    affinity, later = _node_affinity(given.node_affinity, setter)
    if affinity:
        if setter.told.get("KUBERNETES_AFFINITY"):
            setter.config["affinity"] = {"nodeAffinity": affinity}
        if setter.on_pod["KUBERNETES_AFFINITY"]:
            if later:
                patch["affinity"] = {"nodeAffinity": affinity}
            else:
                fields["affinity"] = {"nodeAffinity": affinity}
    pods = _pod_affinity(given.pod_affinity)
    if pods:
        target = patch if later and "affinity" in patch else fields
        target["affinity"] = {**target.get("affinity", {}), **pods}


def _whole(name: str, found: Given, passthrough: str, setter: _Setter) -> None:
    """A whole object of the pod's spec."""
    if setter.told.get(passthrough):
        setter.config[name] = found.value
    if not setter.on_pod[passthrough]:
        return
    if not found.input:
        if found.known:
            setter.body.fields[name] = found.value
    elif found.nullable:
        # null in a strategic merge takes away what is not there, which is nothing
        setter.body.pod_patch[name] = found.value
    else:
        setter.body.pod_patch[name] = found.value


def _tolerations(given: KubernetesExecutor, setter: _Setter) -> None:
    """A list that Kubernetes merges as one: with one unknown member all of it is in the patch."""
    known: list[Json] = []
    members: list[str] = []
    for toleration in given.tolerations:
        found = setter.find(toleration.toleration_json) if toleration.toleration_json is not None else None
        if found is None or not found.input:
            objects = (
                [_toleration(msgspec.to_builtins(toleration))]
                if found is None
                else (found.known if isinstance(found.known, list) else [found.known] if found.known else [])
            )
            known += [whole_numbers(each) for each in objects]
            continue
        text = path("inputs", "parameters", found.input)
        inside = f"sprig.trimPrefix('[', sprig.trimSuffix(']', {text}))"
        members.append(f"(let t = {text}; t == 'null' || t == '[]' || t == '{{}}' ? '' : ',' + {inside})")
    if not members:
        listed: Json = known
    else:
        head = encode(known)[1:-1]
        fixed = f"',' + {literal(head)}" if head else "''"
        inner = " + ".join([fixed, *members])
        listed = computed(f"'[' + sprig.trimPrefix(',', {inner}) + ']'")
    if setter.told.get("KUBERNETES_TOLERATIONS"):
        setter.config["tolerations"] = listed
    if setter.on_pod["KUBERNETES_TOLERATIONS"]:
        (setter.body.pod_patch if members else setter.body.fields)["tolerations"] = listed


def _toleration(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in fields.items() if value not in (None, "")}


def _node_affinity(terms: list[NodeAffinityTerm], setter: _Setter) -> tuple[Json, bool]:
    """Required and preferred nodes; True if a part is known to the run only."""
    required: list[Json] = []
    preferred: list[Json] = []
    for term in terms:
        if term.node_affinity_json is not None:
            found = setter.find(term.node_affinity_json)
            if found.input:
                if len(terms) > 1:
                    raise Unsupported(
                        f"{setter.where}: a node affinity that the run decides beside another one",
                        remedy="Put both into the JSON that is passed.",
                    )
                return found.value, True
            known = whole_numbers(found.known) or {}
            needed = known.get("requiredDuringSchedulingIgnoredDuringExecution", {})
            required += needed.get("nodeSelectorTerms", [])
            preferred += known.get("preferredDuringSchedulingIgnoredDuringExecution", [])
            continue
        selector: dict[str, Json] = {}
        if term.match_expressions:
            selector["matchExpressions"] = [_requirement(each) for each in term.match_expressions]
        if term.match_fields:
            selector["matchFields"] = [_requirement(each) for each in term.match_fields]
        if not selector:
            continue
        if term.weight is None:
            required.append(selector)
        else:
            preferred.append({"weight": term.weight, "preference": selector})
    found_: dict[str, Json] = {}
    if required:
        found_["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": required}
    if preferred:
        found_["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    return found_, False


def _requirement(given: SelectorRequirement) -> dict[str, Json]:
    values = {"values": list(given.values)} if given.values else {}
    return {"key": given.key, "operator": given.operator, **values}


def _pod_affinity(terms: list[PodAffinityTerm]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for term in terms:
        selector = _label_selector(term.match_pod_labels, term.match_pod_expressions)
        spaces = _label_selector(term.match_namespace_labels, term.match_namespace_expressions)
        one: dict[str, Json] = {
            **({"labelSelector": selector} if selector else {}),
            "topologyKey": term.topology_key,
            **({"namespaces": list(term.namespaces)} if term.namespaces else {}),
            **({"namespaceSelector": spaces} if spaces else {}),
        }
        kind = found.setdefault("podAntiAffinity" if term.anti else "podAffinity", {})
        if term.weight is None:
            kind.setdefault("requiredDuringSchedulingIgnoredDuringExecution", []).append(one)
        else:
            kind.setdefault("preferredDuringSchedulingIgnoredDuringExecution", []).append(
                {"weight": term.weight, "podAffinityTerm": one}
            )
    return found


def _label_selector(labels: Mapping[str, str], expressions: list[SelectorRequirement]) -> dict[str, Json]:
    return {
        **({"matchLabels": dict(labels)} if labels else {}),
        **({"matchExpressions": [_requirement(each) for each in expressions]} if expressions else {}),
    }


def _pod(given: KubernetesExecutor, setter: _Setter) -> None:
    fields, container = setter.body.fields, setter.body.container
    if given.image_pull_policy:
        if given.image_pull_policy not in _PULL_POLICIES:
            raise CompileError(
                f"{setter.where}: `{given.image_pull_policy}` is no policy for pulling images",
                remedy="Give one of " + ", ".join(_PULL_POLICIES) + ".",
            )
        container["imagePullPolicy"] = given.image_pull_policy
    if given.active_deadline_seconds:
        fields["activeDeadlineSeconds"] = given.active_deadline_seconds
    if given.pod_metadata is not None:
        metadata = dict(fields.get("metadata", {}))
        for key, values in (
            ("labels", given.pod_metadata.labels),
            ("annotations", given.pod_metadata.annotations),
        ):
            if values:
                metadata[key] = {**metadata.get(key, {}), **values}
        fields["metadata"] = metadata
    for secret in given.image_pull_secret:
        name = _argument(secret.secret_name_parameter, secret.secret_name, setter, "a secret")
        value: Json = name.value if name.nullable or name.input else name.known
        setter.later.setdefault("imagePullSecrets", []).append((_null_of(name), {"name": value}))
    context = given.security_context
    if context is not None:
        _security(context, setter)


def _security(context: Any, setter: _Setter) -> None:
    found: dict[str, Json] = {
        key: value
        for key, value in (
            ("runAsUser", context.run_as_user),
            ("runAsGroup", context.run_as_group),
            ("runAsNonRoot", context.run_as_non_root),
            ("privileged", context.privileged),
        )
        if value is not None
    }
    if context.run_as_user == 0 and context.run_as_non_root:
        raise CompileError(
            f"{setter.where}: runAsUser 0 is root, and runAsNonRoot forbids it", remedy="Give another user."
        )
    capabilities = {
        **({"add": list(context.add_capabilities)} if context.add_capabilities else {}),
        **({"drop": list(context.drop_capabilities)} if context.drop_capabilities else {}),
    }
    if capabilities:
        found["capabilities"] = capabilities
    if found:
        setter.body.container["securityContext"] = found


def _init_container(given: InitContainer, setter: _Setter) -> None:
    found: dict[str, Json] = {"name": given.name, "image": given.image}
    for key, value in (("command", given.command), ("args", given.args)):
        if value:
            found[key] = list(value)
    if given.env:
        found["env"] = [{"name": each.name, "value": each.value} for each in given.env]
    if given.volume_mounts:
        found["volumeMounts"] = [
            {"name": each.volume_name, "mountPath": each.mount_path} for each in given.volume_mounts
        ]
    if given.restart_policy:
        found["restartPolicy"] = given.restart_policy
    if given.resources is not None:
        wanted = {
            **({"requests": dict(given.resources.requests)} if given.resources.requests else {}),
            **({"limits": dict(given.resources.limits)} if given.resources.limits else {}),
        }
        if wanted:
            found["resources"] = wanted
    setter.body.fields.setdefault("initContainers", []).append(found)


def _add(setter: _Setter, name: str, entry: dict[str, Json], given: Given | None) -> None:
    """Put a member of a list into the template, or into the patch if it may be missing."""
    if given is not None and given.nullable:
        setter.later.setdefault(name, []).append((_null_of(given), _with_values(entry)))
        return
    plain = _with_texts(entry)
    target = setter.body.fields if name == "volumes" else setter.body.container
    listed = target.setdefault(name, [])
    if plain not in listed:
        listed.append(plain)


def _null_of(given: Given) -> str:
    return path("inputs", "parameters", given.input) + " == 'null'" if given.nullable else ""


def _finish_later(setter: _Setter) -> None:
    """Members that may be missing: a list made by an expression."""
    for name, members in setter.later.items():
        if any(null for null, _ in members):
            parts = []
            for null, member in members:
                one = f"',' + {structure(member).expression}"
                parts.append(f"({null} ? '' : {one})" if null else one)
            listed: Json = computed(f"'[' + sprig.trimPrefix(',', {' + '.join(parts)}) + ']'")
        else:
            listed = [member for _, member in members]
        in_container = name in ("env", "volumeMounts")
        (setter.body.container_patch if in_container else setter.body.pod_patch)[name] = listed


def _with_texts(entry: Json) -> Json:
    if isinstance(entry, Given):
        return entry.text
    if isinstance(entry, dict):
        return {key: _with_texts(value) for key, value in entry.items()}
    return entry


def _with_values(entry: Json) -> Json:
    if isinstance(entry, Given):
        return entry.value
    if isinstance(entry, dict):
        return {key: _with_values(value) for key, value in entry.items()}
    return entry


def flags_nullable(flags: Flags) -> bool:
    """True if a value with these flags may be null."""
    return Flag.NULL in flags or Flag.ABSENT in flags
