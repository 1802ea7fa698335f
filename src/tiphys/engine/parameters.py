"""Parameters as Argo holds them: every value is a text, and a list of them has one JSON form.

https://github.com/argoproj/argo-workflows/blob/main/pkg/apis/workflow/v1alpha1/anystring.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from tiphys.engine.environment import CONFIG_MAP_TYPE_LABEL, Environment
from tiphys.errors import NodeError
from tiphys.expressions.go_format import json_string, plain_float, sprint, to_json
from tiphys.messages.outputs import Json

_FIELDS: Final = ("name", "default", "value", "valueFrom", "globalName", "enum", "description")
_TEXTS: Final = frozenset({"default", "value", "description"})


class NotFound(NodeError):
    """A ConfigMap or its key is not there: a default may stand in."""


def any_string(value: Json) -> str:
    """The text of a parameter's value as Argo's AnyString reads it from JSON.

    >>> any_string(1.0), any_string(True), any_string("a")
    ('1', 'true', 'a')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return plain_float(float(value))
    return ""


def printed(value: Json) -> str:
    """The text of a computed value (ParseAnyString: Go's `%v`)."""
    return value if isinstance(value, str) else sprint(value)


def parameters_json(parameters: Iterable[Mapping[str, Json]]) -> str:
    """What `{{inputs.parameters}}` and `{{workflow.parameters}}` stand for: Go's JSON of the structs."""
    shown = []
    for parameter in parameters:
        fields = []
        for field in _FIELDS:
            if field not in parameter or parameter[field] is None:
                continue
            value = parameter[field]
            if field in _TEXTS:
                fields.append(f'"{field}":{json_string(any_string(value))}')
            elif field == "enum":
                fields.append('"enum":[' + ",".join(json_string(any_string(each)) for each in value) + "]")
            elif field == "name":
                fields.append(f'"name":{json_string(str(value))}')
            elif value:
                fields.append(f'"{field}":{to_json(value)}')
        shown.append("{" + ",".join(fields) + "}")
    return "[" + ",".join(shown) + "]"


def config_map_value(environment: Environment, namespace: str, name: str, key: str) -> str:
    """A value of a ConfigMap of type Parameter (common.GetConfigMapValue)."""
    config_map = environment.config_map(name, namespace)
    if config_map is None:
        raise NotFound(
            f"ConfigMap '{name}' does not exist. Please make sure it has the label "
            f"{CONFIG_MAP_TYPE_LABEL}: Parameter to be detectable by the controller"
        )
    if config_map.labels.get(CONFIG_MAP_TYPE_LABEL) != "Parameter":
        raise NodeError(
            f"ConfigMap '{name}' needs to have the label {CONFIG_MAP_TYPE_LABEL}: Parameter to load parameters"
        )
    if key not in config_map.data:
        raise NotFound(f"ConfigMap '{name}' does not have the key '{key}'")
    return config_map.data[key]
