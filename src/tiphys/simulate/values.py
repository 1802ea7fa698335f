"""What stands in a pod's output files: what was scripted, else something of the right kind.

Argo knows only text. A compiled pipeline knows more: types, and that values travel as JSON. There a
number nobody scripted is 0, a boolean false, an object empty, and a list has two texts, so that loops over
it are seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from tiphys.compiler import transport
from tiphys.ir.reading import Ir
from tiphys.loading.arguments import as_argo_text
from tiphys.messages import component
from tiphys.messages.decisions import StartPod

_ODD: Final = re.compile(r"[^A-Za-z0-9]")
_NUMBERED: Final = re.compile(r"-\d+\Z")


class Values(Protocol):
    """How the output files of pods are filled."""

    def default(self, start: StartPod, display_name: str, name: str) -> str:
        """The text of an output parameter that nobody scripted."""

    def text(self, start: StartPod, name: str, value: object) -> str:
        """The text of an output parameter that has this value."""


def default_text(display_name: str, parameter: str = "") -> str:
    """The value of an output of which nothing is known.

    >>> default_text("train(0:a)", "loss")
    'out_train_0_a__loss'
    """
    name = f"{display_name}_{parameter}" if parameter else display_name
    return "out_" + _ODD.sub("_", name)


class PlainValues:
    """The outputs of any manifest: texts."""

    def default(self, start: StartPod, display_name: str, name: str) -> str:
        """A text that tells where it comes from."""
        return default_text(display_name, name)

    def text(self, start: StartPod, name: str, value: object) -> str:
        """A text as it is, all else as JSON."""
        return as_argo_text(value)


class PipelineValues:
    """The outputs of components of a compiled pipeline, by their types."""

    def __init__(self, ir: Ir) -> None:
        self._components = ir.spec.components

    def default(self, start: StartPod, display_name: str, name: str) -> str:
        """Something of the output's type; for an artifact what KFP would hand on."""
        outputs = _declared(start)
        if outputs is None:
            kind = self._type(start, name)
            value = _something(kind, default_text(display_name, name))
            return as_argo_text(value)
        artifact = (outputs.get("artifacts") or {}).get(name)
        if artifact is not None:
            return transport.encode(artifact.get("artifacts") or [])
        kind = ((outputs.get("parameters") or {}).get(name) or {}).get("parameterType", "STRING")
        return transport.encode(_something(kind, default_text(display_name, name)))

    def text(self, start: StartPod, name: str, value: object) -> str:
        """JSON where the component hands out JSON; container components write their own texts."""
        return as_argo_text(value) if _declared(start) is None else transport.encode(value)

    def _type(self, start: StartPod, name: str) -> str:
        template = str(start.template.get("name", ""))
        for known in (f"comp-{template}", f"comp-{_NUMBERED.sub('', template)}"):
            found = self._components.get(known)
            if found is not None and name in found.output_definitions.parameters:
                return found.output_definitions.parameters[name].parameter_type
        return "STRING"


def _declared(start: StartPod) -> Mapping[str, Any] | None:
    """The outputs that KFP's executor input names; None if the pod gets none."""
    for container in start.containers:
        arguments = container.get("args") or []
        if container.get("name") == "main" and "--executor_input" in arguments:
            try:
                return component.executor_input(arguments).get("outputs") or {}
            except json.JSONDecodeError:  # a value in it was not to be had
                return {}
    return None


def _something(kind: str, text: str) -> object:
    made: dict[str, object] = {
        "NUMBER_INTEGER": 0,
        "NUMBER_DOUBLE": 0.0,
        "BOOLEAN": False,
        "STRUCT": {},
        "LIST": [f"{text}_0", f"{text}_1"],
    }
    return made.get(kind, text)
