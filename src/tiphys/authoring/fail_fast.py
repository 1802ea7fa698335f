"""`argo.fail_fast`: Argo's two fields of that name, which do different things."""

from __future__ import annotations

from typing import Any

from kfp.dsl import pipeline_task, tasks_group

from tiphys.authoring.caller import refuse
from tiphys.authoring.settings import Kind, kind_of, run_settings, settings_of


def fail_fast(target: Any, enabled: bool | None = None, *, stop: bool = False) -> Any:
    """What a failure inside a DAG does to the rest of it.

    `argo.fail_fast(False)` speaks of the pipeline, `argo.fail_fast(group, False)` of a group or the call of a
    sub-pipeline. It sets `dag.failFast`, which is true unless it is said. Whatever it is, Argo goes on
    starting tasks that do not depend on the failed one; with `False` the phase of the DAG is decided by the
    last of its failed targets instead of the first.

    `stop=True` sets the other field, `failFast` of the template: no further task of the group starts
    after a failure. That is what its name promises.

    Example:
        loop = dsl.ParallelFor([0.1, 0.2, 0.3])
        with loop as item:
            train(rate=item)
        argo.fail_fast(loop, False)
        argo.fail_fast(False)

    Returns the target.
    """
    if isinstance(target, bool):
        if enabled is not None or stop:
            raise refuse(
                "argo.fail_fast: give a group and a value, or a value alone",
                remedy="`argo.fail_fast(loop, False)` for a group, `argo.fail_fast(False)` for the pipeline.",
            )
        run_settings().dag["failFast"] = target
        return target
    if not isinstance(target, (pipeline_task.PipelineTask, tasks_group.TasksGroup)):
        raise refuse(
            f"argo.fail_fast: {target!r} is neither a group nor true or false",
            remedy="`argo.fail_fast(loop, False)` for a group, `argo.fail_fast(False)` for the pipeline.",
        )
    if kind_of(target) not in (Kind.GROUP, Kind.CALL):
        raise refuse(
            f"argo.fail_fast: `{target.name}` is a single task; only a group has tasks to stop",
            remedy="Give the group or sub-pipeline, or say `argo.fail_fast(False)` for the pipeline.",
        )
    settings = settings_of(target)
    if enabled is not None or not stop:
        settings.part("dag")["failFast"] = True if enabled is None else bool(enabled)
    if stop:
        settings.part("template")["failFast"] = True
    return target
