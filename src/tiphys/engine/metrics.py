"""Prometheus metrics of templates and workflows: not kept here, but evaluated, since Argo tells in a
condition of the workflow what is wrong with them, and since they change the template of the next attempt.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (computeMetrics)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tiphys.engine import fan_out, pod_results
from tiphys.engine.operation import Operation
from tiphys.engine.run import Node, Run
from tiphys.engine.templates import Template
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import tags
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_strings import parse_float
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodeType

_CONDITION: Final = "MetricsError"
_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_UNTOLD: Final = (NodeType.TASK_GROUP, NodeType.STEP_GROUP, NodeType.SKIPPED, NodeType.CONTAINER)
_KINDS: Final = ("gauge", "histogram", "counter")
_REPLACED: Final = ("name", "help", "labels", "when")
_REAL_TIME: Final = ("workflow.duration", "duration")


class Watch:
    """Knows whether any node of the run may have metrics: most have not, and nothing is to be done then."""

    def __init__(self) -> None:
        self._spec: Mapping[str, Json] | None = None
        self._stored = 0
        self._any = False

    def needed(self, op: Operation) -> bool:
        """Whether metrics are written anywhere; looked up again only when something was added."""
        spec, stored = op.spec, op.run.stored_templates
        if spec is not self._spec or len(stored) != self._stored:
            self._spec, self._stored = spec, len(stored)
            own = (*(spec.get("templates") or ()), spec, spec.get("templateDefaults") or {})
            self._any = any(each.get("metrics") for each in (*own, *stored.values()))
        return self._any


def of_ended(op: Operation, node_ids: Iterable[str]) -> None:
    """Evaluate the metrics of nodes that came to their end, and of the workflow when it did."""
    for node_id in node_ids:
        node = op.nodes.nodes.get(node_id)
        if node is None or not node.is_done or node.type in _UNTOLD or (node.node_flag or {}).get("retried"):
            continue
        try:
            template = pod_results.node_template(op, node)
        except NodeError:
            continue
        if template is not None:
            _report(op.run, _complaints(op, _listed(op.templates.with_defaults(template)), scope_of(op, node)))
    root = op.nodes.named(op.run.name)
    if root is not None and op.run.phase.is_completed:
        _report(op.run, _complaints(op, _listed(op.spec), scope_of(op, root)))


def for_next_attempt(op: Operation, template: Template, last: Node) -> Template:
    """The template for the attempt after `last`: what is told of that one stays in its metrics."""
    metrics = _listed(template)
    if not metrics:
        return template
    scope = scope_of(op, last)
    _report(op.run, _complaints(op, metrics, scope))
    filled = [_filled_or_not(op, metric, scope) for metric in metrics]
    return {**template, "metrics": {**template["metrics"], "prometheus": filled}}


def scope_of(op: Operation, node: Node) -> dict[str, str]:
    """The variables of a node's metrics (prepareMetricScope)."""
    end = node.finished_at if node.is_done and node.finished_at is not None else op.now
    scope = dict(op.variables.values)
    scope["duration"] = f"{int(end) - int(node.started_at or end):f}"
    scope["status"] = node.phase.value
    scope["resourcesDuration.cpu"] = scope["resourcesDuration.memory"] = "0"
    for name, seconds in (node.resources_duration or {}).items():
        scope[f"resourcesDuration.{name}"] = str(seconds)
    if node.children:
        scope["retries"] = str(len(node.children) - 1)
    for parameter in (node.inputs or {}).get("parameters") or ():
        scope[f"inputs.parameters.{parameter['name']}"] = str(parameter.get("value") or "")
    if node.outputs is not None:
        _add_outputs(scope, node)
    return scope


def _add_outputs(scope: dict[str, str], node: Node) -> None:
    outputs = node.outputs
    if outputs is None:
        return
    if outputs.result is not None:
        scope["outputs.result"] = outputs.result
    if outputs.exit_code is not None:
        scope["exitCode"] = outputs.exit_code
    for parameter in outputs.parameters:
        scope[f"outputs.parameters.{parameter['name']}"] = str(parameter.get("value") or "")


def _listed(holder: Mapping[str, Json]) -> list[dict[str, Any]]:
    return list((holder.get("metrics") or {}).get("prometheus") or ())


def _complaints(op: Operation, metrics: list[dict[str, Any]], scope: Mapping[str, str]) -> Iterator[str]:
    for metric in metrics:
        complaint = _complaint(op, metric, scope)
        if complaint:
            yield complaint


def _complaint(op: Operation, metric: dict[str, Any], scope: Mapping[str, str]) -> str:
    """What Argo says against a metric, or ""."""
    name = metric.get("name", "")
    if not metric.get("help"):
        return f"metric '{name}' must contain a help string under 'help: ' field"
    try:
        filled = _filled(op, metric, scope)
    except ExpressionError as error:
        return f"unable to substitute parameters for metric '{name}': {error.message}"
    try:
        if not fan_out.should_execute(filled.get("when")):
            return ""
    except NodeError as error:
        return f"unable to compute 'when' clause for metric '{op.run.name}': {error.message}"
    if (metric.get("gauge") or {}).get("realtime"):
        return _real_time_complaint(str(metric["gauge"].get("value") or ""))
    kind = next((each for each in _KINDS if metric.get(each) is not None), "")
    trouble = _value_trouble(filled, kind)
    return f"could not construct metric '{filled.get('name', '')}': {trouble}" if trouble else ""


def _real_time_complaint(value: str) -> str:
    if not (value.startswith("{{") and value.endswith("}}")):
        return "real time metrics can only be used with metric variables"
    variable = value[2:-2].strip()
    return "" if variable in _REAL_TIME else f"'{variable}' is not available as a real time metric"


def _value_trouble(metric: Mapping[str, Any], kind: str) -> str:
    if not _NAME.fullmatch(str(metric.get("name", ""))):
        return "metric name is invalid: names may only contain alphanumeric characters or '_'"
    if not kind:
        return "invalid custom metric type"
    value = str(metric[kind].get("value") or "")
    return "" if parse_float(value) is not None else f"strconv.ParseFloat: parsing {quote(value)}: invalid syntax"


def _filled(op: Operation, metric: dict[str, Any], scope: Mapping[str, str]) -> dict[str, Any]:
    filled: dict[str, Any] = tags.replace_tree(metric, scope, allow_unresolved=False, ambient=op.ambient)
    return filled


def _filled_or_not(op: Operation, metric: dict[str, Any], scope: Mapping[str, str]) -> dict[str, Any]:
    try:
        filled = _filled(op, metric, scope)
    except ExpressionError:
        return metric
    return {**metric, **{field: filled[field] for field in _REPLACED if field in filled}}


def _report(run: Run, complaints: Iterable[str]) -> None:
    for message in complaints:
        known = next((each for each in run.conditions if each.get("type") == _CONDITION), None)
        if known is None:
            run.conditions.append({"status": "True", "type": _CONDITION, "message": message})
        else:
            known["message"] = message
