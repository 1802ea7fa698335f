"""`argo.transform`: any change of the compiled manifest, by a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiphys.authoring.caller import refuse
from tiphys.authoring.settings import run_settings

Transform = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Takes the Workflow as plain data; changes it in place or answers another."""


def transform(function: Transform) -> Transform:
    """Let `function` change the compiled Workflow: the hatch through which everything fits.

    It gets the manifest as plain data and changes it in place or returns another. What rewrote KFP 1.8's
    manifests works here as it is. The IR holds the function's name, not its code: who compiles the IR
    elsewhere gives `--transform module:function`.

    Example:
        def no_retries(workflow):
            for template in workflow["spec"]["templates"]:
                template.pop("retryStrategy", None)

        train(rate=0.1)
        argo.transform(no_retries)

    Returns `function`.
    """
    if not callable(function):
        raise refuse(f"argo.transform: {function!r} is not a function")
    run = run_settings()
    if function not in run.transforms:
        run.transforms.append(function)
    return function
