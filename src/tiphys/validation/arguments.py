"""Arguments, and what a template becomes with them.

https://github.com/argoproj/argo-workflows/blob/v4.1.0/workflow/common/util.go (`ProcessArgs`)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tiphys.expressions.ambient import Ambient
from tiphys.expressions.tags import UnresolvedTag, replace_tree
from tiphys.manifest.encoding import encode, to_text
from tiphys.manifest.fields import TEMPLATE
from tiphys.validation.invalid import Invalid
from tiphys.validation.names import check_value_names
from tiphys.validation.placeholders import Placeholders

Json = Any

_SOME_WORLD = Ambient(time=0.0, seed=b"validation")
"""What expressions are told of time and chance; what they make of it is thrown away."""
_URL = re.compile(r"(?:[a-zA-Z][-+.a-zA-Z0-9]*:)?(?://[^/?#]*)?(?P<path>[^?#]*)")
_LOCATIONS = ("artifactory", "azure", "git", "gcs", "hdfs", "http", "oss", "raw", "s3", "plugin")
_NEEDED_FOR_A_LOCATION = {
    "azure": ("endpoint", "container", "blob"),
    "git": ("repo",),
    "gcs": ("bucket", "key"),
    "hdfs": ("addresses",),
    "http": ("url",),
    "oss": ("bucket", "endpoint", "key"),
    "raw": (),
    "s3": ("endpoint", "bucket", "key"),
    "plugin": ("name", "configuration", "key"),
    "artifactory": ("url", "usernameSecret"),
}
_KEYS = {"azure": "blob", "gcs": "key", "hdfs": "path", "oss": "key", "s3": "key", "plugin": "key"}
_NOT_ALLOWED_IN_ARGUMENTS = ("path", "jsonPath", "parameter", "expression")
_NOT_FROM_THE_ARGUMENT = ("path", "mode", "recurseMode")


class Arguments(Protocol):
    """What a template is called with."""

    def parameter(self, name: str) -> Mapping[str, Json] | None:
        """The parameter of that name."""

    def artifact(self, name: str) -> Mapping[str, Json] | None:
        """The artifact of that name."""


class GivenArguments:
    """Arguments as they are written."""

    def __init__(self, arguments: Mapping[str, Json]) -> None:
        self._parameters = named(arguments.get("parameters"))
        self._artifacts = named(arguments.get("artifacts"))

    def parameter(self, name: str) -> Mapping[str, Json] | None:
        """The parameter of that name."""
        return self._parameters.get(name)

    def artifact(self, name: str) -> Mapping[str, Json] | None:
        """The artifact of that name."""
        return self._artifacts.get(name)


class AnyArguments:
    """Whatever is asked for."""

    def __init__(self, placeholders: Placeholders) -> None:
        self._placeholders = placeholders

    def parameter(self, name: str) -> Mapping[str, Json] | None:
        """A parameter with an unknown value."""
        return {"name": name, "value": self._placeholders.next()}

    def artifact(self, name: str) -> Mapping[str, Json] | None:
        """An artifact from nowhere."""
        return {"name": name}


def named(items: Sequence[Json] | None) -> dict[str, dict[str, Json]]:
    """Parameters or artifacts by name; the first of a name counts."""
    found: dict[str, dict[str, Json]] = {}
    for item in items or []:
        found.setdefault((item or {}).get("name") or "", item or {})
    return found


def check_arguments(prefix: str, arguments: Mapping[str, Json], *, allow_empty: bool) -> None:
    """Refuse arguments with bad names, without values, or with values from where none can come."""
    for kind in ("parameters", "artifacts"):
        try:
            check_value_names((item or {}).get("name") or "" for item in arguments.get(kind) or [])
        except Invalid as error:
            raise error.under(f"{prefix}{kind}") from None
    for parameter in arguments.get("parameters") or []:
        if not _check_parameter(f"{prefix}{parameter['name']}", parameter, allow_empty=allow_empty):
            return  # Argo looks at nothing more, not even at artifacts
    for artifact in arguments.get("artifacts") or []:
        name = f"{prefix}{artifact['name']}"
        if not artifact.get("from") and not has_location_or_key(artifact):
            raise Invalid(f"{name}.from, artifact location, or key is required")
        if artifact.get("from") and artifact.get("fromExpression"):
            raise Invalid(f"{name} shouldn't have both `from` and `fromExpression` in Artifact")


def _check_parameter(name: str, parameter: Mapping[str, Json], *, allow_empty: bool) -> bool:
    value, source, choices = parameter.get("value"), parameter.get("valueFrom"), parameter.get("enum")
    if source is None and value is None and not allow_empty:
        raise Invalid(f"{name}.value or {name}.valueFrom is required")
    if source is not None:
        is_known = source.get("configMapKeyRef") is not None or source.get("supplied") is not None
        is_known = is_known or bool(source.get("event"))
        if not is_known or any(source.get(other) for other in _NOT_ALLOWED_IN_ARGUMENTS):
            raise Invalid(f"{name}.valueFrom only allows: default, configMapKeyRef and supplied")
    if choices is not None:
        if not choices:
            raise Invalid(f"{name}.enum should contain at least one value")
        if value is None:
            if allow_empty:
                return False
            raise Invalid(f"{name}.value is required")
        if value not in ["" if choice is None else choice for choice in choices]:
            raise Invalid(f"{name}.value should be present in {name}.enum list")
    return True


def has_location_or_key(artifact: Mapping[str, Json]) -> bool:
    """True if the artifact says where it lies, or at least under which key."""
    kind = next((name for name in _LOCATIONS if artifact.get(name) is not None), "")
    if not kind:
        return False
    location = artifact[kind]
    if all(location.get(part) for part in _NEEDED_FOR_A_LOCATION[kind]):
        return True
    if kind == "artifactory":
        return bool(_path_of(location.get("url") or ""))
    return bool(location.get(_KEYS.get(kind, "")))


def _path_of(url: str) -> str:
    found = _URL.match(url)
    return found["path"] if found else ""


def with_arguments(
    template: Mapping[str, Json], arguments: Arguments, values: Mapping[str, str]
) -> dict[str, Json]:
    """The template as it is with these arguments; what only the run knows is left in its tags."""
    filled = {**template, "inputs": supplied_inputs(template.get("inputs") or {}, arguments)}
    try:
        once = replace_tree(encode(filled, TEMPLATE), values, allow_unresolved=True, ambient=_SOME_WORLD)
        all_values = {**values, **_own_values(once)}
        result: dict[str, Json] = replace_tree(once, all_values, allow_unresolved=True, ambient=_SOME_WORLD)
    except UnresolvedTag as error:
        raise Invalid(error.message) from None
    return result


def supplied_inputs(inputs: Mapping[str, Json], arguments: Arguments) -> dict[str, Json]:
    """The inputs of a template with what the arguments give; refuses what is not supplied."""
    parameters = [_supplied(parameter or {}, arguments) for parameter in inputs.get("parameters") or []]
    artifacts = []
    for artifact in inputs.get("artifacts") or []:
        given = arguments.artifact((artifact or {}).get("name") or "")
        if given is None and not artifact.get("optional") and not has_location_or_key(artifact):
            raise Invalid(f"inputs.artifacts.{artifact.get('name') or ''} was not supplied")
        artifacts.append(artifact if given is None else _laid_over(artifact, given))
    return {"parameters": parameters, "artifacts": artifacts}


def _supplied(parameter: Mapping[str, Json], arguments: Arguments) -> dict[str, Json]:
    result = dict(parameter)
    if result.get("value") is None and result.get("default") is not None:
        result["value"] = result["default"]
    given = arguments.parameter(result.get("name") or "")
    if given is not None:
        result["value"] = given.get("value")
        result["valueFrom"] = None if given.get("value") is not None else given.get("valueFrom")
    source = result.get("valueFrom") or {}
    if source.get("configMapKeyRef") is None and result.get("value") is None:
        raise Invalid(f"inputs.parameters.{result.get('name') or ''} was not supplied")
    return result


def _laid_over(artifact: Mapping[str, Json], given: Mapping[str, Json]) -> dict[str, Json]:
    own = {name: artifact[name] for name in _NOT_FROM_THE_ARGUMENT if name in artifact}
    return {**{name: part for name, part in given.items() if name not in _NOT_FROM_THE_ARGUMENT}, **own}


def _own_values(template: Mapping[str, Json]) -> dict[str, str]:
    """What a template says of itself: values of its inputs, paths of its inputs and outputs."""
    values: dict[str, str] = {}
    inputs, outputs = template.get("inputs") or {}, template.get("outputs") or {}
    for parameter in inputs.get("parameters") or []:
        name = parameter.get("name") or ""
        if parameter.get("value") is not None:
            values[f"inputs.parameters.{name}"] = parameter["value"]
        elif parameter.get("valueFrom") is None:
            raise Invalid(f"inputs.parameters.{name} had no value")
    values["inputs.parameters"] = to_text(inputs.get("parameters"))
    for where, part in (("inputs", inputs), ("outputs", outputs)):
        for artifact in part.get("artifacts") or []:
            if artifact.get("path"):
                values[f"{where}.artifacts.{artifact.get('name') or ''}.path"] = artifact["path"]
    for parameter in outputs.get("parameters") or []:
        if path := (parameter.get("valueFrom") or {}).get("path"):
            values[f"outputs.parameters.{parameter.get('name') or ''}.path"] = path
    return values
