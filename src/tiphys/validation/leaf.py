"""Templates that do something themselves, and `suspend`.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/validate/validate.go (`validateLeaf`)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tiphys.errors import ManifestError
from tiphys.expressions.go_quote import quote
from tiphys.manifest.composing import compose
from tiphys.validation.context import Context, check_tags
from tiphys.validation.invalid import Invalid
from tiphys.validation.placeholders import is_placeholder
from tiphys.validation.pod import check_container_set, is_reserved
from tiphys.validation.scope import Scope
from tiphys.validation.templates import Base

Json = Any
Template = Mapping[str, Json]

_ACTIONS: Final = ("get", "create", "apply", "delete", "replace", "patch")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+\Z", re.ASCII)
_EXPRESSION: Final = re.compile(r"\{\{\s*=\s*(.+?)\s*\}\}")


def check_leaf(context: Context, base: Base, template: Template, scope: Scope) -> None:
    """Validate a template that has neither steps nor tasks."""
    owner = f"templates.{template.get('name') or ''}"
    try:
        check_tags(context, scope, template)
    except Invalid as error:
        raise error.under(f"{owner}: ") from None
    if template.get("container") is not None:
        _check_mounts(owner, template)
        _check_image(owner, base, template, "container")
    if template.get("containerSet") is not None:
        _check_container_set(owner, template)
    for sidecar in template.get("sidecars") or []:
        if is_reserved(sidecar.get("name") or ""):
            raise Invalid(f"{owner}.sidecars: {quote(sidecar['name'])} is a reserved Argo container name")
    if template.get("resource") is not None:
        _check_resource(context, owner, template)
    if template.get("script") is not None:
        _check_image(owner, base, template, "script")
    _check_deadline(owner, template)
    if template.get("parallelism") is not None:
        raise Invalid(f"{owner}.parallelism is only valid for steps and dag templates")


def _check_mounts(owner: str, template: Template) -> None:
    mounted: dict[str, str] = {}
    for index, mount in enumerate(template["container"].get("volumeMounts") or []):
        path = mount.get("mountPath") or ""
        if path in mounted:
            where = f"{owner}.container.volumeMounts[{index}].mountPath"
            raise Invalid(f"{where} '{path}' already mounted in {mounted[path]}")
        mounted[path] = f"container.volumeMounts.{mount.get('name') or ''}"
    for index, artifact in enumerate((template.get("inputs") or {}).get("artifacts") or []):
        path = artifact.get("path") or ""
        if path in mounted:
            where = f"{owner}.inputs.artifacts[{index}].path"
            raise Invalid(f"{where} '{path}' already mounted in {mounted[path]}")
        mounted[path] = f"inputs.artifacts.{artifact.get('name') or ''}"


def _check_image(owner: str, base: Base, template: Template, kind: str) -> None:
    """An image may also come from `templateDefaults`, but not from those of a ClusterWorkflowTemplate."""
    if template[kind].get("image"):
        return
    defaults = base.spec.get("templateDefaults") or {}
    if base.scope == "cluster" or not (defaults.get(kind) or {}).get("image"):
        raise Invalid(f"{owner}.{kind}.image may not be empty")


def _check_container_set(owner: str, template: Template) -> None:
    containers = template["containerSet"].get("containers") or []
    try:
        check_container_set(containers, template["containerSet"].get("volumeMounts") or [])
    except Invalid as error:
        raise error.under(f"{owner}.containerSet.") from None
    inputs, outputs = template.get("inputs") or {}, template.get("outputs") or {}
    needs_main = inputs.get("artifacts") or outputs.get("parameters") or outputs.get("artifacts")
    if needs_main and not any(container["name"] == "main" for container in containers):
        raise Invalid(
            f'{owner}.containerSet.containers must have a container named "main" for input or output'
        )
    for container in containers:
        if is_reserved(container["name"]):
            name = quote(container["name"])
            raise Invalid(f"{owner}.containerSet.containers: {name} is a reserved Argo container name")


def _check_resource(context: Context, owner: str, template: Template) -> None:
    resource = template["resource"]
    action = resource.get("action") or ""
    if action not in _ACTIONS and not is_placeholder(action):
        raise Invalid(f"{owner}.resource.action must be one of: {', '.join(_ACTIONS)}")
    if action in ("delete", "get"):
        return
    manifest, source = resource.get("manifest") or "", resource.get("manifestFrom")
    if not manifest and source is None:
        raise Invalid(f"either {owner}.resource.manifest or {owner}.resource.manifestFrom must be specified")
    if manifest and source is not None:
        raise Invalid(
            "shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for resource template"
        )
    artifact = (source or {}).get("artifact")
    if artifact is not None:
        known = (template.get("inputs") or {}).get("artifacts") or []
        if not any(each.get("name") == artifact.get("name") for each in known):
            name = artifact.get("name") or ""
            raise Invalid(f"artifact {name} in `manifestFrom` refer to a non-exist artifact")
    if manifest and not is_placeholder(manifest) and not _is_yaml(context, manifest):
        raise Invalid(f"{owner}.resource.manifest must be a valid yaml")


def _is_yaml(context: Context, manifest: str) -> bool:
    text = _EXPRESSION.sub(lambda _: context.placeholders.next(), manifest)
    try:
        next(compose(text, "", strict=False), None)  # Argo reads the first document only
    except ManifestError:
        return False
    return True


def _check_deadline(owner: str, template: Template) -> None:
    deadline = template.get("activeDeadlineSeconds")
    if deadline is None:
        return
    problem = f"{owner}.activeDeadlineSeconds must be a positive integer > 0 or an argo variable"
    if isinstance(deadline, str):
        if _INTEGER.match(deadline):
            deadline = int(deadline)
        elif (deadline.startswith("{{") and deadline.endswith("}}")) or is_placeholder(deadline):
            return
        else:
            raise Invalid(problem)
    if deadline < 0:
        raise Invalid(problem)
