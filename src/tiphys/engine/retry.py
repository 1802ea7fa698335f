"""Retrying: a Retry node stands over the attempts, and decides after each whether there is another.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/operator.go (processNodeRetries)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tiphys.engine.deadlines import seconds_of
from tiphys.engine.operation import Operation
from tiphys.engine.run import Node
from tiphys.engine.times import rfc3339
from tiphys.errors import NodeError
from tiphys.expressions import expr, go_strings
from tiphys.expressions.go_format import format_float
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

_LONGEST: Final = float(2**63 - 1) / 1e9
_TRANSIENT: Final = re.compile(
    "etcdserver: (leader changed|request timed out|too many requests)"
    "|client rate limiter Wait returned an error|(unexpected|stream) error when reading response body"
    "|Connection closed by foreign host|net/http: TLS handshake timeout|i/o timeout|connection timed out"
    "|connection reset by peer|http2: client connection lost"
    "|http2: server sent GOAWAY and closed the connection|request did not complete within requested timeout"
    "|connect: connection refused|invalid connection"
)
"""What Argo takes for a passing trouble, by the text alone (util/errors)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a Retry node: it goes on (with a new attempt or the running one) or waits.

    `execution_deadline` is when an attempt started now must have ended (`backoff.maxDuration`).
    """

    go_on: bool
    execution_deadline: float | None = None


_GO_ON: Final = Verdict(True)


def attempts(op: Operation, node: Node) -> list[Node]:
    """The attempts of a Retry node; its hooks are children too, and are left out."""
    found = []
    for child_id in node.children:
        child = op.nodes.nodes.get(child_id)
        if child is not None and child.node_flag is not None and child.node_flag.get("retried"):
            found.append(child)
    return found


def last_attempt(op: Operation, node: Node) -> Node | None:
    """The attempt that stands for the Retry node, if it is one (possiblyGetRetryChildNode)."""
    if node.type is not NodeType.RETRY or (node.memoization_status or {}).get("hit"):
        return None
    for child_id in reversed(node.children):
        child = op.nodes.nodes.get(child_id)
        if child is not None and not (child.node_flag or {}).get("hooked"):
            return child
    return None


def duration_text(node: Node) -> str:
    """`lastRetry.duration`: seconds, as Go prints a float."""
    if node.finished_at is None or node.started_at is None:
        return "0"
    return format_float(round(node.finished_at - node.started_at, 6))


def policy(strategy: Mapping[str, Json]) -> str:
    """The policy in force (RetryPolicyActual)."""
    if strategy.get("retryPolicy"):
        return str(strategy["retryPolicy"])
    return "Always" if strategy.get("expression") else "OnFailure"


def process(op: Operation, node: Node, strategy: Mapping[str, Json]) -> Verdict:
    """Bring the Retry node up to date with its attempts.

    Raises `NodeError` or `ExpressionError` when the strategy makes no sense.
    """
    if node.is_done:
        return _GO_ON
    tried = attempts(op, node)
    if not tried:
        return _GO_ON
    last = tried[-1]
    if not last.is_done:
        if last.daemoned:
            op.mark_phase(node, last.phase)
            if not node.daemoned:
                op.nodes.set_daemoned(node, True)
                op.look_again(node)  # the next pass takes it for finished
        return _GO_ON
    if not last.phase.is_failure:
        node.outputs = last.outputs
        op.mark_phase(node, NodePhase.SUCCEEDED)
        op.nodes.touch(node)
        return _GO_ON
    if op.shutdown or op.deadline_exceeded:
        text = f"Stopped with strategy '{op.shutdown}'"
        if not op.shutdown and op.deadline is not None:
            text = f"retry exceeded workflow deadline {_go_time(op.deadline)}"
        op.mark_phase(node, last.phase, text)
        return _GO_ON
    deadline: float | None = None
    if strategy.get("backoff") is not None:
        waiting, deadline = _back_off(op, node, tried, strategy)
        if waiting is not None:
            return waiting
    _decide(op, node, tried, strategy)
    return Verdict(True, deadline)


def _back_off(
    op: Operation, node: Node, tried: list[Node], strategy: Mapping[str, Json]
) -> tuple[Verdict | None, float | None]:
    backoff = strategy["backoff"]
    last = tried[-1]
    limit_at: float | None = None
    if backoff.get("maxDuration"):
        limit_at = (tried[0].started_at or 0.0) + seconds_of(backoff["maxDuration"])
        if op.now > limit_at:
            op.mark_phase(node, last.phase, "Max duration limit exceeded")
            return _GO_ON, None
    if not backoff.get("duration"):
        raise NodeError("no base duration specified for retryStrategy")
    wait = _wait(backoff, len(tried))
    until = (last.finished_at or 0.0) + wait
    if limit_at is not None and until > limit_at:
        op.mark_phase(node, last.phase, "Backoff would exceed max duration limit")
        return _GO_ON, None
    if op.now < until and strategy.get("limit") is not None and len(tried) <= _int_value(strategy["limit"]):
        op.look_at(until, node)
        op.mark_phase(node, node.phase, f"Backoff for {_humanized(wait)}")
        return Verdict(False), None
    op.mark_phase(node, node.phase, "")
    return None, limit_at


def _wait(backoff: Mapping[str, Json], tried: int) -> float:
    base = seconds_of(backoff["duration"])
    wait = base
    factor = int_of(backoff.get("factor"))
    if factor is not None and factor > 0:
        # duration * factor^attempt, cut where an int64 of nanoseconds would overflow
        power = float(factor) ** (tried - 1)
        wait = _LONGEST if base and power > _LONGEST / base else base * int(power)
    if backoff.get("cap"):
        wait = min(wait, seconds_of(backoff["cap"]))
    return wait


def _decide(op: Operation, node: Node, tried: list[Node], strategy: Mapping[str, Json]) -> None:
    last = tried[-1]
    on_failed, on_error = _retried_phases(policy(strategy), last)
    ended_daemon = last.daemoned and last.phase is NodePhase.SUCCEEDED
    if ((last.phase is NodePhase.FAILED or ended_daemon) and not on_failed) or (
        last.phase is NodePhase.ERROR and not on_error
    ):
        op.mark_phase(node, last.phase, last.message)
        return
    limit = int_of(strategy.get("limit"))
    if limit is not None and len(tried) > limit:
        op.mark_phase(node, last.phase, "No more retries left")
        return
    if strategy.get("expression") and not expr.evaluate_bool(
        str(strategy["expression"]), _expression_scope(tried), op.ambient
    ):
        op.mark_phase(node, last.phase, "retryStrategy.expression evaluated to false")


def _retried_phases(name: str, last: Node) -> tuple[bool, bool]:
    match name:
        case "Always":
            return True, True
        case "OnError":
            return False, True
        case "OnTransientError":
            transient = _TRANSIENT.search(last.message) is not None
            return transient, transient
        case "OnFailure":
            return True, False
        case _:
            raise NodeError(f"{name} is not a valid RetryPolicy")


def _expression_scope(tried: list[Node]) -> dict[str, str]:
    # buildRetryStrategyLocalScope: all of them are texts
    last = tried[-1]
    code = last.outputs.exit_code if last.outputs else None
    return {
        "retries": str(len(tried) - 1),
        "lastRetry.exitCode": "-1" if code is None else code,
        "lastRetry.status": str(last.phase.value),
        "lastRetry.duration": duration_text(last),
        "lastRetry.message": last.message,
    }


def attempt_variables(number: int, last: Node | None) -> dict[str, str]:
    """`retries` and `lastRetry.*` as an attempt's template sees them."""
    code = last.outputs.exit_code if last is not None and last.outputs else None
    return {
        "retries": str(number),
        "lastRetry.exitCode": "0" if code is None else code,
        "lastRetry.duration": "0" if last is None else duration_text(last),
        "lastRetry.status": "" if last is None else str(last.phase.value),
        "lastRetry.message": "" if last is None else last.message,
    }


def int_of(value: Json) -> int | None:
    """The number of an IntOrString; raises `NodeError` if it is none (intstr.Int)."""
    if value is None:
        return None
    if isinstance(value, int):
        return value
    number = go_strings.atoi(str(value))
    if number is None:
        raise NodeError(f"value '{value}' cannot be resolved to an int")
    return number


def _int_value(value: Json) -> int:
    # IntOrString.IntValue(): 0 for what is no number
    try:
        return int_of(value) or 0
    except NodeError:
        return 0


_UNITS: Final = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def _humanized(seconds: float) -> str:
    """A duration in words, up to two units (util/humanize)."""
    whole = int(seconds)
    if whole < 1:
        return "0 seconds"
    for index, (unit, size) in enumerate(_UNITS):
        if whole >= size:
            count = whole // size
            first = f"{count} {unit}{'' if count == 1 else 's'}"
            if unit == "second":
                return first
            smaller, smaller_size = _UNITS[index + 1]
            return f"{_in_weeks(count, first) if unit == 'day' else first} {whole % size // smaller_size} {smaller}s"
    return ""


def _in_weeks(days: int, shown: str) -> str:
    if days < 7:
        return shown
    return "1 week" if days < 14 else f"{days // 7} weeks"


def _go_time(seconds: float) -> str:
    """A time as Go prints it: `2000-01-01 00:01:01 +0000 UTC`."""
    return rfc3339(seconds).replace("T", " ").replace("Z", " +0000 UTC")
