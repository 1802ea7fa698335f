"""Importers run no pod: the artifact is known by its URI, and its consumer fetches it.

So does the consumer of an artifact that is to be downloaded into the workspace: it finds the content at
the artifact's path all the same.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tiphys.compiler.emit.pod import runtime_artifact
from tiphys.compiler.lowered import ARTIFACTS, NONE, Flag, Flags, Source
from tiphys.compiler.placeholders import has_placeholders
from tiphys.compiler.scope import Scope
from tiphys.compiler.transport import decode, structure, whole_numbers
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import Component, Importer, ParameterArgument, RuntimeValue, Task

Json = Any

_SCHEMES = {"s3": NONE, "minio": NONE, "gs": frozenset({Flag.GCS})}
_WEB = frozenset({Flag.HTTP})


def imported(
    importer: Importer, component: Component, task: Task, name: str, scope: Scope
) -> dict[str, Source]:
    """The artifact of an importer as its consumers are given it, by the name of the output."""
    where = f"{scope.name}/{name}"
    uri = _uri(importer, component, task, name, scope)
    flags = _scheme(uri, component, where)
    metadata = _metadata(importer, task, name, scope)
    [output] = component.output_definitions.artifacts or [""]
    type = importer.type_schema
    artifact = runtime_artifact(output, type, uri.value, {})
    artifact["metadata"] = metadata
    return {output: Source(structure([artifact]), ARTIFACTS, flags)}


def _uri(importer: Importer, component: Component, task: Task, name: str, scope: Scope) -> Source:
    given = importer.artifact_uri
    if given.runtime_parameter:
        argument = task.inputs.parameters.get(given.runtime_parameter)
        if argument is not None:
            return scope.parameter(argument, name, task.inputs.parameters, tolerant=False)
        spec = component.input_definitions.parameters.get(given.runtime_parameter)
        if spec is None or not spec.has_default:
            raise CompileError(f"{scope.name}/{name}: the importer is not given `{given.runtime_parameter}`")
        return scope.constant(spec.default_value, name, task.inputs.parameters)
    argument = ParameterArgument(runtime_value=RuntimeValue(given.constant, given.constant_value))
    return scope.parameter(argument, name, task.inputs.parameters, tolerant=False)


def _scheme(uri: Source, component: Component, where: str) -> Flags:
    """How Argo is to fetch it; of a URI that only the run knows, from the bucket of the run's artifacts."""
    if uri.known is None:
        return NONE
    text = uri.known[0]
    scheme = str(text).partition("://")[0] if isinstance(text, str) and "://" in text else ""
    if scheme in ("http", "https"):
        return _WEB
    if scheme in _SCHEMES:
        return _SCHEMES[scheme]
    raise Unsupported(
        f"{where}: Argo cannot fetch `{text}`",
        remedy="Import from s3://, gs:// or http(s)://.",
    )


def _metadata(importer: Importer, task: Task, name: str, scope: Scope) -> Json:
    metadata = whole_numbers(dict(importer.metadata))
    if not has_placeholders(metadata):
        return metadata
    source = scope.constant(metadata, name, task.inputs.parameters)
    return source.value if source.known is None else decode(source.value.field)


__all__ = ["imported", "msgspec"]
