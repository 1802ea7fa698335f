"""How settings made in several places come together, still as something to be laid over a template.

Unlike Kubernetes' strategic merge this makes a patch of two patches: nulls and `$patch` directives stay,
because they speak to the compiled template and not to the other setting.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from tiphys.authoring.caller import refuse

_DAG_FIELDS = frozenset(
    {
        "annotations",
        "failFast",
        "inputs",
        "memoize",
        "metrics",
        "outputs",
        "parallelism",
        "retryStrategy",
        "synchronization",
    }
)

_KEYS: dict[str, str] = {
    "artifacts": "name",
    "containers": "name",
    "env": "name",
    "hostAliases": "ip",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "parameters": "name",
    "ports": "containerPort",
    "resourceClaims": "name",
    "sidecars": "name",
    "templates": "name",
    "volumeDevices": "devicePath",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
"""Lists whose elements have a name: the same name is the same thing."""

_JOINED = frozenset(
    {
        "envFrom",
        "mutexes",
        "prometheus",
        "semaphores",
        "tolerations",
        "topologySpreadConstraints",
        "volumeClaimTemplates",
    }
)
"""Lists whose elements have none: both sets hold."""


def belongs_to_dag(field: str) -> bool:
    """True for a field of Argo's Template that a DAG has; all others are of a pod."""
    return field in _DAG_FIELDS


def compose(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> dict[str, Any]:
    """Both settings in one; where they disagree, `inner` holds.

    >>> compose({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "B", "value": "2"}], "image": None})
    {'env': [{'name': 'A', 'value': '1'}, {'name': 'B', 'value': '2'}], 'image': None}
    """
    composed = dict(outer)
    for field, value in inner.items():
        old = composed.get(field)
        if field == "podSpecPatch" and isinstance(old, str) and isinstance(value, str):
            composed[field] = join_patches(old, value)
        elif isinstance(old, Mapping) and isinstance(value, Mapping) and "$patch" not in value:
            composed[field] = compose(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            composed[field] = _compose_lists(field, old, value)
        else:
            composed[field] = value
    return composed


def join_patches(outer: str, inner: str) -> str:
    """Two texts of `podSpecPatch` in one.

    >>> join_patches('{"hostname":"a","dnsPolicy":"None"}', "hostname: b")
    '{"hostname":"b","dnsPolicy":"None"}'
    """
    patches = []
    for text in (outer, inner):
        try:
            patch = yaml.safe_load(text)
        except yaml.YAMLError:
            patch = None
        if not isinstance(patch, dict):
            raise refuse(
                f"`podSpecPatch` is set twice, and `{text[:60]}` is no YAML that could be joined",
                remedy="Quote the tags in it, or say all in one patch.",
            )
        patches.append(patch)
    return json.dumps(compose(*patches), ensure_ascii=False, separators=(",", ":"))


def _compose_lists(field: str, outer: list[Any], inner: list[Any]) -> list[Any]:
    if field in _JOINED:
        return [*outer, *(item for item in inner if item not in outer)]
    key = _KEYS.get(field)
    if key is None or not all(isinstance(item, Mapping) for item in (*outer, *inner)):
        return inner
    composed = list(outer)
    for item in inner:
        place = next((i for i, old in enumerate(composed) if key in item and old.get(key) == item[key]), None)
        if place is None:
            composed.append(item)
        else:
            composed[place] = item if "$patch" in item else compose(composed[place], item)
    return composed
