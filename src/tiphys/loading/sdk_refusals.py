"""What to do where the kfp SDK refuses: its own reason is shown, and beside it our remedy.

`argo` in a remedy is `from tiphys import argo`.
"""

from __future__ import annotations

import re
from typing import Final

_REMEDIES: Final[dict[str, str]] = {
    r"can only use \.ignore_upstream_failure\(\) if all input": """
        Say `argo.run_when(task, "all_done")` instead of `.ignore_upstream_failure()`
        (`from tiphys import argo`), or give the input a default.""",
    r"ExitHandler can only be used within the outermost scope": """
        Say `argo.on_exit(task, report())` for each task or group (`from tiphys import argo`), or
        `argo.run_when(report, "all_done")` of a last task; or put the body with its ExitHandler into a
        `@dsl.pipeline` of its own and call that here.""",
    r"component_input_parameter: .*loop-item.* not found": """
        The SDK cannot put the item of this loop into a longer text: `from tiphys import argo` mends it,
        or give the item to the component by itself.""",
    r"PipelineTaskFinalStatus can only be used in an exit task": """
        Make the task the exit task of a `dsl.ExitHandler`, or call `.ignore_upstream_failure()` on it.""",
    r"'\.ignore_upstream_failure\(\)' and 'PipelineTaskFinalStatus' must have exactly one": """
        Put the upstream tasks into one `dsl.ExitHandler` or sub-pipeline: its status is told then.""",
    r"Illegal task dependency across DSL context managers": """
        To run after the group, say `argo.depends(task, argo.succeeded(group))` (`from tiphys import argo`);
        to read what its tasks give, use `dsl.Collected` for loops and `dsl.OneOf` for branches.""",
    r'"\.after\(\)" on task group|PipelineTask\.after\(\) only supports': """
        Say `argo.depends(task, argo.succeeded(group))` (`from tiphys import argo`).""",
    r"Platform-specific features can only be set on primitive components": """
        Settings of `tiphys.argo` work on calls of pipelines as well: `argo.template(call, ...)`.""",
    r"Artifacts must have both a schema_title and a schema_version": """
        kfp reads the annotations of a function as they are: take `from __future__ import annotations` out,
        and use str, int, float, bool, list, dict or artifacts as types.""",
    r"Default pipeline not defined": "Use it inside a function decorated with `@dsl.pipeline`.",
    r"Got constant boolean": "Compare an output or a parameter of the pipeline in the condition.",
    r"Task is missing from pipeline": "Call a component inside the pipeline's function.",
}


def remedy_for(error: BaseException) -> str:
    """What to do about a refusal of the SDK; empty where nothing better can be said than the SDK did."""
    text = str(error)
    found = next((remedy for pattern, remedy in _REMEDIES.items() if re.search(pattern, text, re.DOTALL)), "")
    return " ".join(found.split())
