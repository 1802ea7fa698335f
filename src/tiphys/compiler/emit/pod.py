"""The template of a component that runs a pod: a Python component or any container.

Inputs arrive as JSON texts. A Python component gets them as KFP's ExecutorInput, made of those texts by
concatenation; a container as the arguments that its placeholders ask for. What is only known when the pod
starts and has no place in the container goes into `podSpecPatch`.
"""

from __future__ import annotations

from typing import Any

from tiphys.compiler import placeholders
from tiphys.compiler.emit.body import Body, Pod
from tiphys.compiler.emit.command import PodNames, arguments, text
from tiphys.compiler.emit.pod_inputs import inputs
from tiphys.compiler.emit.pod_outputs import outputs
from tiphys.compiler.emit.pod_placeholders import pod_names
from tiphys.compiler.emit.resources import resources
from tiphys.compiler.epilogue import around
from tiphys.compiler.placeholders import Placeholder
from tiphys.compiler.python_component import PythonCommand, python_command
from tiphys.compiler.transport import path
from tiphys.errors import Unsupported
from tiphys.messages.component import ANNOTATION, annotation

Json = Any


def pod(given: Pod) -> Body:
    """The template of a component that runs a pod."""
    body = Body()
    container = given.container
    if container.lifecycle is not None and container.lifecycle.pre_cache_check is not None:
        raise Unsupported(
            f"{given.where}: `lifecycle.preCacheCheck` has nothing in Argo that stands for it",
            remedy="Do the check in the component.",
        )
    handed = given.component.output_definitions
    lines = around(parameters=bool(handed.parameters), artifacts=bool(handed.artifacts))
    python = python_command(container.command, container.args, given.sdk_version, lines, given.where)
    if python is not None:
        body.fields["metadata"] = {"annotations": {ANNOTATION: annotation(python.component)}}
    inputs(given, body)
    outputs(given, body, python=python is not None)
    known = pod_names(given)
    _command(given, body, known, python)
    _environment(given, body, known)
    resources(container.resources, body.container, body.container_patch, known)
    return body


def _command(given: Pod, body: Body, known: PodNames, python: PythonCommand | None) -> None:
    container = given.container
    plain, image = text(container.image, known)
    if plain is not None:
        body.container["image"] = plain
    elif len(parts := placeholders.parts(container.image)) == 1 and isinstance(parts[0], Placeholder):
        name = known.parameters[parts[0].parameter][0]
        body.container["image"] = "{{=fromJSON(" + path("inputs", "parameters", name) + ")}}"
    else:
        body.container["image"] = "{{=fromJSON(" + image.expression + ")}}"
    if python is not None:
        body.container["command"] = list(python.command)
    else:
        _put(body, "command", container.command, known)
    _put(body, "args", container.args, known)


def _put(body: Body, name: str, texts: list[str], known: PodNames) -> None:
    if not texts:
        return
    found = arguments(texts, known)
    if found.plain is not None:
        body.container[name] = found.plain
    else:
        body.container_patch[name] = found.patch


def _environment(given: Pod, body: Body, known: PodNames) -> None:
    plain: list[Json] = []
    patch: list[Json] = []
    for variable_ in given.container.env:
        value, quoted = text(variable_.value, known)
        if value is None:
            patch.append({"name": variable_.name, "value": quoted})
        else:
            plain.append({"name": variable_.name, "value": value})
    if plain:
        body.container["env"] = plain
    if patch:
        body.container_patch["env"] = patch
