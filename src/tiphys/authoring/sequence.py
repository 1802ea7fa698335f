"""`argo.sequence`: a loop over numbers, of which the run knows how many."""

from __future__ import annotations

from typing import Any

from kfp.dsl import tasks_group

from tiphys.authoring.caller import refuse
from tiphys.authoring.fields import named_fields
from tiphys.authoring.settings import settings_of

_SEQUENCE = "v1alpha1.Sequence"


def sequence(loop: Any, *, count: Any = None, start: Any = None, end: Any = None, format: str = "") -> Any:
    """Let `loop` count instead of going through its items.

    It counts `count` numbers from `start`, or from `start` to `end`. `format` writes each number
    (`"run-%02d"`). The loop is made with one item of the kind that its tasks take.
    https://argo-workflows.readthedocs.io/en/latest/fields/#sequence

    Example:
        loop = dsl.ParallelFor([0])
        with loop as number:
            clean(text=f"part {number}")
        argo.sequence(loop, count=5)

    Returns `loop`.
    """
    if not isinstance(loop, tasks_group.ParallelFor):
        raise refuse("argo.sequence: this is no loop", remedy="`loop = dsl.ParallelFor([0])`, `with loop as number:`.")
    given = {"count": count, "start": start, "end": end, "format": format or None}
    said = {name: value for name, value in given.items() if value is not None}
    if ("count" in said) == ("end" in said):
        raise refuse("argo.sequence: give either `count` or `end`")
    fields = named_fields(said, _SEQUENCE)
    settings_of(loop).part("task").update({"withSequence": fields, "withItems": None, "withParam": None})
    return loop
