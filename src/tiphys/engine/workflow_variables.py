"""The variables named `workflow.*`: one scope for the whole run.

Filled as setGlobalParameters does at the start of every reconciliation; `workflow.status` and
`workflow.failures` change once more while it goes on.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from tiphys.engine.environment import Environment
from tiphys.engine.parameters import any_string, config_map_value, parameters_json
from tiphys.engine.run import Run
from tiphys.errors import NodeError
from tiphys.expressions.go_format import to_json

_SCHEDULED_TIME: Final = "workflows.argoproj.io/scheduled-time"
_STRFTIME: Final = {
    "B": "%B",
    "b": "%b",
    "m": "%m",
    "A": "%A",
    "a": "%a",
    "d": "%d",
    "H": "%H",
    "I": "%I",
    "M": "%M",
    "S": "%S",
    "Y": "%Y",
    "y": "%y",
    "p": "%p",
}


class WorkflowVariables:
    """`values` maps dotted names to texts; `version` grows when one of them may have changed."""

    def __init__(self, run: Run, environment: Environment) -> None:
        self._run = run
        self._environment = environment
        self.values: dict[str, str] = {}
        self.version = 0
        self.stale = True
        self._passing: set[str] = set()

    def refresh(self, now: float) -> None:
        """Bring the scope up to date at the start of a reconciliation.

        Raises `NodeError` when a parameter of the workflow has no value.
        """
        if self.stale:
            self.stale = False
            self.values = {}
            self._set_identity()
            self._set_parameters()
            self._set_outputs()
            self._set_metadata()
        for name in self._passing:
            self.values.pop(name, None)
        self._passing.clear()
        self.version += 1
        self.values["workflow.status"] = str(self._run.phase.value)
        self.values["workflow.duration"] = f"{self._elapsed(now):f}"

    def set(self, name: str, value: str) -> None:
        """Set one variable."""
        self._passing.discard(name)
        if self.values.get(name) != value:
            self.values[name] = value
            self.version += 1

    def set_for_now(self, name: str, value: str) -> None:
        """Set one variable that is not there any more in the next reconciliation."""
        if name not in self.values:
            self.set(name, value)
            self._passing.add(name)

    def without_runtime(self) -> dict[str, str]:
        """The scope with which the spec itself is filled in: status and duration are not known then."""
        hidden = ("workflow.status", "workflow.duration", "workflow.failures")
        return {name: value for name, value in self.values.items() if name not in hidden}

    def _elapsed(self, now: float) -> float:
        run = self._run
        if run.started_at is None:
            return 0.0
        if run.phase.is_completed and run.finished_at is not None:
            return run.finished_at - run.started_at
        return now - run.started_at

    def _set_identity(self) -> None:
        run, spec, values = self._run, self._run.stored_spec, self.values
        values["workflow.name"] = run.name
        values["workflow.namespace"] = run.namespace
        values["workflow.mainEntrypoint"] = str(spec.get("entrypoint") or "")
        values["workflow.serviceAccountName"] = str(spec.get("serviceAccountName") or "")
        values["workflow.uid"] = run.uid
        if _SCHEDULED_TIME in run.annotations:
            values["workflow.scheduledTime"] = run.annotations[_SCHEDULED_TIME]
        if spec.get("priority") is not None:
            values["workflow.priority"] = str(int(spec["priority"]))
        created = datetime.fromtimestamp(int(run.created_at), UTC)
        rfc3339 = created.strftime("%Y-%m-%dT%H:%M:%SZ")
        values["workflow.creationTimestamp"] = rfc3339
        values["workflow.creationTimestamp.RFC3339"] = rfc3339
        values["workflow.creationTimestamp.s"] = str(int(run.created_at))
        for char, code in _STRFTIME.items():
            values[f"workflow.creationTimestamp.{char}"] = created.strftime(code)
        values["workflow.creationTimestamp.Z"] = "UTC"
        values["workflow.creationTimestamp.z"] = "+0000"
        values["workflow.creationTimestamp.L"] = f".{int(run.created_at * 1000) % 1000:03d}"

    def _set_parameters(self) -> None:
        parameters = (self._run.stored_spec.get("arguments") or {}).get("parameters") or []
        text = parameters_json(parameters) if parameters else "null"
        self.values["workflow.parameters"] = text
        self.values["workflow.parameters.json"] = text
        for parameter in parameters:
            name = str(parameter.get("name", ""))
            source = parameter.get("valueFrom") or {}
            if parameter.get("value") is not None:
                self.values[f"workflow.parameters.{name}"] = any_string(parameter["value"])
            elif source.get("configMapKeyRef") is not None:
                self.values[f"workflow.parameters.{name}"] = self._from_config_map(name, source)
            else:
                raise NodeError(
                    f"either value or valueFrom must be specified in order to set global parameter {name}"
                )

    def _from_config_map(self, name: str, source: dict[str, object]) -> str:
        reference = source["configMapKeyRef"]
        assert isinstance(reference, dict)  # noqa: S101 - for the type checker; decoding made sure of it
        config_map, key = str(reference.get("name", "")), str(reference.get("key", ""))
        try:
            return config_map_value(self._environment, self._run.namespace, config_map, key)
        except NodeError as error:
            if source.get("default") is not None:
                return any_string(source["default"])
            raise NodeError(
                f"failed to set global parameter {name} from configmap with name {config_map} "
                f"and key {key}: {error.message}"
            ) from error

    def _set_outputs(self) -> None:
        outputs = self._run.outputs
        for parameter in outputs.parameters if outputs else ():
            if parameter.get("value") is not None:
                self.values[f"workflow.outputs.parameters.{parameter['name']}"] = any_string(parameter["value"])

    def _set_metadata(self) -> None:
        run, values = self._run, self.values
        extra = run.stored_spec.get("workflowMetadata") or {}
        computed = extra.get("labelsFrom") or {}
        for kind, texts in (("annotations", run.annotations), ("labels", run.labels)):
            shown = to_json(texts) if texts else "null"
            values[f"workflow.{kind}"] = shown
            values[f"workflow.{kind}.json"] = shown
            for source in (texts, extra.get(kind) or {}):
                for name, value in source.items():
                    if kind == "annotations" or name not in computed:
                        values[f"workflow.{kind}.{name}"] = str(value)
