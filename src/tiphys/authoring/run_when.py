"""`argo.run_when`: when a task runs, by the name of a rule, as Airflow's trigger rules."""

from __future__ import annotations

from typing import Any

from tiphys.authoring.needs import RULES
from tiphys.authoring.settings import check_choice, need


def run_when(task: Any, rule: str, *upstreams: Any) -> Any:
    """Run `task` by a rule over its upstreams: those given, else all that it has (`.after` and data).

    | rule | the task runs when |
    |---|---|
    | `all_success` | every upstream succeeded |
    | `all_done` | every upstream has ended, however it ended |
    | `all_failed` | every upstream failed, errored or was omitted (of a loop: every item failed) |
    | `all_skipped` | every upstream was skipped |
    | `one_success` | all have ended and at least one succeeded (of a loop: one item) |
    | `one_failed` | at least one failed, errored or was omitted |
    | `none_failed` | every upstream succeeded or was skipped |
    | `none_failed_min_one_success` | as `none_failed`, and one succeeded |
    | `none_skipped` | every upstream has ended and none was skipped |

    A failure that the rule provides for is handled: it does not fail the run.

    Example:
        with dsl.ParallelFor([0.1, 0.2, 0.3]) as item:
            trained = train(rate=item)
        argo.run_when(report().after(trained), "all_done")

    Returns `task`.
    """
    need(task, check_choice(rule, RULES, "rule"), operands=upstreams)
    return task
