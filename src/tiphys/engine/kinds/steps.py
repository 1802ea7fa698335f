"""Steps templates: groups of steps one after the other, the steps of a group side by side.

Argo goes through all groups in every reconciliation. A `StepsFrame` remembers the group it has come to,
what the groups before left, and looks at those steps of the group that something happened to.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/steps.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tiphys.engine import fan_out, hooks, limits, memoize, retry
from tiphys.engine.agenda import Agenda
from tiphys.engine.daemons import stop_daemons
from tiphys.engine.dag_scope import loop_items, names_used
from tiphys.engine.deadlines import children_fulfilled
from tiphys.engine.execution import execute_template
from tiphys.engine.fan_out import Loop
from tiphys.engine.operation import (
    MAX_DEPTH_EXCEEDED,
    PARALLELISM_REACHED,
    REQUEUE,
    TIMEOUT,
    Answer,
    Call,
    Operation,
    Options,
)
from tiphys.engine.outbound import outbound_nodes
from tiphys.engine.outputs import Aggregate, export, template_outputs
from tiphys.engine.references import Reader, without_hooks
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node
from tiphys.engine.scope import Scope
from tiphys.engine.substitution import plan_of
from tiphys.errors import NodeError
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

Step = Mapping[str, Json]

_PLACE: Final = re.compile(r"\[(\d+)\](?:\.([^.(]+)(?:\((\d+):)?)?")


def execute(op: Operation, call: Call) -> Answer:
    """Begin the steps or carry on with them (executeSteps)."""
    node = op.nodes.named(call.node_name)
    if node is None:
        node = op.new_executable_node(call, NodeType.STEPS, NodePhase.RUNNING)
    frame = op.frames.get(node.id)
    if not isinstance(frame, StepsFrame) or (frame.call is not call and frame.call.template != call.template):
        frame = op.frames[node.id] = StepsFrame(op, call, node)
    try:
        return frame.execute(op, node)
    finally:
        if node.is_done:
            stop_daemons(op, node.id)


@dataclass(frozen=True, slots=True)
class _Entry:
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


class _Group:
    """The steps of the present group, resolved and expanded. `offsets` says where those of a step begin."""

    def __init__(self, entries: list[_Entry], offsets: dict[str, int], *, hooked: bool) -> None:
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


class StepsFrame:
    """A Steps node under way; `at` is the group it has come to, `scope` what the groups before left."""

    def __init__(self, op: Operation, call: Call, node: Node) -> None:
        self.call = call
        self.node_id = node.id
        self.node_name = node.name
        self.groups: list[list[Step]] = call.template["steps"]
        self.queued = True
        self.at = 0
        self.scope = Scope("steps", call.template)
        texts = {key: value for key, value in call.template.items() if key in ("steps", "outputs")}
        self._used = names_used(texts, b"steps") if not op.volumes_have_tags else None
        self._group: _Group | None = None
        self._connected = -1
        self._reopened: set[int] = set()
        self._options = Options(boundary_id=node.id, on_exit=call.options.on_exit)

    def mark(self, node_name: str) -> None:
        """Look at the step that the node belongs to."""
        self.queued = True
        found = _PLACE.match(node_name, len(self.node_name))
        if found is None:
            return
        group = self._group
        if int(found[1]) < self.at:
            self._reopened.add(int(found[1]))
        if group is None or int(found[1]) != self.at or found[2] is None:
            return
        offset = group.offsets.get(found[2])
        if offset is not None:
            group.agenda.push(offset + int(found[3] or 0))

    def _rewind(self) -> None:
        """Go through all groups again: a step of an earlier one, such as a daemon, has changed.

        A group is only executed again while anything below it is open, which may be so a pass later.
        """
        self.at = 0
        self.scope = Scope("steps", self.call.template)
        self._group = None
        self._connected = -1

    def watches(self, node_name: str) -> bool:
        """Whether anything may have to be done when the node starts to run."""
        return self._group is not None and self._group.hooked

    def _group_name(self, index: int) -> str:
        return f"{self.node_name}[{index}]"

    # --- all groups

    def execute(self, op: Operation, node: Node) -> Answer:
        """Go on from the present group as far as possible."""
        self.queued = False
        if self._reopened:
            self._rewind()
            op.look_again(node)
        self.scope.ambient = op.ambient
        self.scope.set_workflow_outputs(op.run.outputs)
        while self.at < len(self.groups):
            group_node = self._begin_group(op, node)
            error = self._run_group(op, group_node)
            if error is not None:
                op.look_again(node)
                return op.mark_error(group_node, error), None
            if not group_node.is_fulfilled:
                if self._group is None or self._group.waits:
                    op.look_again(node)
                return node, None
            if group_node.phase.is_failure:
                node.outbound_nodes = self._outbound(op)
                return op.mark_phase(node, NodePhase.FAILED, group_node.message), None
            try:
                self._add_outputs(op, group_node)
            except NodeError as failure:
                return node, failure
            self.at += 1
            self._group = None
        return self._finish(op, node)

    def _begin_group(self, op: Operation, node: Node) -> Node:
        """The node of the present group, hung below what came before."""
        name = self._group_name(self.at)
        group_node = op.nodes.named(name)
        if group_node is None:
            group_node = op.new_node(
                name, NodeType.STEP_GROUP, NodePhase.RUNNING, {}, self.call.inner, self._options
            )
        elif not group_node.is_fulfilled:
            op.mark_phase(group_node, NodePhase.RUNNING)
        if self._connected == self.at:
            return group_node
        self._connected = self.at
        if self.at == 0:
            op.add_child(node, group_node.id)
            return group_node
        before = op.nodes.named(self._group_name(self.at - 1))
        if before is None:
            raise Panic(f"step group {self._group_name(self.at - 1)} has no node")
        if not before.children:
            # Argo hangs this group below the empty one, takes it for a step of that, and waits for ever
            op.add_child(before, group_node.id)
            self._reopened.add(self.at - 1)
        for child_id in list(before.children):
            if child_id == group_node.id:
                continue
            for parent_id in outbound_nodes(op, op.nodes.nodes[child_id]):
                op.add_child(op.nodes.nodes[parent_id], group_node.id)
        return group_node

    def _finish(self, op: Operation, node: Node) -> Answer:
        node.outbound_nodes = self._outbound(op)
        op.nodes.touch(node)
        try:
            outputs = template_outputs(self.call.template, self.scope)
            if outputs is not None:
                node.outputs = outputs
                export(op, outputs)
            if node.memoization_status is not None:
                saved = memoize.save(op.environment, op.run.namespace, node, op.now)
                if saved is not None:
                    op.decisions.append(saved)
        except NodeError as failure:
            return node, failure
        return op.mark_phase(node, NodePhase.SUCCEEDED), None

    def _outbound(self, op: Operation) -> list[str]:
        """What stands at the end of the last group that began (updateOutboundNodes)."""
        for index in range(len(self.groups) - 1, -1, -1):
            group_node = op.nodes.named(self._group_name(index))
            if group_node is not None:
                found: list[str] = []
                for child_id in group_node.children:
                    found.extend(outbound_nodes(op, op.nodes.nodes[child_id]))
                return found
        return []

    def _add_outputs(self, op: Operation, group_node: Node) -> None:
        """What the steps of a group that succeeded leave to those after it."""
        for step in self.groups[self.at]:
            name = str(step.get("name", ""))
            if self._used is not None and name not in self._used and not fan_out.is_loop(step):
                continue
            node_name = f"{group_node.name}.{name}"
            node = op.nodes.named(node_name)
            if node is not None:
                self.scope.set_node(name, retry.last_attempt(op, node) or node)
                if node.phase in (NodePhase.SKIPPED, NodePhase.OMITTED):
                    self.scope.set_skipped_node(name, node, self._declared(op, step), artifacts=True)
                continue
            items = [
                each
                for each in loop_items(op, group_node)
                if each.name.startswith(node_name + "(") and each.type is not NodeType.SKIPPED
            ]
            wanted = self._used is None or name in self._used
            if items and (wanted or any(each.outputs and each.outputs.result is not None for each in items)):
                Aggregate(items).fill(self.scope, name)
            if wanted:
                self.scope.set_node(name, group_node)

    def _declared(self, op: Operation, step: Step) -> Mapping[str, Json] | None:
        try:
            return op.templates.resolve(self.call.inner, step).template
        except NodeError:
            return None

    # --- one group (executeStepGroup)

    def _run_group(self, op: Operation, group_node: Node) -> NodeError | None:
        if self._group is None:
            if group_node.is_fulfilled and children_fulfilled(op, group_node):
                return None
            self._reopened.discard(self.at)
            try:
                self._group = self._expand(op, group_node, self._resolve(op))
            except NodeError as error:
                if error is REQUEUE:
                    op.requeue(group_node.name, error.__cause__)
                    return None
                op.mark_error(group_node, error)
                return None
        if not self._run_steps(op, group_node, self._group):
            return None
        if self._group.hooked:
            return self._complete_hooked(op, group_node, self._group)
        if self._group.unfinished or (not self._group.entries and _has_open_group(op, group_node)):
            if group_node.is_fulfilled:
                op.mark_phase(group_node, NodePhase.RUNNING)
            return None
        self._judge(op, group_node, self._group)
        return None

    def _resolve(self, op: Operation) -> list[Step]:
        resolved = []
        missing: BaseException | None = None
        for step in self.groups[self.at]:
            reader = Reader(without_hooks(plan_of(step)), steps=True)
            try:
                resolved.append(reader.resolve(op, step, lambda: self.scope))
            except NodeError as error:
                if error is not REQUEUE:
                    raise NodeError(f"failed to resolve references: {error.message}") from error
                missing = error.__cause__  # another step may still bring the group to its end
        if missing is not None:
            raise REQUEUE from missing
        return resolved

    def _expand(self, op: Operation, group_node: Node, steps: list[Step]) -> _Group:
        entries: list[_Entry] = []
        offsets: dict[str, int] = {}
        for step in steps:
            name = str(step.get("name", ""))
            offsets.setdefault(name, len(entries))
            if not fan_out.is_loop(step):
                entries.append(_Entry(f"{group_node.name}.{name}", step))
                continue
            loop = self._loop(op, step)
            if not loop.items:
                self._skip(op, group_node, f"{group_node.name}.{name}", step, "Skipped, empty params")
            entries.extend(
                _Entry(f"{group_node.name}.{loop.item_name(index)}", None, loop, index)
                for index in range(len(loop.items))
            )
        hooked = any(step.get("hooks") or step.get("onExit") for step in steps)
        return _Group(entries, offsets, hooked=hooked)

    def _loop(self, op: Operation, step: Step) -> Loop:
        body = {key: value for key, value in step.items() if key not in ("withItems", "withParam", "withSequence")}
        scope = self.scope.parameters(op.variables.values) if plan_of(body) is not None else {}
        loop = Loop(step, body, fan_out.items_of(step), scope, op.ambient)
        for index in range(len(loop.items)):
            loop.item(index)  # one that cannot be filled in spoils them all
        return loop

    def _skip(self, op: Operation, group_node: Node, node_name: str, step: Step, why: str) -> None:
        if op.nodes.named(node_name) is not None:
            return
        node = op.new_node(
            node_name, NodeType.SKIPPED, NodePhase.SKIPPED, step, self.call.inner, self._options, why
        )
        op.add_child(group_node, node.id)

    def _run_steps(self, op: Operation, group_node: Node, group: _Group) -> bool:
        """Execute the steps that are marked; false if the group must not be judged now."""
        for index in group.requeued:
            group.agenda.push(index)
        group.requeued.clear()
        try:
            while (index := group.agenda.take(lambda: limits.boundary_limit_reached(op, self.node_id))) is not None:
                if not self._run_step(op, group_node, group, index):
                    return False
                child = op.nodes.named(group.entries[index].node_name)
                if child is None or child.is_fulfilled:
                    group.unfinished.discard(index)
                else:
                    group.unfinished.add(index)
        finally:
            group.agenda.end_pass()
        return True

    def _run_step(self, op: Operation, group_node: Node, group: _Group, index: int) -> bool:
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
                self.call.inner,
                self._options,
                error.message,
            )
            op.add_child(group_node, node.id)
            op.mark_error(group_node, error)
            return False
        if not wanted:
            why = f"when '{step.get('when')}' evaluated false"
            self._skip(op, group_node, entry.node_name, step, why)
            return True
        node_id = op.nodes.id_of(entry.node_name)
        child, failed = execute_template(
            op, entry.node_name, step, False, self.call.inner, step.get("arguments"), self._options
        )
        if failed is PARALLELISM_REACHED:
            group.agenda.refuse(index) if child is None else group.requeued.add(index)
        elif failed is TIMEOUT:
            op.mark_phase(group_node, NodePhase.FAILED, failed.message)
            return False
        elif failed is not None and failed is not MAX_DEPTH_EXCEEDED:
            op.add_child(group_node, node_id)
            text = f"step group deemed errored due to child {entry.node_name} error: {failed.message}"
            op.mark_error(group_node, NodeError(text))
            return False
        if child is not None:
            group.executed[node_id] = index
            op.add_child(group_node, node_id)
        return True

    def _complete_hooked(self, op: Operation, group_node: Node, group: _Group) -> NodeError | None:
        """Hooks of all steps, in order; the group is judged when they and the steps are done."""
        completed = True
        for child_id in list(group_node.children):
            child = op.nodes.nodes[child_id]
            index = group.executed.get(child_id)
            step: Step = group.entries[index].made() if index is not None else {}
            name = str(step.get("name", ""))
            self.scope.set_status(child.display_name, child)
            done, error = hooks.run_task_hooks(op, self.scope, step, child, self.node_id, self.call.inner)
            if error is not None:
                op.mark_error(group_node, error)
            if not done:
                return None
            if not child.is_fulfilled:
                completed = False
            elif child.is_completed:
                hook = hooks.exit_hook(step, op.spec.get("arguments"))
                has, made, error = hooks.run_exit_hook(
                    op, hook, child, self.node_id, self.call.inner, name, self.scope
                )
                if error is not None:
                    return error
                if has and (made is None or not made.is_fulfilled):
                    completed = False
        if completed:
            self._judge(op, group_node, group)
        elif group_node.is_fulfilled:
            op.mark_phase(group_node, NodePhase.RUNNING)
        return None

    def _judge(self, op: Operation, group_node: Node, group: _Group) -> None:
        """All steps are done: the first that failed, and was not allowed to, fails the group."""
        for child_id in group_node.children:
            child = op.nodes.nodes[child_id]
            if not child.phase.is_failure:
                continue
            index = group.executed.get(child_id)
            step: Step = group.entries[index].made() if index is not None else {}
            continue_on = step.get("continueOn") or {}
            if not continue_on.get("error" if child.phase is NodePhase.ERROR else "failed"):
                op.mark_phase(group_node, NodePhase.FAILED, f"child '{child_id}' failed")
                return
        op.mark_phase(group_node, NodePhase.SUCCEEDED)


def _has_open_group(op: Operation, group_node: Node) -> bool:
    """Whether an empty group has the next one below itself."""
    children = (op.nodes.nodes[child_id] for child_id in group_node.children)
    return any(child.type is NodeType.STEP_GROUP and not child.is_fulfilled for child in children)
