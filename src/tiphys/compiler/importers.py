"""Importers run no pod: the artifact is known by its URI, and its consumer fetches it.

So does the consumer of an artifact that is to be downloaded into the workspace: it finds the content at
the artifact's path all the same. Nothing remembers imports, so each is what KFP calls a reimport.
"""

from __future__ import annotations

from typing import Any

from tiphys.compiler.emit.runtime_artifact import runtime_artifact
from tiphys.compiler.lowered import ARTIFACTS, ELSEWHERE, Flag, Source, scheme_flags
from tiphys.compiler.placeholders import has_placeholders
from tiphys.compiler.scope import Scope
from tiphys.compiler.transport import decode, structure, whole_numbers
from tiphys.errors import CompileError, Unsupported
from tiphys.ir.model import Component, Importer, ParameterArgument, RuntimeValue, Task

Json = Any


def imported(importer: Importer, component: Component, task: Task, name: str, scope: Scope) -> dict[str, Source]:
    """The artifact of an importer as its consumers are given it, by the name of the output."""
    where = f"{scope.name}/{name}"
    uri = _uri(importer, component, task, name, scope)
    if uri.known is not None:
        _check(uri.known[0], where)
    metadata = _metadata(importer, task, name, scope)
    [output] = component.output_definitions.artifacts or [""]
    type = importer.type_schema
    if importer.properties or importer.custom_properties:
        raise Unsupported(
            f"{where}: `properties` and `customProperties` of an importer are not read",
            remedy="Give them as `metadata`.",
        )
    artifact = {**runtime_artifact(output, type, uri.value, {}), "metadata": metadata}
    return {output: Source(structure([artifact]), ARTIFACTS, (uri.flags & ELSEWHERE) | {Flag.FOREIGN})}


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


def _check(uri: Json, where: str) -> None:
    """A URI that only the run knows is taken for one of the kind that its default is of."""
    if not scheme_flags(uri) and not str(uri).startswith(("s3://", "minio://")):
        raise Unsupported(
            f"{where}: Argo cannot fetch `{uri}`",
            remedy="Import from s3://, gs://, http(s):// or oci://.",
        )


def _metadata(importer: Importer, task: Task, name: str, scope: Scope) -> Json:
    metadata = whole_numbers(dict(importer.metadata))
    if not has_placeholders(metadata):
        return metadata
    source = scope.constant(metadata, name, task.inputs.parameters)
    return source.value if source.known is None else decode(source.value.field)
