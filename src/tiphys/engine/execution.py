"""Executing a template as a node, new or begun: the one road that every node takes.

Resolve, fill in, limits, locks, cache, retry, then the template's own kind. What the nodes below a DAG,
Steps or Retry node need again is kept as a `Call`, so that an event costs no second look at the template.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (executeTemplate)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tiphys.engine import deadlines, limits, memoize, metrics, retry
from tiphys.engine.operation import (
    MAX_DEPTH,
    MAX_DEPTH_EXCEEDED,
    Answer,
    Call,
    Operation,
    Options,
)
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node
from tiphys.engine.templates import Template, TemplateBase, is_pod_type, template_type
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions.ambient import Ambient
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

_DISPLAY_NAME: Final = "workflows.argoproj.io/display-name"
_DISPLAY_NAME_FORM: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-.]{0,61}[a-zA-Z0-9]\Z")
_NODE_TYPES: Final = {
    "dag": NodeType.DAG,
    "steps": NodeType.STEPS,
    "suspend": NodeType.SUSPEND,
    "http": NodeType.HTTP,
    "plugin": NodeType.PLUGIN,
}


def execute_template(
    op: Operation,
    node_name: str,
    reference: Mapping[str, Json],
    is_task: bool,
    base: TemplateBase,
    arguments: Mapping[str, Json] | None,
    options: Options,
) -> Answer:
    """Begin or carry on the node of that name; the node (None if it may not start yet) and an error."""
    node = op.nodes.named(node_name)
    op.depth += 1
    try:
        if op.depth >= MAX_DEPTH:
            made = op.error_node(node, node_name, reference, base, options, MAX_DEPTH_EXCEEDED)
            return made, MAX_DEPTH_EXCEEDED
        if node is not None and node.is_done and node.id not in op.unnamed:
            op.release_locks(node)
            return node, None
        if node is not None and op.waits_in_vain(node):
            return node, None
        try:
            call = _call(op, node, node_name, reference, is_task, base, arguments, options)
        except (NodeError, ExpressionError) as failure:
            error = _as_node_error(failure)
            return op.error_node(node, node_name, reference, base, options, error), error
        return _execute(op, node, call, arguments)
    finally:
        op.depth -= 1


def _call(
    op: Operation,
    node: Node | None,
    node_name: str,
    reference: Mapping[str, Json],
    is_task: bool,
    base: TemplateBase,
    arguments: Mapping[str, Json] | None,
    options: Options,
) -> Call:
    known = op.prepared.get(node.id) if node is not None else None
    if known is not None and known.reference == reference:
        return known
    resolved = op.templates.resolve(base, reference)
    template = op.templates.with_defaults(resolved.template)
    local = {"node.name": node_name, ("tasks.name" if is_task else "steps.name"): str(reference.get("name", ""))}
    if is_pod_type(template) and op.retry_strategy(template) is None:
        local["pod.name"] = op.pod_name_of(node_name, template)
    # random texts differ from node to node, and are the same when the node is looked at again
    op.inputs.ambient = Ambient(op.now, f"{op.run.uid}/{node_name}".encode())
    filled = op.inputs.process(template, arguments, op.variables.values, local)
    call = Call(node_name, reference, is_task, base, resolved.base, filled, options)
    if template_type(template) in ("dag", "steps") and not op.is_volatile(template, arguments):
        op.prepared[op.nodes.id_of(node_name)] = call
    return call


def _as_node_error(failure: NodeError | ExpressionError) -> NodeError:
    return failure if isinstance(failure, NodeError) else NodeError(failure.message)


def _execute(  # noqa: PLR0912 # executeTemplate, whose order of checks decides which message wins
    op: Operation, node: Node | None, call: Call, arguments: Mapping[str, Json] | None
) -> Answer:
    template, options = call.template, call.options
    error = _set_display_name(op, node, template)
    if error is not None:
        return _error_node(op, node, call, error), error
    if node is not None and node.is_done:
        op.release_locks(node)
        return node, None
    error = deadlines.check_timeouts(op, template, node)
    if error is not None and node is not None:
        if node.type is NodeType.POD:
            deadlines.stop_pod(op, node)
        return op.mark_phase(node, NodePhase.FAILED, error.message), error
    error = limits.check(op, template, node, options.boundary_id)
    if error is not None:
        return node, error
    unlocked = False
    if template.get("synchronization"):
        node, error, unlocked = _lock(op, node, call)
        if error is not None or not unlocked:
            return node, error
    if template.get("memoize") and (node is None or unlocked):
        node, error = _remember(op, node, call)
        if error is not None:
            return node, error
    if node is not None and node.is_done:
        op.release_locks(node)
        return node, None
    if node is not None and node.started_at is None:
        node.started_at = op.now
        op.nodes.touch(node)
    strategy = op.retry_strategy(template)
    if strategy is None:
        node, error = _run(op, call)
        if node is not None and (template.get("timeout") or template.get("pendingTimeout")):
            op.look_again(node)
        return node, error
    return _run_retried(op, node, call, strategy, arguments)


def _error_node(op: Operation, node: Node | None, call: Call, error: NodeError) -> Node:
    return op.error_node(node, call.node_name, call.reference, call.base, call.options, error)


def _set_display_name(op: Operation, node: Node | None, template: Template) -> NodeError | None:
    annotations = template.get("annotations")
    shown = annotations.get(_DISPLAY_NAME) if annotations else None
    if not shown:
        return None
    if node is None:
        return None
    op.unnamed.discard(node.id)
    if not _DISPLAY_NAME_FORM.match(shown):
        return NodeError(f"displayName must match the regex ^{_DISPLAY_NAME_FORM.pattern[:-2]}$")
    if node.display_name != shown:
        node.display_name = shown
        op.nodes.touch(node)
    return None


def node_type(template: Template) -> NodeType:
    """The type of a node that waits before it executes (Template.GetNodeType)."""
    if template.get("retryStrategy") is not None:
        return NodeType.RETRY
    return _NODE_TYPES.get(template_type(template), NodeType.POD)


# --- locks and caches


def _lock(op: Operation, node: Node | None, call: Call) -> tuple[Node | None, NodeError | None, bool]:
    synchronization = call.template["synchronization"]
    node_id = op.nodes.id_of(call.node_name)
    priority = int(op.spec.get("priority") or 0)
    try:
        answer = op.environment.locks.try_acquire(op.run, node_id, synchronization, priority)
    except NodeError as error:
        return _error_node(op, node, call, error), error, False
    if not answer.acquired:
        if node is None:
            node = op.new_executable_node(call, node_type(call.template), NodePhase.PENDING, answer.message)
        op.nodes.set_waiting(node, answer.failed_lock)
        if answer.message and node.message != answer.message:
            node.message = answer.message
            op.nodes.touch(node)
        op.lock_waiters.setdefault(answer.failed_lock, {})[node_id] = None
        deadlines.check_timeouts(op, call.template, node)
        return node, None, False
    op.held[node_id] = synchronization
    # a Retry node says itself, right after this, whether it waits for its next attempt
    talks = node is not None and bool(node.message) and node.type is not NodeType.RETRY
    if node is not None and (node.synchronization_status is not None or talks):
        op.nodes.set_waiting(node, "")
        node.message = ""
        op.nodes.touch(node)
    return node, None, True


def _remember(op: Operation, node: Node | None, call: Call) -> Answer:
    try:
        found = memoize.look_up(op.environment, op.run.namespace, call.template["memoize"], op.now)
    except (NodeError, ExpressionError) as failure:
        error = _as_node_error(failure)
        return _error_node(op, node, call, error), error
    if found.save is not None:
        op.decisions.append(found.save)
    if node is None:
        node = op.new_executable_node(call, node_type(call.template), NodePhase.PENDING)
    if node.memoization_status != found.status:
        node.memoization_status = dict(found.status)
        op.nodes.touch(node)
    if found.hit:
        node.outputs = found.outputs
        op.mark_phase(node, NodePhase.SUCCEEDED)
    return node, None


# --- the kind, once or several times


def _run(op: Operation, call: Call) -> Answer:
    """Execute the template's kind; an error makes an Error of the node."""
    kind = template_type(call.template)
    execute = op.kinds.get(kind)
    if execute is None or call.template[kind] == []:
        # an empty list of steps does not survive the filling in of variables
        error = NodeError(f"Template '{call.template.get('name', '')}' missing specification")
        return _error_node(op, None, call, error), error
    node, failure = execute(op, call)
    if failure is not None:
        current = op.nodes.named(call.node_name)
        if current is not None:
            node = op.mark_error(current, failure)
    current = op.nodes.named(call.node_name)
    if current is not None and current.is_fulfilled:
        op.release_locks(current)
        if current.is_done:
            op.prepared.pop(current.id, None)
            op.frames.pop(current.id, None)
    elif current is not None and call.template.get("failFast") and op.nodes.tally(current.id).unsuccessful:
        op.look_again(current)
    return node, failure


def _run_retried(
    op: Operation,
    parent: Node | None,
    call: Call,
    strategy: Mapping[str, Json],
    arguments: Mapping[str, Json] | None,
) -> Answer:
    parent = parent or _new_retry_node(op, call)
    try:
        verdict = retry.process(op, parent, strategy)
    except (NodeError, ExpressionError) as failure:
        error = _as_node_error(failure)
        return op.mark_error(parent, error), error
    if not verdict.go_on:
        return parent, None
    tried = retry.attempts(op, parent)
    last = tried[-1] if tried else None
    if _is_over(op, parent):
        if last is not None:
            parent.outputs = last.outputs
            op.nodes.touch(parent)
        op.release_locks(parent)
        op.prepared.pop(parent.id, None)
        return parent, None
    number, attempt = len(tried), None
    if last is not None and not last.is_done:
        number, attempt = len(tried) - 1, last
    name = attempt.name if attempt is not None else f"{parent.name}({number})"
    if attempt is None:
        op.add_child(parent, op.nodes.id_of(name))
        if last is not None and call.template.get("metrics"):
            call = replace(call, template=metrics.for_next_attempt(op, call.template, last))
    try:
        attempt_call = _attempt_call(op, call, name, number, last, verdict.execution_deadline)
    except (NodeError, ExpressionError) as failure:
        error = _as_node_error(failure)
        options = call.options.retried(None)
        return op.error_node(attempt, name, call.reference, call.base, options, error), error
    node, failed = _run(op, attempt_call)
    if failed is not None and retry.policy(strategy) == "OnFailure":
        op.release_locks(parent)
        return node, failed
    return _after_attempt(op, parent, node, call, arguments)


def _new_retry_node(op: Operation, call: Call) -> Node:
    node = op.new_executable_node(call, NodeType.RETRY, NodePhase.RUNNING)
    if node.node_flag:
        # Go shares one NodeFlag between the Retry node of a hook and its attempts
        op.nodes.set_retried(node)
    return node


def _is_over(op: Operation, parent: Node) -> bool:
    if not parent.is_fulfilled:
        return False
    return (parent.daemoned and parent.phase.is_failure) or deadlines.children_fulfilled(op, parent)


def _attempt_call(
    op: Operation, call: Call, name: str, number: int, last: Node | None, execution_deadline: float | None
) -> Call:
    known = op.prepared.get(op.nodes.id_of(name))
    if known is not None and known.reference == call.reference:
        return known
    local = retry.attempt_variables(number, last)
    if is_pod_type(call.template):
        local["pod.name"] = op.pod_name_of(name, call.template)
    template = op.inputs.substitute(call.template, op.variables.values, local)
    made = replace(call, node_name=name, template=template, options=call.options.retried(execution_deadline))
    if call.node_name != name and op.nodes.id_of(call.node_name) in op.prepared:
        op.prepared[op.nodes.id_of(name)] = made
    return made


def _after_attempt(
    op: Operation, parent: Node, node: Node | None, call: Call, arguments: Mapping[str, Json] | None
) -> Answer:
    """Swap the attempt for its Retry node; an attempt that ended at once may be followed by another."""
    if node is None:
        raise Panic(f"no node of an attempt of {parent.name}")
    if not parent.is_done and node.is_done:
        _, error = execute_template(op, parent.name, call.reference, call.is_task, call.base, arguments, call.options)
        if error is not None:
            return op.mark_error(node, error), error
    if not node.is_done and node.daemoned:
        op.mark_phase(parent, node.phase)
        op.nodes.set_daemoned(parent, True)
    return parent, None
