"""A run in rows that people read: the same rows for a real run, a simulated one, and a stored one.

A failure is *handled* when the run, or a group that holds the failed node, succeeded all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from tiphys.engine.paths import is_attempt, is_group, node_paths, own_name
from tiphys.engine.run import Node, Run
from tiphys.messages.phases import NodePhase, NodeType, WorkflowPhase


class Row(msgspec.Struct, omit_defaults=True):
    """One node as it is shown. `depth` counts from 0 below the root; times are seconds since the epoch."""

    path: str
    name: str
    depth: int
    node_id: str
    type: str
    phase: str
    template: str = ""
    message: str = ""
    started_at: float | None = None
    finished_at: float | None = None
    handled: bool = False
    attempts: int = 0
    counts: dict[str, int] = {}

    @property
    def duration(self) -> float | None:
        """Seconds from start to end; None while it runs."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(0.0, self.finished_at - self.started_at)


class Summary(msgspec.Struct, omit_defaults=True):
    """A run as it is shown: its rows, depth first, and what failed."""

    name: str
    phase: str
    message: str
    rows: list[Row]
    failures: list[str] = []


def summarise(run: Run) -> Summary:
    """The rows of a run, and sentences about its failures (`2 of 5 train failed, handled`)."""
    rows = list(_rows(run))
    return Summary(run.name, str(run.phase), run.message, rows, failure_sentences(run, rows))


def format_table(summary: Summary) -> str:
    """The summary as plain text, the same for a real and a simulated run.

    One line a node: path indented by depth, phase, seconds, attempts if several, and the message.
    """
    lines = [(("  " * row.depth) + row.name, *_cells(row)) for row in summary.rows]
    widths = [max((len(line[column]) for line in lines), default=0) for column in range(3)]
    text = [
        f"{name:<{widths[0]}}  {phase:<{widths[1]}}  {seconds:>{widths[2]}}  {note}".rstrip()
        for name, phase, seconds, note in lines
    ]
    ending = f"{summary.name}: {summary.phase}" + (f" ({summary.message})" if summary.message else "")
    return "\n".join([*text, "", ending, *summary.failures])


def _cells(row: Row) -> tuple[str, str, str]:
    phase = f"{row.phase} (handled)" if row.handled else row.phase
    seconds = f"{row.duration:.1f} s" if row.duration is not None and row.phase != "Omitted" else ""
    attempts = f"{row.attempts} attempts" if row.attempts > 1 else ""
    return phase, seconds, "; ".join(part for part in (attempts, row.message) if part)


def failure_sentences(run: Run, rows: list[Row]) -> list[str]:
    """One sentence for each task of which something failed, handled failures last.

    Only leaves are counted: a group that failed is told by what failed in it.
    """
    total: Counter[str] = Counter()
    failed: Counter[tuple[str, bool]] = Counter()
    for row in rows:
        node = run.nodes[row.node_id]
        if not _is_leaf(node):
            continue
        total[row.template or row.name] += 1
        if node.phase.is_failure:
            failed[row.template or row.name, row.handled] += 1
    sentences = []
    for (name, handled), count in sorted(failed.items(), key=lambda entry: (entry[0][1], entry[0][0])):
        how = "handled" if handled else "not handled"
        share = f"{count} of {total[name]} {name}" if total[name] > 1 else name
        sentences.append(f"{share} failed, {how}")
    return sentences


def _is_leaf(node: Node) -> bool:
    if node.type is NodeType.RETRY:
        return True
    return not is_group(node) and not is_attempt(node) and node.phase not in _NEVER_RAN


_NEVER_RAN = (NodePhase.SKIPPED, NodePhase.OMITTED)


def _rows(run: Run) -> Iterator[Row]:
    root = run.nodes.get(run.name)
    if root is None:
        return
    holders = _children_by_holder(run)
    paths = node_paths(run)
    stack: list[tuple[str, int, bool]] = [(run.name, 0, False)]
    while stack:
        node_id, depth, forgiven = stack.pop()
        node = run.nodes[node_id]
        held = holders.get(node_id, [])
        ended_well = node.phase is NodePhase.SUCCEEDED or (node_id == run.name and run.phase is WorkflowPhase.SUCCEEDED)
        yield Row(
            path=paths[node_id],
            name=run.name if node_id == run.name else own_name(node),
            depth=depth,
            node_id=node_id,
            type=str(node.type),
            phase=str(node.phase),
            template=node.template_name,
            message=node.message,
            started_at=node.started_at,
            finished_at=node.finished_at,
            handled=node.phase.is_failure and forgiven,
            attempts=sum(is_attempt(run.nodes[child]) for child in held),
            counts=dict(Counter(str(run.nodes[child].phase) for child in held)) if is_group(node) else {},
        )
        below = forgiven or ended_well
        stack.extend((child, depth + 1, below) for child in reversed(held))


def _children_by_holder(run: Run) -> dict[str, list[str]]:
    """Node id → the nodes shown below it, in order of their creation.

    Argo's `children` is the order of execution (a task hangs below the one it waited for); people
    want what holds what: boundary → task → items → attempts. Step groups are passed over.
    """
    by_name: dict[str, str] = {node.name: node.id for node in run.nodes.values()}
    holders: dict[str, list[str]] = {}
    for node in run.nodes.values():
        if node.id == run.name or node.type is NodeType.STEP_GROUP:
            continue
        holder = _enclosing_task(node, by_name) or node.boundary_id
        if not holder or holder not in run.nodes:
            holder = run.name
        holders.setdefault(holder, []).append(node.id)
    return holders


def _enclosing_task(node: Node, by_name: dict[str, str]) -> str | None:
    """The TaskGroup of an item or the Retry node of an attempt, known by the name they extend."""
    if is_attempt(node):
        return by_name.get(node.name[: node.name.rfind("(")])
    start = node.name.rfind(node.display_name)
    bracket = node.display_name.find("(")
    if start >= 0 and bracket > 0:
        holder = by_name.get(node.name[: start + bracket])
        return holder if holder != node.id else None
    return None
