"""What a pod hands back: the status of its containers and the outputs it reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Json = Any
"""A JSON value: None, bool, int, float, str, list or dict with str keys."""


class ContainerStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one container of a pod ended (`exit_code` is None while it runs or if it never did)."""

    name: str
    exit_code: int | None = None
    reason: str = ""
    message: str = ""


class Outputs(msgspec.Struct, omit_defaults=True):
    """Outputs of a node, as in Argo's NodeStatus.

    `parameters` and `artifacts` hold Argo's own objects: a parameter is a dict with `name`, `value`
    (absent when there is none) and the fields it was declared with.
    """

    parameters: list[dict[str, Json]] = []
    artifacts: list[dict[str, Json]] = []
    result: str | None = None
    exit_code: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Argo's own JSON of the outputs, without what is not there."""
        fields = {
            "parameters": self.parameters,
            "artifacts": self.artifacts,
            "result": self.result,
            "exitCode": self.exit_code,
        }
        return {name: value for name, value in fields.items() if value not in (None, [])}

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> Outputs:
        """The outputs of which `data` is Argo's JSON."""
        return cls(
            parameters=list(data.get("parameters") or ()),
            artifacts=list(data.get("artifacts") or ()),
            result=data.get("result"),
            exit_code=data.get("exitCode"),
        )


class PodStatus(msgspec.Struct, omit_defaults=True):
    """The end, or the present state, of a pod as the kubelet and the executor would report it.

    `phase` is the pod's: Pending, Running, Succeeded, Failed. `message` and `reason` are the pod's
    own (evicted, deadline …). `containers` has one entry per container of the pod; the container
    named `wait` stands for the part of the executor that saves outputs. `outputs` is what was
    reported, also by failed pods.
    """

    phase: str
    message: str = ""
    reason: str = ""
    containers: list[ContainerStatus] = []
    init_containers: list[ContainerStatus] = []
    outputs: Outputs | None = None
    pod_ip: str = ""
    host: str = ""
    progress: str = ""
