"""The steps that a Steps node is at: one group, its loops expanded, and what becomes of it.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/steps.go (executeStepGroup)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tiphys.engine import fan_out, hooks, limits
from tiphys.engine.agenda import Agenda
from tiphys.engine.execution import execute_template
from tiphys.engine.fan_out import Loop
from tiphys.engine.operation import (
    MAX_DEPTH_EXCEEDED,
    PARALLELISM_REACHED,
    REQUEUE,
    TIMEOUT,
    Operation,
    Options,
)
from tiphys.engine.references import Reader, without_hooks
from tiphys.engine.run import Node
from tiphys.engine.scope import Scope
from tiphys.engine.substitution import plan_of
from tiphys.engine.templates import TemplateBase
from tiphys.errors import NodeError
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

Step = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all steps of a Steps node share."""

    base: TemplateBase
    options: Options


@dataclass(frozen=True, slots=True)
class Entry:
    """A step of a group, or one item of a loop."""

    node_name: str
    step: Step | None
    loop: Loop | None = None
    index: int = 0

    def made(self) -> Step:
        """The step, filled in with its item."""
        if self.step is not None:
            return self.step
        assert self.loop is not None  # noqa: S101 - an entry has the one or the other
        return self.loop.item(self.index)


class Group:
    """The steps of the present group, resolved and expanded.

    `offsets` says where those of a step begin; `executed` which entry a node comes from; `requeued` are
    entries to look at though nothing happens to them, `unfinished` those whose node is open.
    """

    def __init__(self, entries: list[Entry], offsets: dict[str, int], *, hooked: bool) -> None:
        self.entries = entries
        self.offsets = offsets
        self.hooked = hooked
        self.agenda = Agenda(len(entries))
        self.executed: dict[str, int] = {}
        self.requeued: set[int] = set()
        self.unfinished: set[int] = set()

    @property
    def waits(self) -> bool:
        """Whether the group must be looked at again though nothing happens to it."""
        return bool(self.agenda or self.requeued) or self.agenda.has_refused or self.hooked

    def mark(self, step: str, item: int) -> None:
        """Look at the step, or at that item of its loop."""
        offset = self.offsets.get(step)
        if offset is not None:
            self.agenda.push(offset + item)

    def step_of(self, node_id: str) -> Step:
        """The step that a node comes from; an empty one if it was not executed, but passed over."""
        index = self.executed.get(node_id)
        return self.entries[index].made() if index is not None else {}


# --- what the group consists of


def resolve(op: Operation, steps: Sequence[Step], scope: Scope) -> list[Step]:
    """The steps with the values they refer to (resolveReferences)."""
    resolved = []
    missing: BaseException | None = None
    for step in steps:
        reader = Reader(without_hooks(plan_of(step)), steps=True)
        try:
            resolved.append(reader.resolve(op, step, lambda: scope))
        except NodeError as error:
            if error is not REQUEUE:
                raise NodeError(f"failed to resolve references: {error.message}") from error
            missing = error.__cause__  # another step may still bring the group to its end
    if missing is not None:
        raise REQUEUE from missing
    return resolved


def expand(op: Operation, setting: Setting, group_node: Node, steps: list[Step], scope: Scope) -> Group:
    """The group with a step for each item of its loops (expandStepGroup)."""
    entries: list[Entry] = []
    offsets: dict[str, int] = {}
    for step in steps:
        name = str(step.get("name", ""))
        offsets.setdefault(name, len(entries))
        if not fan_out.is_loop(step):
            entries.append(Entry(f"{group_node.name}.{name}", step))
            continue
        loop = _loop(op, step, scope)
        if not loop.items:
            _skip(op, setting, group_node, f"{group_node.name}.{name}", step, "Skipped, empty params")
        entries.extend(
            Entry(f"{group_node.name}.{loop.item_name(index)}", None, loop, index) for index in range(len(loop.items))
        )
    return Group(entries, offsets, hooked=any(hooks.has_any(step) for step in steps))


def _loop(op: Operation, step: Step, scope: Scope) -> Loop:
    body = {key: value for key, value in step.items() if key not in ("withItems", "withParam", "withSequence")}
    values = scope.parameters(op.variables.values) if plan_of(body) is not None else {}
    loop = Loop(step, body, fan_out.items_of(step), values, op.ambient)
    for index in range(len(loop.items)):
        loop.item(index)  # one that cannot be filled in spoils them all
    return loop


def _skip(op: Operation, setting: Setting, group_node: Node, node_name: str, step: Step, why: str) -> None:
    if op.nodes.named(node_name) is not None:
        return
    node = op.new_node(node_name, NodeType.SKIPPED, NodePhase.SKIPPED, step, setting.base, setting.options, why)
    op.add_child(group_node, node.id)


# --- its steps


def run(op: Operation, setting: Setting, group_node: Node, group: Group) -> bool:
    """Execute the steps that are marked; false if the group must not be judged now."""
    for waiting in group.requeued:
        group.agenda.push(waiting)
    group.requeued.clear()
    boundary_id = setting.options.boundary_id

    def is_full() -> bool:
        return limits.boundary_limit_reached(op, boundary_id)

    try:
        while (index := group.agenda.take(is_full)) is not None:
            if not _run_entry(op, setting, group_node, group, index):
                return False
            child = op.nodes.named(group.entries[index].node_name)
            if child is None or child.is_fulfilled:
                group.unfinished.discard(index)
            else:
                group.unfinished.add(index)
    finally:
        group.agenda.end_pass()
    return True


def _run_entry(op: Operation, setting: Setting, group_node: Node, group: Group, index: int) -> bool:
    entry = group.entries[index]
    known = op.nodes.named(entry.node_name)
    if known is not None and known.is_done and known.id not in op.unnamed:
        op.release_locks(known)
        if known.type is not NodeType.SKIPPED or known.phase is not NodePhase.SKIPPED:
            group.executed[known.id] = index
            op.add_child(group_node, known.id)
        return True
    step = entry.made()
    try:
        wanted = fan_out.should_execute(step.get("when"))
    except NodeError as error:
        node = op.new_node(
            entry.node_name,
            NodeType.SKIPPED,
            NodePhase.ERROR,
            step,
            setting.base,
            setting.options,
            error.message,
        )
        op.add_child(group_node, node.id)
        op.mark_error(group_node, error)
        return False
    if not wanted:
        why = f"when '{step.get('when')}' evaluated false"
        _skip(op, setting, group_node, entry.node_name, step, why)
        return True
    return _execute(op, setting, group_node, group, index, step)


def _execute(op: Operation, setting: Setting, group_node: Node, group: Group, index: int, step: Step) -> bool:
    node_name = group.entries[index].node_name
    node_id = op.nodes.id_of(node_name)
    child, failed = execute_template(op, node_name, step, False, setting.base, step.get("arguments"), setting.options)
    if failed is PARALLELISM_REACHED:
        group.agenda.refuse(index) if child is None else group.requeued.add(index)
    elif failed is TIMEOUT:
        op.mark_phase(group_node, NodePhase.FAILED, failed.message)
        return False
    elif failed is not None and failed is not MAX_DEPTH_EXCEEDED:
        op.add_child(group_node, node_id)
        text = f"step group deemed errored due to child {node_name} error: {failed.message}"
        op.mark_error(group_node, NodeError(text))
        return False
    if child is not None:
        group.executed[node_id] = index
        op.add_child(group_node, node_id)
    return True


# --- what becomes of it


def complete_hooked(
    op: Operation, setting: Setting, group_node: Node, group: Group, scope: Scope
) -> tuple[bool, NodeError | None]:
    """Hooks of all steps, in order; the group is judged when they and the steps are done.

    False if it was not looked at to the end: Argo then goes by what the group was before.
    """
    boundary_id = setting.options.boundary_id
    completed = True
    for child_id in list(group_node.children):
        child = op.nodes.nodes[child_id]
        step = group.step_of(child_id)
        scope.set_status(child.display_name, child)
        done, error = hooks.run_task_hooks(op, scope, step, child, boundary_id, setting.base)
        if error is not None:
            op.mark_error(group_node, error)
        if not done:
            return False, None
        if not child.is_fulfilled:
            completed = False
        elif child.is_completed:
            hook = hooks.exit_hook(step, op.spec.get("arguments"))
            name = str(step.get("name", ""))
            has, made, error = hooks.run_exit_hook(op, hook, child, boundary_id, setting.base, name, scope)
            if error is not None:
                return True, error
            if has and (made is None or not made.is_fulfilled):
                completed = False
    if completed:
        judge(op, group_node, group)
    elif group_node.is_fulfilled:
        op.mark_phase(group_node, NodePhase.RUNNING)
    return True, None


def judge(op: Operation, group_node: Node, group: Group) -> None:
    """All steps are done: the first that failed, and was not allowed to, fails the group."""
    for child_id in group_node.children:
        child = op.nodes.nodes[child_id]
        if not child.phase.is_failure:
            continue
        continue_on = group.step_of(child_id).get("continueOn") or {}
        if not continue_on.get("error" if child.phase is NodePhase.ERROR else "failed"):
            op.mark_phase(group_node, NodePhase.FAILED, f"child '{child_id}' failed")
            return
    op.mark_phase(group_node, NodePhase.SUCCEEDED)


def has_open_group(op: Operation, group_node: Node) -> bool:
    """Whether an empty group has the next one below itself."""
    children = (op.nodes.nodes[child_id] for child_id in group_node.children)
    return any(child.type is NodeType.STEP_GROUP and not child.is_fulfilled for child in children)
