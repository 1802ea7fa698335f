"""Memoization: outputs of finished nodes, kept in ConfigMaps and found again by key.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/cache/configmap_cache.go
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tiphys.engine.environment import CONFIG_MAP_TYPE_LABEL, ConfigMap, Environment
from tiphys.engine.run import Node
from tiphys.engine.times import parse_rfc3339, rfc3339
from tiphys.errors import ExpressionError, ManifestError, NodeError
from tiphys.expressions import duration
from tiphys.manifest.decoding import decode
from tiphys.manifest.encoding import to_text
from tiphys.messages.decisions import SaveCache
from tiphys.messages.outputs import Json, Outputs

_CACHE: Final = "Cache"
_KEY = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*\Z")
_OUTPUTS: Final = "v1alpha1.Outputs"
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the cache said.

    `status` is for the node's `memoization_status`; `outputs` are those of the entry, None if it has
    none or is too old. `save` keeps the time of this look; it has been applied to the environment.
    """

    hit: bool
    status: dict[str, Json]
    outputs: Outputs | None = None
    save: SaveCache | None = None


def look_up(environment: Environment, namespace: str, memoize: Mapping[str, Json], now: float) -> Lookup:
    """Look for the outputs of a template with this `memoize` section, its variables filled in.

    Raises `NodeError` with Argo's text for keys, caches, entries and ages that cannot be used.
    """
    name, key = _cache_name(memoize), str(memoize.get("key") or "")
    entry, save = _load(environment, namespace, name, key, now)
    hit = bool(entry.get("nodeID"))
    outputs = entry.get("outputs")
    max_age = str(memoize.get("maxAge") or "")
    if max_age and not _is_young(entry, _nanoseconds(max_age), now):
        hit, outputs = False, None
    found = None if outputs is None else Outputs.from_json(outputs)
    return Lookup(hit, {"hit": hit, "key": key, "cacheName": name}, found, save)


def save(environment: Environment, namespace: str, node: Node, now: float) -> SaveCache | None:
    """Keep the outputs of a node that has a memoization status.

    Raises `NodeError` with Argo's text when the ConfigMap cannot be used as a cache.
    """
    status = node.memoization_status
    if status is None:
        return None
    name, key = str(status.get("cacheName") or ""), str(status.get("key") or "")
    _check_key(key)
    config_map = environment.config_map(name, namespace)
    if config_map is None:
        config_map = environment.config_maps[namespace, name] = ConfigMap(name, namespace)
    else:
        _check_label(config_map)
    config_map.labels = {CONFIG_MAP_TYPE_LABEL: _CACHE}
    moment = rfc3339(now)
    entry = {
        "nodeID": node.id,
        "outputs": None if node.outputs is None else decode(node.outputs.to_json(), _OUTPUTS),
        "creationTimestamp": moment,
        "lastHitTimestamp": moment,
    }
    config_map.data[key] = to_text(entry)
    return SaveCache(name, key, entry)


def _cache_name(memoize: Mapping[str, Json]) -> str:
    return str(((memoize.get("cache") or {}).get("configMap") or {}).get("name") or "")


def _load(
    environment: Environment, namespace: str, name: str, key: str, now: float
) -> tuple[dict[str, Json], SaveCache | None]:
    _check_key(key)
    config_map = environment.config_map(name, namespace)
    if config_map is None:
        return {}, None
    _check_label(config_map)
    text = config_map.data.get(key)
    if not text:
        return {}, None
    entry = {**_parse(text), "lastHitTimestamp": rfc3339(now)}
    config_map.data[key] = to_text(entry)
    return entry, SaveCache(name, key, entry)


def _parse(text: str) -> dict[str, Json]:
    malformed = "malformed cache entry: could not unmarshal JSON; unable to parse: "
    try:
        data = json.loads(text)
        if not isinstance(data, dict):
            raise NodeError(f"{malformed}json: cannot unmarshal into Go value of type cache.Entry")
        outputs = data.get("outputs")
        created = data.get("creationTimestamp")
        return {
            "nodeID": str(data.get("nodeID") or ""),
            "outputs": None if outputs is None else decode(outputs, _OUTPUTS),
            "creationTimestamp": None if created is None else rfc3339(parse_rfc3339(str(created))),
        }
    except (json.JSONDecodeError, ManifestError) as error:
        raise NodeError(malformed + str(error)) from error


def _is_young(entry: Mapping[str, Json], max_age: int, now: float) -> bool:
    if not entry:
        return False
    created = entry.get("creationTimestamp")
    return created is not None and now - parse_rfc3339(str(created)) <= max_age / _SECOND


def _nanoseconds(max_age: str) -> int:
    try:
        return duration.parse(max_age)
    except ExpressionError as error:
        raise NodeError(f"invalid maxAge: {error.message}") from error


def _check_key(key: str) -> None:
    if not _KEY.match(key):
        raise NodeError(f"invalid cache key: {key}")


def _check_label(config_map: ConfigMap) -> None:
    label = config_map.labels.get(CONFIG_MAP_TYPE_LABEL)
    if label is None:
        problem = f"memoization configmap doesn't have {CONFIG_MAP_TYPE_LABEL} label"
    elif label != _CACHE:
        problem = f"memoization configmap doesn't have label {CONFIG_MAP_TYPE_LABEL} = {_CACHE}"
    else:
        return
    raise NodeError(f"{problem}, refusing to use it")
