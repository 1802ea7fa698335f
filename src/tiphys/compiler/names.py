"""Names in the manifest: those of the IR, in the letters that Argo takes.

Inputs and outputs of groups carry the SDK's prefix `pipelinechannel--` in the IR; here they are called
what the author called them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

_PREFIX: Final = "pipelinechannel--"
_OTHER: Final = re.compile(r"[^-a-zA-Z0-9_]+")
_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9]+")
LONGEST_RUN: Final = 57
"""Argo's workflows have names of at most 63 letters; a generated one ends in five of its own."""


def parameters(names: Iterable[str]) -> Mapping[str, str]:
    """The name in Argo of each parameter or artifact of a component, no two the same.

    >>> dict(parameters(["pipelinechannel--x", "größe", "a"]))
    {'pipelinechannel--x': 'x', 'größe': 'gr-e', 'a': 'a'}
    """
    taken: set[str] = set()
    given: dict[str, str] = {}
    names = list(names)
    for name in sorted(names, key=lambda each: (each.startswith(_PREFIX), bool(_OTHER.search(each)))):
        wanted = _OTHER.sub("-", name.removeprefix(_PREFIX)) or "input"
        free, number = wanted, 1
        while free in taken:
            number += 1
            free = f"{wanted}-{number}"
        taken.add(free)
        given[name] = free
    return {name: given[name] for name in names}


def template(name: str) -> str:
    """The name of a template.

    >>> template("comp-for-loop-2"), template("train_model")
    ('for-loop-2', 'train-model')
    """
    return _NOT_IN_NAMES.sub("-", name.removeprefix("comp-")).strip("-") or "template"


def run_prefix(pipeline: str) -> str:
    """What the names of runs begin with.

    >>> run_prefix("My pipeline")
    'my-pipeline-'
    """
    return (_NOT_IN_NAMES.sub("-", pipeline.lower()).strip("-")[:LONGEST_RUN].rstrip("-") or "pipeline") + "-"


def volume(name: str) -> str:
    """The name of a volume."""
    return _NOT_IN_NAMES.sub("-", name.lower()).strip("-")[:63].rstrip("-") or "volume"
