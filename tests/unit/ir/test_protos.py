"""The structures against the SDK's own protos: no field of a pipeline is unknown to us."""

from __future__ import annotations

import typing
from typing import Any

import msgspec
import pytest
from google.protobuf.descriptor import Descriptor
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes
from kfp.pipeline_spec import pipeline_spec_pb2 as pipeline

from tiphys.ir.model import DeploymentSpec, PipelineSpec
from tiphys.ir.platform_kubernetes import KubernetesExecutor, KubernetesPlatform

MESSAGES = [
    (pipeline.PipelineSpec.DESCRIPTOR, PipelineSpec),
    (pipeline.PipelineDeploymentConfig.DESCRIPTOR, DeploymentSpec),
    (pipeline.SinglePlatformSpec.DESCRIPTOR, KubernetesPlatform),
    (kubernetes.KubernetesExecutorConfig.DESCRIPTOR, KubernetesExecutor),
]


@pytest.mark.parametrize(("message", "struct"), MESSAGES, ids=[struct.__name__ for _, struct in MESSAGES])
def test_every_field_is_known(message: Descriptor, struct: type[msgspec.Struct]) -> None:
    assert unknown(message, struct, message.name, set()) == []


def unknown(message: Descriptor, struct: type[msgspec.Struct], path: str, seen: set[Any]) -> list[str]:
    if (message.full_name, struct) in seen:
        return []
    seen.add((message.full_name, struct))
    known = {field.encode_name: field.type for field in msgspec.structs.fields(struct)}
    found = []
    for field in message.fields:
        here = f"{path}.{field.json_name}"
        if field.json_name not in known:
            found.append(here)
            continue
        inner = field.message_type
        if inner is not None and inner.GetOptions().map_entry:
            inner = inner.fields_by_name["value"].message_type
        if inner is not None and not inner.full_name.startswith("google.protobuf"):
            for each in structs(known[field.json_name]):
                found += unknown(inner, each, here, seen)
    return found


def structs(type_: Any) -> list[type[msgspec.Struct]]:
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return [type_]
    return [each for argument in typing.get_args(type_) for each in structs(argument)]
