"""What kfp-kubernetes says of a pod, as fields of Argo's template."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiphys.compiler.emit.body import Body
from tiphys.compiler.emit.placement import placement
from tiphys.compiler.emit.setter import Given, Setter, null_of, with_values
from tiphys.compiler.emit.volumes import volumes
from tiphys.compiler.lowered import Flag, Flags
from tiphys.errors import CompileError
from tiphys.ir.model import Component, ParameterArgument
from tiphys.ir.platform_kubernetes import InitContainer, KubernetesExecutor, SecurityContext

Json = Any

_PULL_POLICIES = ("Always", "Never", "IfNotPresent")


def settings(
    given: KubernetesExecutor,
    body: Body,
    component: Component,
    find: Callable[[ParameterArgument], Given],
    where: str,
) -> dict[str, Json]:
    """Write the settings into the template; answers KFP's TaskConfig, what the component wants to be told."""
    told, on_pod = passthroughs(component)
    setter = Setter(where, body, find, on_pod, told=told)
    _environment(given, setter)
    volumes(given, setter)
    placement(given, setter)
    _pod(given, setter)
    for init in given.init_containers:
        _init_container(init, setter)
    setter.finish()
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


def _environment(given: KubernetesExecutor, setter: Setter) -> None:
    variables: list[tuple[Json, Given | None]] = []
    for secret in given.secret_as_env:
        name = setter.name_of(secret.secret_name_parameter, secret.secret_name, "a secret")
        for key in secret.key_to_env:
            reference = {"name": name, "key": key.secret_key, **_optional(secret.optional)}
            variables.append(({"name": key.env_var, "valueFrom": {"secretKeyRef": reference}}, name))
    for config_map in given.config_map_as_env:
        name = setter.name_of(config_map.config_map_name_parameter, config_map.config_map_name, "a config map")
        for entry in config_map.key_to_env:
            reference = {"name": name, "key": entry.config_map_key, **_optional(config_map.optional)}
            variables.append(({"name": entry.env_var, "valueFrom": {"configMapKeyRef": reference}}, name))
    for field_path in given.field_path_as_env:
        reference = {"fieldPath": field_path.field_path}
        variables.append(({"name": field_path.name, "valueFrom": {"fieldRef": reference}}, None))
    body = setter.body
    if setter.told.get("ENV"):
        own = [*body.container.get("env", []), *body.container_patch.get("env", [])]
        setter.config["env"] = [*own, *(with_values(each) for each, _ in variables)]
    if not setter.on_pod["ENV"]:
        body.container.pop("env", None)
        body.container_patch.pop("env", None)
        return
    for each, name_of in variables:
        setter.add("env", each, name_of)


def _optional(optional: bool | None) -> dict[str, Json]:
    return {} if optional is None else {"optional": optional}


def _pod(given: KubernetesExecutor, setter: Setter) -> None:
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
        name = setter.name_of(secret.secret_name_parameter, secret.secret_name, "a secret")
        value: Json = name.value if name.nullable or name.input else name.known
        setter.later.setdefault("imagePullSecrets", []).append((null_of(name), {"name": value}))
    context = given.security_context
    if context is not None:
        _security(context, setter)


def _security(context: SecurityContext, setter: Setter) -> None:
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


def _init_container(given: InitContainer, setter: Setter) -> None:
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


def flags_nullable(flags: Flags) -> bool:
    """True if a value with these flags may be null."""
    return Flag.NULL in flags or Flag.ABSENT in flags
