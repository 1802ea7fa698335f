"""Every way of writing a Kubernetes object, as plain data under Argo's own field names.

Accepted: models of the `kubernetes` client, Hera's and other pydantic models, dicts, YAML text. A value
of a pipeline (a parameter, an output) inside becomes the Argo tag of an input of the task.
"""

from __future__ import annotations

import datetime
import enum
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml
from kfp.dsl import pipeline_channel

from tiphys.authoring.caller import refuse

EXACT = 2**53
"""The IR carries numbers as doubles: whole numbers beyond this travel as text."""

Binder = Callable[[Any], str]
"""Turns a pipeline channel into the Argo tag that yields its value."""

_DEPTH = 64


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a daemon's pod, to be put into a setting of a task that uses it."""

    daemon: Any


def no_channels(channel: Any) -> str:
    """The binder of places where no value of the pipeline can go."""
    name = channel.daemon.name if isinstance(channel, Address) else channel.full_name
    raise refuse(
        f"`{name}` is a value of the run, which cannot go into this setting",
        remedy="Give a constant, or make the setting on a component task.",
    )


def plain(value: Any, bind: Binder = no_channels) -> Any:
    """`value` as plain data; nulls of models are left out, nulls that were written stay."""
    return _plain(value, bind, 0)


def plain_object(value: Any, what: str, bind: Binder = no_channels) -> dict[str, Any]:
    """One Kubernetes object: a model, a dict or YAML text; `what` names it in messages."""
    data = plain(_read(value, what), bind)
    if not isinstance(data, dict):
        raise refuse(f"{what} must be an object, not {_describe(data)}")
    return data


def plain_objects(values: Iterable[Any], what: str, bind: Binder = no_channels) -> list[dict[str, Any]]:
    """Several objects, each given by itself or as a list or as YAML text that holds a list."""
    found: list[dict[str, Any]] = []
    for value in values:
        read = _read(value, what)
        items = read if isinstance(read, (list, tuple)) else [read]
        found.extend(plain_object(item, what, bind) for item in items)
    return found


def _read(value: Any, what: str) -> Any:
    return yaml_text(value, what) if isinstance(value, str) else value


def yaml_text(text: str, what: str) -> Any:
    """The data in a YAML text; `what` names it in messages."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise refuse(f"{what}: the text is not YAML: {error}") from None


def _plain(value: Any, bind: Binder, depth: int) -> Any:
    if depth > _DEPTH:
        raise refuse("an object nested this deep cannot be a Kubernetes object")
    if isinstance(value, (pipeline_channel.PipelineChannel, Address)):
        return bind(value)
    if isinstance(value, enum.Enum):
        return _plain(value.value, bind, depth + 1)
    if value is None or isinstance(value, (bool, str, int, float)):
        return _scalar(value, bind)
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, bind, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, bind, depth + 1) for item in value]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return _plain(_fields(value), bind, depth + 1)


def _scalar(value: Any, bind: Binder) -> Any:
    if isinstance(value, str):
        return _with_tags(value, bind)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise refuse(f"{value} is not a number that YAML and JSON can carry")
    return value


def _with_tags(text: str, bind: Binder) -> str:
    """`text` with each channel that an f-string put there replaced by its tag."""
    if "{{channel:" not in text:
        return text
    for channel in pipeline_channel.extract_pipeline_channels_from_any(text):
        text = text.replace(channel.pattern, bind(channel))
    return text


def _fields(model: Any) -> Mapping[str, Any]:
    """The fields of a client's model that are set, under the names that the API uses."""
    names = getattr(model, "attribute_map", None)
    if isinstance(names, Mapping):
        fields = {api: getattr(model, attribute) for attribute, api in names.items()}
        return {api: item for api, item in fields.items() if item is not None}
    if hasattr(model, "model_dump"):
        return cast("Mapping[str, Any]", model.model_dump(by_alias=True, exclude_none=True))
    if hasattr(model, "dict") and hasattr(model, "__fields__"):
        return cast("Mapping[str, Any]", model.dict(by_alias=True, exclude_none=True))
    raise refuse(
        f"{type(model).__module__}.{type(model).__qualname__} is not a Kubernetes object",
        remedy="Give a model of the `kubernetes` client, a dict or YAML text.",
    )


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise refuse(f"{key!r} cannot be the name of a field")
    return key


def _describe(data: Any) -> str:
    return "nothing" if data is None else f"`{str(data)[:60]}`"
