"""`{{workflow.failures}}`: the nodes that failed, as JSON within a quoted text.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (failedNodeStatus)
"""

from __future__ import annotations

from tiphys.engine.operation import Operation
from tiphys.engine.times import rfc3339
from tiphys.expressions.go_format import json_string
from tiphys.expressions.go_quote import quote
from tiphys.messages.phases import NodePhase


def failures_text(op: Operation) -> str:
    """The value of `workflow.failures`; `"null"` if nothing failed."""
    failed = [
        node for node in op.nodes.nodes.values() if node.phase in (NodePhase.FAILED, NodePhase.ERROR)
    ]
    if not failed:
        return quote("null")
    shown = []
    for node in failed:
        template = str((node.template_ref or {}).get("template") or node.template_name)
        finished = "null" if node.finished_at is None else json_string(rfc3339(node.finished_at))
        fields = (
            ("displayName", node.display_name),
            ("message", node.message),
            ("templateName", template),
            ("phase", str(node.phase.value)),
            ("podName", op.pod_name(node)),
        )
        text = ",".join(f'"{name}":{json_string(value)}' for name, value in fields)
        shown.append(f'{{{text},"finishedAt":{finished}}}')
    return quote("[" + ",".join(shown) + "]")
