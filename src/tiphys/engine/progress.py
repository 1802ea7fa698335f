"""Progress of nodes that stand over others: the sum over everything below, each counted once.

A node counts what comes after it too, since that hangs below it. The sets of what is below are kept as
bits, so that the sums of a long run cost little.
https://github.com/argoproj/argo-workflows/blob/main/workflow/progress/updater.go
"""

from __future__ import annotations

from collections import Counter

from tiphys.engine.node_table import EXECUTABLE, NodeTable
from tiphys.engine.run import Node


def update(table: NodeTable) -> None:
    """Set the progress of the run and of all nodes whose progress is a sum."""
    table.run.progress = f"{table.progress_done}/{table.progress_total}"
    order = _children_first(table)
    masks: dict[str, int] = {}
    numbers: dict[str, int] = {}
    below: dict[str, int] = {}
    for node in order:
        if node.type in EXECUTABLE:
            bit = 1 << len(numbers)
            numbers[node.id] = bit
            if "/" in node.progress:
                masks[node.progress] = masks.get(node.progress, 0) | bit
    uses = Counter(child for node in order for child in set(node.children))
    for node in order:
        bits = 0
        for child_id in set(node.children):
            if child_id in below:
                bits |= below[child_id] | numbers.get(child_id, 0)
                uses[child_id] -= 1
                if not uses[child_id]:
                    del below[child_id]
        below[node.id] = bits
        if node.type not in EXECUTABLE:
            progress = _sum(bits, masks)
            if node.progress != progress and progress != "0/0":
                node.progress = progress
                table.touch(node)


def _sum(bits: int, masks: dict[str, int]) -> str:
    done = total = 0
    for progress, mask in masks.items():
        count = (bits & mask).bit_count()
        if count:
            part, _, whole = progress.partition("/")
            done += count * int(part)
            total += count * int(whole)
    return f"{done}/{total}"


def _children_first(table: NodeTable) -> list[Node]:
    order: list[Node] = []
    seen: set[str] = set()
    for start in table.nodes.values():
        if start.id in seen:
            continue
        seen.add(start.id)
        stack = [(start, iter(start.children))]
        while stack:
            node, rest = stack[-1]
            for child_id in rest:
                child = table.nodes.get(child_id)
                if child is not None and child_id not in seen:
                    seen.add(child_id)
                    stack.append((child, iter(child.children)))
                    break
            else:
                stack.pop()
                order.append(node)
    return order
