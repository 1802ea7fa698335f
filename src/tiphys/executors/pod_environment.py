"""Environment variables and commands of containers, as the kubelet resolves them.

Values come from the container's `env` and `envFrom`, from ConfigMaps, Secrets, the pod's own fields;
`$(NAME)` is replaced in values, commands and arguments, `$$` is one `$`.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from typing import Any, Final

from tiphys.errors import ExecutorError
from tiphys.executors.port import Attempt, Surroundings
from tiphys.executors.quantities import bytes_of, cores_of

Json = Any

PASSED_ON: Final = frozenset(
    {"PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"}
    | {f"{name}_{end}" for name in ("http", "https", "no", "all") for end in ("proxy",)}
    | {f"{name}_PROXY" for name in ("HTTP", "HTTPS", "NO", "ALL")}
)
"""Variables of this process that every container gets; and those that begin with `LC_`."""

_REFERENCE: Final = re.compile(r"\$(\$|\(([^)]*)\))")
_NAME: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]*$")
_LABEL: Final = re.compile(r"^metadata\.(labels|annotations)\['(.*)'\]$")


def passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What every container gets of this process's variables."""
    return {name: value for name, value in environ.items() if name in PASSED_ON or name.startswith("LC_")}


def environment(container: Mapping[str, Json], attempt: Attempt, surroundings: Surroundings) -> dict[str, str]:
    """The variables that a container declares; only these are known to `$(NAME)`."""
    declared: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        declared |= _all_of(source, surroundings)
    for variable in container.get("env") or []:
        name = str(variable.get("name", ""))
        if not _NAME.fullmatch(name):
            raise ExecutorError(f"{name!r} is not the name of an environment variable")
        value = _value(variable, container, attempt, surroundings)
        if value is not None:
            declared[name] = expanded(value, declared)
    for name, value in declared.items():
        if "\0" in value:
            raise ExecutorError(f"environment variable {name} holds a NUL")
    return declared


def expanded(text: str, values: Mapping[str, str]) -> str:
    """A text with `$(NAME)` replaced; unknown names stay.

    >>> expanded("$(A) $(B) $$(A)", {"A": "1"})
    '1 $(B) $(A)'
    """
    if "$" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        return values.get(match[2], match[0])

    return _REFERENCE.sub(replace, text)


def command(container: Mapping[str, Json], values: Mapping[str, str]) -> list[str]:
    """The command and arguments of a container."""
    words = [*(container.get("command") or []), *(container.get("args") or [])]
    argv = [expanded(str(word), values) for word in words]
    for word in argv:
        if "\0" in word:
            raise ExecutorError(f"an argument of container {container.get('name', '')} holds a NUL")
    return argv


def _all_of(source: Mapping[str, Json], surroundings: Surroundings) -> dict[str, str]:
    prefix = str(source.get("prefix") or "")
    for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
        if (reference := source.get(field)) is not None:
            objects = surroundings.config_maps if kind == "ConfigMap" else surroundings.secrets
            found = objects.get(str(reference.get("name", "")))
            if found is None and not reference.get("optional"):
                raise _missing(kind, reference)
            return {f"{prefix}{key}": value for key, value in (found or {}).items()}
    return {}


def _value(
    variable: Mapping[str, Json], container: Mapping[str, Json], attempt: Attempt, surroundings: Surroundings
) -> str | None:
    source = variable.get("valueFrom")
    if not source:
        return str(variable.get("value") or "")
    if reference := source.get("fieldRef"):
        return field_value(str(reference.get("fieldPath", "")), attempt, surroundings)
    if reference := source.get("resourceFieldRef"):
        return resource_value(reference, container)
    for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
        if (reference := source.get(field)) is not None:
            objects = surroundings.config_maps if kind == "ConfigMap" else surroundings.secrets
            found = objects.get(str(reference.get("name", "")))
            value = None if found is None else found.get(str(reference.get("key", "")))
            if value is None and not reference.get("optional"):
                raise _missing(kind, reference)
            return value
    raise ExecutorError(f"the source of environment variable {variable.get('name')} is not known")


def _missing(kind: str, reference: Mapping[str, Json]) -> ExecutorError:
    key = f" with key {reference['key']}" if "key" in reference else ""
    return ExecutorError(
        f"{kind} {reference.get('name', '')}{key} does not exist",
        remedy=f"add the {kind} to the manifest as a further document",
    )


def field_value(path: str, attempt: Attempt, surroundings: Surroundings) -> str:
    """A field of the pod, by the downward API's path."""
    start = attempt.start
    if match := _LABEL.match(path):
        return (start.labels if match[1] == "labels" else start.annotations).get(match[2], "")
    node = os.uname().nodename
    known = {
        "metadata.name": start.pod_name,
        "metadata.namespace": surroundings.namespace,
        "metadata.uid": attempt.token,
        "metadata.labels": _pairs(start.labels),
        "metadata.annotations": _pairs(start.annotations),
        "spec.nodeName": node,
        "spec.serviceAccountName": str(start.spec.get("serviceAccountName") or "default"),
        "status.podIP": "127.0.0.1",
        "status.podIPs": "127.0.0.1",
        "status.hostIP": "127.0.0.1",
        "status.hostIPs": "127.0.0.1",
    }
    if path not in known:
        raise ExecutorError(f"field {path!r} of a pod is not known")
    return known[path]


def _pairs(values: Mapping[str, str]) -> str:
    return "".join(f'{key}="{value}"\n' for key, value in sorted(values.items()))


def resource_value(reference: Mapping[str, Json], container: Mapping[str, Json]) -> str:
    """A request or limit of the container, in units of the divisor, rounded up."""
    side, _, name = str(reference.get("resource", "")).partition(".")
    given = ((container.get("resources") or {}).get(side) or {}).get(name)
    divisor = str(reference.get("divisor") or "1")
    if name == "cpu":
        whole = cores_of(str(given)) if given is not None else float(os.cpu_count() or 1)
        return str(math.ceil(whole / (cores_of(divisor) or 1)))
    whole = bytes_of(str(given)) if given is not None else 0
    return str(math.ceil(whole / (bytes_of(divisor) or 1)))
