"""A pod template in the making: what it is made from, and what it has so far."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tiphys.compiler.artifact_root import ArtifactRoot
from tiphys.compiler.lowered import Call, Handed
from tiphys.compiler.transport import structure
from tiphys.ir.model import Component, Container

Json = Any


@dataclass(frozen=True, slots=True)
class Pod:
    """What a pod template is made from."""

    where: str
    name: str
    component: Component
    container: Container
    call: Call
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    root: ArtifactRoot
    sdk_version: str


@dataclass(slots=True)
class Body:
    """A template in the making: Argo's fields, the patch of the pod, and what it hands out."""

    fields: dict[str, Json] = field(default_factory=dict)
    container: dict[str, Json] = field(default_factory=dict)
    container_patch: dict[str, Json] = field(default_factory=dict)
    pod_patch: dict[str, Json] = field(default_factory=dict)
    outputs: dict[str, Handed] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)

    def finish(self) -> dict[str, Json]:
        """The fields of the template, in the order in which people read them."""
        done = dict(self.fields)
        patch = dict(self.pod_patch)
        if self.container_patch:
            patch["containers"] = [{"name": "main", **self.container_patch}]
        if patch:
            done["podSpecPatch"] = structure(patch).field
        done["container"] = self.container
        return done


def digest(body: Mapping[str, Json]) -> str:
    """A short word for what a template does, for keys of caches."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
