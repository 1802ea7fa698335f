"""Filling a step or task in with what others left: `when` first, then the rest, then its artifacts.

https://github.com/argoproj/argo-workflows/blob/main/workflow/controller/dag.go (resolveDependencyReferences)
and steps.go (resolveReferences)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tiphys.engine import fan_out
from tiphys.engine.operation import REQUEUE, Operation
from tiphys.engine.scope import Scope
from tiphys.engine.substitution import Plan
from tiphys.errors import ExpressionError, NodeError
from tiphys.expressions import tags
from tiphys.expressions.ambient import Ambient
from tiphys.messages.outputs import Json

_STRICT: Final = ("tasks", "steps")


@dataclass(frozen=True, slots=True)
class Reader:
    """How a step or task is read: its texts with tags (not those of its hooks), and whether steps are meant.

    Steps leave out any optional artifact that cannot be resolved, tasks only those that are not there.
    """

    plan: Plan | None
    steps: bool

    def resolve(
        self, op: Operation, task: Mapping[str, Json], make_scope: Callable[[], Scope]
    ) -> Mapping[str, Json]:
        """The step or task with its references resolved.

        Raises `REQUEUE` for what is not there yet, another `NodeError` for what never will be.
        """
        scope: Scope | None = None
        params: dict[str, Any] = {}
        if op.volumes_have_tags:
            op.fill_volumes(make_scope().parameters({}))
        if self.plan is not None or _fetches(task):
            scope = make_scope()
            params = scope.parameters(op.variables.values)
        if task.get("when"):
            resolved = self._when(task, params, op.ambient)
            if resolved is not None:
                return {**task, "when": resolved}
        if scope is None:
            return task
        made = dict(task)
        if made.get("arguments"):
            made["arguments"] = scope.with_absent_arguments(made["arguments"])
        if self.plan is not None:
            made = _strictly(made, self.plan, params, op.ambient)
        if _fetches(made):
            made["arguments"] = {**made["arguments"], "artifacts": self._artifacts(made, scope)}
        return made

    def _when(self, task: Mapping[str, Json], params: Mapping[str, Any], ambient: Ambient) -> str | None:
        """The condition with its values if it says no; None if the task goes on."""
        condition = str(task["when"])
        if "{{" in condition:
            condition = _strict_text(condition, params, ambient)
        try:
            return None if fan_out.should_execute(condition) else condition
        except NodeError:
            # it may hold tags of the loop's item
            if fan_out.is_loop(task):
                return None
            raise

    def _artifacts(self, task: Mapping[str, Json], scope: Scope) -> list[Mapping[str, Json]]:
        found: list[Mapping[str, Json]] = []
        for artifact in task["arguments"]["artifacts"]:
            if not artifact.get("from") and not artifact.get("fromExpression"):
                found.append(artifact)
                continue
            try:
                resolved = scope.artifact(artifact)
            except (NodeError, ExpressionError) as failure:
                if artifact.get("optional") and (self.steps or "Unable to resolve" in failure.message):
                    continue
                text = f"unable to resolve references: {failure.message}" if self.steps else failure.message
                raise NodeError(text) from failure
            found.append({**(resolved or {}), "name": artifact.get("name")})
        return found


def without_hooks(plan: Plan | None) -> Plan | None:
    """The plan of a step or task less its hooks: they see the outputs of their own step or task later."""
    if plan is None or "hooks" not in plan:
        return plan
    return {key: below for key, below in plan.items() if key != "hooks"} or None


def _fetches(task: Mapping[str, Json]) -> bool:
    artifacts = (task.get("arguments") or {}).get("artifacts") or ()
    return any(each.get("from") or each.get("fromExpression") for each in artifacts)


def _strictly(tree: Json, plan: Plan, params: Mapping[str, Any], ambient: Ambient) -> Any:
    if isinstance(tree, str):
        return _strict_text(tree, params, ambient) if "{{" in tree else tree
    made = tree.copy()
    for key, below in plan.items():
        made[key] = _strictly(tree[key], below, params, ambient)
    return made


def _strict_text(text: str, params: Mapping[str, Any], ambient: Ambient) -> str:
    try:
        return tags.replace(
            text, params, allow_unresolved=True, strict_prefixes=_STRICT, ambient=ambient
        )
    except tags.UnresolvedTag as error:
        if error.missing_variable:
            raise REQUEUE from error
        raise NodeError(error.message) from error
    except ExpressionError as error:
        raise NodeError(error.message) from error
