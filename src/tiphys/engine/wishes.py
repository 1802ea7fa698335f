"""What people ask of a run while it is under way: to suspend, resume, stop or terminate it, to set a node.

https://github.com/argoproj/argo-workflows/blob/main/workflow/util/util.go
"""

from __future__ import annotations

from tiphys.engine import manual, outputs, workflow_phase
from tiphys.engine.operation import Operation
from tiphys.errors import BadInput
from tiphys.messages.events import Event, NodeSet, RunResumed, RunStopped, RunSuspended, RunTerminated
from tiphys.messages.phases import NodePhase


def take(op: Operation, event: Event) -> None:
    """Do what is asked, if the event asks for anything; raises `BadInput` when it cannot be done."""
    match event:
        case RunSuspended():
            _check_running(op, "cannot suspend completed workflows")
            op.spec["suspend"] = True
        case RunResumed(selector=selector):
            _change(op, manual.resume(op.run, selector))
            if not selector:
                op.spec.pop("suspend", None)
        case RunStopped(selector=selector, message=message) if selector:
            _change(op, manual.set_nodes(op.run, selector, phase=NodePhase.FAILED, message=message))
        case RunStopped():
            _shut_down(op, "Stop")
        case RunTerminated():
            _shut_down(op, "Terminate")
        case NodeSet(selector=selector, message=message, values=values):
            phase = NodePhase(event.phase) if event.phase else None
            changes = manual.set_nodes(op.run, selector, phase=phase, message=message, values=values)
            _change(op, changes)
        case _:
            pass


def _check_running(op: Operation, refusal: str) -> None:
    if workflow_phase.is_completed(op):
        raise BadInput(refusal)


def _shut_down(op: Operation, strategy: str) -> None:
    run = op.run
    _check_running(op, f'cannot shutdown a completed workflow: workflow: "{run.name}", namespace: "{run.namespace}"')
    op.spec["shutdown"] = strategy


def _change(op: Operation, changes: list[manual.NodeChange]) -> None:
    for change in changes:
        node = change.node
        if change.outputs is not None:
            node.outputs = change.outputs
            op.nodes.touch(node)
        if change.phase is not None:
            op.mark_phase(node, change.phase)
        if change.message is not None:
            node.message = change.message
            op.nodes.touch(node)
        for parameter in change.global_parameters:
            outputs.export_parameter(op, parameter)
        op.mark(node)
        op.look_again(node)
