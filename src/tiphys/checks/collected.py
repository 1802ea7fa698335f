"""Pipelines whose report is omitted with the loop that it collects from: the mistake that everybody makes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest
from tiphys.errors import Problem
from tiphys.messages.component import PIPELINE_ANNOTATION

OMITTED_WITH_LOOP: Final = rule("omitted-with-loop")

_LOOP: Final = re.compile(r"for-loop-\d+\Z")


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Look at each task of a compiled pipeline that reads what a loop gave and waits for its success alone."""
    annotations = (manifest.document.data.get("metadata") or {}).get("annotations") or {}
    if PIPELINE_ANNOTATION not in annotations:
        return
    for template in manifest.templates():
        loops = {call.name for call in template.calls() if _LOOP.search(call.name)}
        for call in template.calls():
            text = json.dumps(call.data.get("arguments") or {})
            for loop in sorted(loops - {call.name}):
                if (f"tasks['{loop}']" in text or f"tasks.{loop}." in text) and _wants_success(call.data, loop):
                    yield manifest.problem(
                        OMITTED_WITH_LOOP,
                        call.path,
                        f"`{call.name}` collects from `{loop}` and is omitted as soon as one of its items fails",
                        f'`argo.run_when({call.name.replace("-", "_")}, "all_done")` runs it over what there is',
                    )


def _wants_success(task: Mapping[str, Any], loop: str) -> bool:
    if loop in (task.get("dependencies") or []):
        return True
    depends = str(task.get("depends") or "")
    return bool(re.search(rf"(?<![\w-]){re.escape(loop)}(?![\w-])", depends)) and f"{loop}.Failed" not in depends
