"""Arguments and manifests that are too long for what they must fit into."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest
from tiphys.errors import Problem

LONG_ARGUMENT: Final = rule("long-argument")
TOO_LARGE: Final = rule("too-large")

_LONGEST_ARGUMENT: Final = 100_000
_LARGE: Final = 1 << 20


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Measure the arguments of containers, and the whole."""
    for path, text in manifest.strings():
        if len(path) > 1 and path[-2] in ("args", "command") and len(text) > _LONGEST_ARGUMENT // 4:
            size = len(text.encode())
            if size > _LONGEST_ARGUMENT:
                yield manifest.problem(LONG_ARGUMENT, path, f"this argument has {size:,} bytes")
    size = len(json.dumps(manifest.document.data, separators=(",", ":")).encode())
    if size > _LARGE:
        yield manifest.problem(TOO_LARGE, (), f"the manifest has {size:,} bytes as JSON")
