"""`argo.env`, `argo.env_from`: the environment of a container, from anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfp.dsl import pipeline_channel

from tiphys.authoring.fields import typed_objects
from tiphys.authoring.settings import add_to_container, binder_of


def env(task: Any, *variables: Any, **values: Any) -> Any:
    """Set variables in the environment of the main container of `task`. Calls add up.

    By name: a constant, a parameter of the pipeline or an output of a task, or where the value comes from
    (`secretKeyRef`, `configMapKeyRef`, `fieldRef`, `resourceFieldRef`). Or as models, dicts, YAML text.

    https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/

    Example:
        first = clean()
        argo.env(
            train(rate=0.1),
            client.V1EnvVar(name="MODE", value="fast"),
            LEVEL=3,
            TOKEN={"secretKeyRef": {"name": "api", "key": "token"}},
            POD={"fieldRef": {"fieldPath": "metadata.name"}},
        )
        del first

    Returns `task`.
    """
    named = [{"name": name, **_source(value)} for name, value in values.items()]
    found = typed_objects([*variables, *named], "v1.EnvVar", "a variable", binder_of(task))
    return add_to_container(task, "argo.env", {"env": found})


def env_from(task: Any, *sources: Any) -> Any:
    """Put every key of ConfigMaps and Secrets into the environment of `task`. Calls add up.

    https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/

    Example:
        argo.env_from(train(rate=0.1), {"secretRef": {"name": "api"}}, {"configMapRef": {"name": "settings"}})

    Returns `task`.
    """
    found = typed_objects(sources, "v1.EnvFromSource", "a source of variables", binder_of(task))
    return add_to_container(task, "argo.env_from", {"envFrom": found})


def _source(value: Any) -> dict[str, Any]:
    if isinstance(value, pipeline_channel.PipelineChannel) or not isinstance(value, Mapping):
        return {"valueFrom": value} if hasattr(value, "attribute_map") else {"value": value}
    return {"valueFrom": value}
