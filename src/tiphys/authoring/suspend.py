"""`argo.suspend`: wait for a while, or for somebody who approves and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.authoring.fields import named_fields
from tiphys.authoring.settings import add_to_template
from tiphys.authoring.steps import new_step

_PARAMETER = "v1alpha1.Parameter"


def suspend(name: str = "approve", *, duration: Any = "", answers: Mapping[str, Any] | None = None) -> Any:
    """Make a task that waits: for `duration` (`"10m"`, or seconds), or until somebody resumes it.

    `answers` are what that person is asked: a name with its default, with a list of choices, or with fields
    of Argo's Parameter (`enum`, `default`, `description`). They are outputs of the task.
    https://argo-workflows.readthedocs.io/en/latest/intermediate-inputs/

    Example:
        approved = argo.suspend("approve", answers={"deploy": ["yes", "no"], "note": "none"})
        with dsl.If(approved.outputs["deploy"] == "yes"):
            clean(text=approved.outputs["note"])

    Returns the task.
    """
    asked = {answer: _parameter(answer, given) for answer, given in (answers or {}).items()}
    outputs = {
        answer: {"supplied": {}, **({"default": given["default"]} if "default" in given else {})}
        for answer, given in asked.items()
    }
    waiting = {"duration": duration} if duration not in ("", None) else {}
    task = new_step(name, "argo.suspend", {"suspend": waiting}, outputs)
    if asked:
        shown = [{"default": "", **parameter} for parameter in asked.values()]
        add_to_template(task, "argo.suspend", {"inputs": {"parameters": shown}})
    return task


def _parameter(name: str, given: Any) -> dict[str, Any]:
    if isinstance(given, (list, tuple)):
        fields: dict[str, Any] = {"enum": list(given), "default": given[0] if given else ""}
    elif isinstance(given, Mapping):
        fields = dict(given)
    else:
        fields = {} if given is None else {"default": given}
    return named_fields({"name": name, **fields}, _PARAMETER)
