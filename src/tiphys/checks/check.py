"""All checks, one after the other, over manifests that are looked at together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Literal

from tiphys.checks import (
    argo_cluster,
    collected,
    conditions,
    daemons,
    decoding,
    depends,
    expressions,
    hooks,
    injection,
    locks,
    loops,
    memoization,
    missing_outputs,
    references,
    refusals,
    sizes,
    steps,
)
from tiphys.checks.subject import Known, Manifest
from tiphys.errors import ManifestError, Problem
from tiphys.manifest.decoding import read
from tiphys.manifest.yaml import Document
from tiphys.validation.answers import TYPES

Check = Callable[[Manifest, Known], Iterator[Problem]]
Target = Literal["argo"]

CHECKS: Final[tuple[Check, ...]] = (
    decoding.check,
    refusals.check,
    references.check,
    depends.check,
    missing_outputs.check,
    expressions.check,
    conditions.check,
    steps.check,
    loops.check,
    daemons.check,
    locks.check,
    memoization.check,
    hooks.check,
    injection.check,
    collected.check,
    sizes.check,
)
TARGET_CHECKS: Final[dict[Target, tuple[Check, ...]]] = {"argo": (argo_cluster.check,)}

_SEVERITIES: Final = ("error", "warning", "note")


def check(documents: Iterable[Document], *, target: Target | None = None) -> list[Problem]:
    """Find what is wrong in some documents, the worst first within each file.

    Templates are looked for in all of them. Documents of other kinds are passed over. With
    `target="argo"` also what a cluster may lack or refuse.
    """
    manifests = manifests_of(documents)
    known = Known(manifests)
    checks = CHECKS if target is None else CHECKS + TARGET_CHECKS[target]
    problems = [problem for manifest in manifests for each in checks for problem in each(manifest, known)]
    return _in_order(problems)


def manifests_of(documents: Iterable[Document]) -> list[Manifest]:
    """Return the documents of kinds that Argo knows."""
    return [manifest for manifest in map(_manifest, documents) if manifest is not None]


def _manifest(document: Document) -> Manifest | None:
    kind: Any = document.data.get("kind") if isinstance(document.data, dict) else None
    if kind not in TYPES:
        return None
    try:
        value = read(document.data, TYPES[kind], coerce=True)
    except ManifestError:
        value = {}
    return Manifest.of(document, kind, value)


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    distinct = dict.fromkeys(problems)
    return sorted(
        distinct,
        key=lambda each: (
            each.place.file,
            _SEVERITIES.index(each.severity),
            each.place.line,
            each.place.path,
        ),
    )
