"""Steps templates: groups of steps one after the other, the steps of a group side by side.

Argo goes through all groups in every reconciliation. A `StepsFrame` remembers the group it has come to,
what the groups before left, and looks at those steps of the group that something happened to.
https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/steps.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from tiphys.engine import fan_out, memoize, retry, steps_group
from tiphys.engine.daemons import stop_daemons
from tiphys.engine.dag_scope import has_named_template, loop_items, names_used
from tiphys.engine.deadlines import children_fulfilled
from tiphys.engine.operation import (
    REQUEUE,
    Answer,
    Call,
    Operation,
    Options,
)
from tiphys.engine.outbound import outbound_nodes
from tiphys.engine.outputs import Aggregate, export, template_outputs
from tiphys.engine.panic import Panic
from tiphys.engine.run import Node
from tiphys.engine.scope import Scope
from tiphys.engine.steps_group import Group, Setting, Step
from tiphys.errors import NodeError
from tiphys.messages.outputs import Json
from tiphys.messages.phases import NodePhase, NodeType

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


class StepsFrame:
    """A Steps node under way; `at` is the group it has come to, `scope` what the groups before left.

    `_judged_later` says that the error of a hook has ended the group, which counts from the next pass on.
    """

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
        self._first = next((str(step.get("name", "")) for group in self.groups for step in group), "")
        self._group: Group | None = None
        self._connected = -1
        self._reopened: set[int] = set()
        self._judged_later = False
        self._setting = Setting(call.inner, Options(boundary_id=node.id, on_exit=call.options.on_exit))

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
        group.mark(found[2], int(found[3] or 0))

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
            if not group_node.is_fulfilled or self._judged_later:
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
                name, NodeType.STEP_GROUP, NodePhase.RUNNING, {}, self.call.inner, self._setting.options
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
            if self._is_unused(name) and not fan_out.is_loop(step):
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
            if items and not has_named_template(items[0]):
                raise NodeError("failed to get a template")
            wanted = not self._is_unused(name)
            if items and (wanted or any(each.outputs and each.outputs.result is not None for each in items)):
                Aggregate(items).fill(self.scope, name)
            if wanted:
                self.scope.set_node(name, group_node)

    def _is_unused(self, name: str) -> bool:
        """Whether nobody asks for the step; the first is known always, so that one not there yet can be asked for."""
        return self._used is not None and name not in self._used and name != self._first

    def _declared(self, op: Operation, step: Step) -> Mapping[str, Json] | None:
        try:
            return op.templates.resolve(self.call.inner, step).template
        except NodeError:
            return None

    # --- one group (executeStepGroup)

    def _run_group(self, op: Operation, group_node: Node) -> NodeError | None:
        self._judged_later = False
        if group_node.is_fulfilled and children_fulfilled(op, group_node):
            return None
        if self._group is None:
            self._reopened.discard(self.at)
            try:
                steps = steps_group.resolve(op, self.groups[self.at], self.scope)
                self._group = steps_group.expand(op, self._setting, group_node, steps, self.scope)
            except NodeError as error:
                if error is REQUEUE:
                    op.requeue(group_node.name, error.__cause__)
                    return None
                op.mark_error(group_node, error)
                return None
        group = self._group
        if not steps_group.run(op, self._setting, group_node, group):
            return None
        if group.hooked:
            was_over = group_node.is_fulfilled
            judged, failure = steps_group.complete_hooked(op, self._setting, group_node, group, self.scope)
            self._judged_later = not judged and not was_over
            return failure
        if group.unfinished or (not group.entries and steps_group.has_open_group(op, group_node)):
            if group_node.is_fulfilled:
                op.mark_phase(group_node, NodePhase.RUNNING)
            return None
        steps_group.judge(op, group_node, group)
        return None
