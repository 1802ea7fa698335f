"""The variables that a template's own steps or tasks see: inputs, and what other steps or tasks left.

A scope holds texts, artifacts, and None for the output of a skipped node that has no default ("absent
optional"). https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/scope.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tiphys.engine import artifact_places
from tiphys.engine.parameters import any_string, printed
from tiphys.engine.run import Node
from tiphys.engine.times import rfc3339
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import expr, tags
from tiphys.expressions.ambient import NOTHING, Ambient
from tiphys.expressions.go_quote import quote
from tiphys.messages.outputs import Json, Outputs
from tiphys.messages.phases import NodePhase

ABSENT_ARGUMENT: Final = "__argo-internal.absent-optional-output__"
"""Stands for an argument that is nothing but a reference to an absent optional."""


class Scope:
    """Variables by dotted name. `prefix` is `tasks` or `steps`; `ambient` what expressions may ask besides."""

    __slots__ = ("ambient", "prefix", "skipped", "template", "values")

    def __init__(self, prefix: str, template: Mapping[str, Json] | None = None) -> None:
        self.prefix = prefix
        self.template = template
        self.ambient: Ambient = NOTHING
        self.values: dict[str, Any] = {}
        self.skipped: set[str] = set()
        inputs = (template or {}).get("inputs") or {}
        for parameter in inputs.get("parameters") or ():
            self.values[f"inputs.parameters.{parameter['name']}"] = any_string(parameter.get("value"))
        for artifact in inputs.get("artifacts") or ():
            self.values[f"inputs.artifacts.{artifact['name']}"] = artifact

    def copy(self) -> Scope:
        """A scope of its own with the same variables."""
        other = Scope(self.prefix)
        other.template = self.template
        other.values = dict(self.values)
        other.skipped = set(self.skipped)
        return other

    def parameters(self, workflow: Mapping[str, str] | None) -> dict[str, Any]:
        """Texts and absent optionals over the workflow's variables (getParametersAny)."""
        merged: dict[str, Any] = dict(workflow) if workflow else {}
        texts = {name: value for name, value in self.values.items() if value is None or isinstance(value, str)}
        return merged | texts

    # --- filling

    def set_status(self, name: str, node: Node) -> None:
        """`tasks.<name>.status`."""
        self.values[f"{self.prefix}.{name}.status"] = str(node.phase.value)

    def set_node(self, name: str, node: Node) -> None:
        """All that can be said of a step or task that has begun (buildLocalScope)."""
        head = f"{self.prefix}.{name}."
        values = self.values
        if node.id:
            values[head + "id"] = node.id
        if node.started_at is not None:
            values[head + "startedAt"] = rfc3339(node.started_at)
        if node.finished_at is not None:
            values[head + "finishedAt"] = rfc3339(node.finished_at)
        if node.pod_ip:
            values[head + "ip"] = node.pod_ip
        values[head + "status"] = str(node.phase.value)
        if node.host_node_name:
            values[head + "hostNodeName"] = node.host_node_name
        self._set_outputs(head, node.outputs)

    def _set_outputs(self, head: str, outputs: Outputs | None) -> None:
        if outputs is None:
            return
        values = self.values
        if outputs.result is not None:
            values[head + "outputs.result"] = outputs.result
        if outputs.exit_code is not None:
            values[head + "exitCode"] = outputs.exit_code
        for parameter in outputs.parameters:
            if parameter.get("value") is not None:
                values[f"{head}outputs.parameters.{parameter['name']}"] = any_string(parameter["value"])
        for artifact in outputs.artifacts:
            values[f"{head}outputs.artifacts.{artifact['name']}"] = artifact

    def set_exit_outputs(self, name: str, outputs: Outputs | None) -> None:
        """The outputs that the arguments of a hook see; without a value they are empty texts."""
        if outputs is None:
            return
        head = f"{self.prefix}.{name}.outputs."
        for parameter in outputs.parameters:
            value = parameter.get("value")
            self.values[f"{head}parameters.{parameter['name']}"] = "" if value is None else any_string(value)
        for artifact in outputs.artifacts:
            self.values[f"{head}artifacts.{artifact['name']}"] = artifact

    def set_skipped_node(self, name: str, node: Node, template: Mapping[str, Json] | None, *, artifacts: bool) -> None:
        """Declared outputs of a node that was skipped or omitted: its default, else absent."""
        if template is None or node.outputs is not None:
            return
        if node.phase not in (NodePhase.SKIPPED, NodePhase.OMITTED):
            return
        head = f"{self.prefix}.{name}.outputs."
        outputs = template.get("outputs") or {}
        for parameter in outputs.get("parameters") or ():
            variable = f"{head}parameters.{parameter['name']}"
            default = (parameter.get("valueFrom") or {}).get("default")
            if default is None:
                self.values[variable] = None
                self.skipped.add(variable)
            else:
                self.values[variable] = any_string(default)
        for artifact in (outputs.get("artifacts") or ()) if artifacts else ():
            self.values[f"{head}artifacts.{artifact['name']}"] = {}
        if outputs.get("result") is not None:
            self.values[head + "result"] = None
            self.skipped.add(head + "result")

    def set_workflow_outputs(self, outputs: Outputs | None) -> None:
        """Global outputs, as far as they exist (addWorkflowOutputsToLocalScope)."""
        if outputs is None:
            return
        for parameter in outputs.parameters:
            if parameter.get("value") is not None:
                name = f"workflow.outputs.parameters.{parameter['name']}"
                self.values[name] = any_string(parameter["value"])
        for artifact in outputs.artifacts:
            self.values[f"workflow.outputs.artifacts.{artifact['name']}"] = artifact

    # --- asking

    def with_absent_arguments(self, arguments: Mapping[str, Json] | None) -> Mapping[str, Json] | None:
        """Arguments in which bare references to absent optionals are marked (markAbsentOptionalArgs)."""
        if not arguments or not self.skipped:
            return arguments
        parameters = arguments.get("parameters") or []
        marked = [
            {**parameter, "value": ABSENT_ARGUMENT} if self._is_absent(parameter.get("value")) else parameter
            for parameter in parameters
        ]
        return {**arguments, "parameters": marked} if marked != parameters else arguments

    def _is_absent(self, value: Json) -> bool:
        if not isinstance(value, str) or not value.startswith("{{") or not value.endswith("}}"):
            return False
        return value[2:-2].strip() in self.skipped

    def parameter(self, source: Mapping[str, Json]) -> tuple[Any, bool]:
        """The value of an output's `valueFrom`, and whether a skipped node stands behind it.

        Raises `NodeError` or `ExpressionError` (resolveParameter).
        """
        if source.get("expression"):
            text = str(source["expression"])
            value = expr.evaluate(text, self.values, self.ambient)
            if value is None:
                raise NodeError(f"failed to evaluate expression {quote(text)}")
            return value, False
        if not source.get("parameter"):
            return "", False
        tag, value = self._variable(str(source["parameter"]))
        return value, tag in self.skipped

    def artifact(self, artifact: Mapping[str, Json]) -> dict[str, Json] | None:
        """The artifact that `from` or `fromExpression` means; None when there is neither (resolveArtifact)."""
        if artifact.get("fromExpression"):
            value = expr.evaluate(str(artifact["fromExpression"]), self.values, self.ambient)
        elif artifact.get("from"):
            value = self._variable(str(artifact["from"]))[1]
        else:
            return None
        if not isinstance(value, dict):
            raise NodeError(f"Variable {{{{{_struct_text(artifact)}}}}} is not an artifact")
        found: dict[str, Json] = value
        sub_path = artifact.get("subPath")
        if not sub_path:
            return dict(found)
        resolved = tags.replace(str(sub_path), self.parameters(None), allow_unresolved=True, ambient=self.ambient)
        try:
            return artifact_places.below(found, resolved)
        except NodeError:
            if found.get("optional"):
                return dict(found)
            raise

    def _variable(self, text: str) -> tuple[str, Any]:
        tag = text.removeprefix("{{").removesuffix("}}").strip()
        if tag.startswith("="):
            return tag, self._computed(tag)
        if tag not in self.values:
            raise NodeError(f"Unable to resolve: {quote(tag)}")
        return tag, self.values[tag]

    def _computed(self, tag: str) -> Any:
        # ResolveVar compiles against the dotted names themselves, so hardly any expression gets through
        source = tag[1:]
        try:
            program = expr.compile(source)
        except ExpressionError as error:
            raise NodeError(f"Unable to compile: {quote(source)}") from error
        try:
            value = program.run(self.values, self.ambient)
        except ExpressionError as error:
            raise NodeError(f"Unable to compile: {quote(source)}") from error
        if value is None:
            raise NodeError(f"Unable to resolve: {quote(tag)}")
        return value


def text_of(value: Any) -> str:
    """The text of a computed output."""
    return printed(value)


_NOWHERE = (
    "ArchiveLogs:nil,S3:nil,Git:nil,HTTP:nil,Artifactory:nil,HDFS:nil,Raw:nil,OSS:nil,GCS:nil,Azure:nil,Plugin:nil,"
)


def _struct_text(artifact: Mapping[str, Json]) -> str:
    """The artifact as Go prints it; what it says, `Unable to resolve` for one, decides whether it is missed."""
    text = {key: artifact.get(key) or "" for key in ("name", "path", "from", "globalName", "subPath", "fromExpression")}
    flag = {key: "true" if artifact.get(key) else "false" for key in ("optional", "recurseMode", "deleted")}
    return (
        f"&Artifact{{Name:{text['name']},Path:{text['path']},Mode:nil,From:{text['from']},"
        f"ArtifactLocation:ArtifactLocation{{{_NOWHERE}}},GlobalName:{text['globalName']},Archive:nil,"
        f"Optional:{flag['optional']},SubPath:{text['subPath']},RecurseMode:{flag['recurseMode']},"
        f"FromExpression:{text['fromExpression']},ArtifactGC:nil,Deleted:{flag['deleted']},}}"
    )
