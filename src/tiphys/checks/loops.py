"""Loops: results that must be JSON, inline templates, lists that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Call, Known, Manifest, Template, strings_in
from tiphys.errors import Problem

RESULT_NOT_JSON: Final = rule("loop-result-not-json")
INLINE: Final = rule("inline-in-loop")
NOT_A_LIST: Final = rule("withparam-not-a-list")


def check(manifest: Manifest, known: Known) -> Iterator[Problem]:
    """Look at every loop."""
    for template in manifest.templates():
        text = "\n".join(text for _, text in strings_in(template.data))
        for call in template.calls():
            if not call.is_loop:
                continue
            yield from _check_inline(call)
            yield from _check_list(call)
            called = known.called(call.data, manifest)
            if _prints(called) and f"{call.kind}.{call.name}.outputs.result" in text:
                message = f"`{call.name}.outputs.result` is read: every item must print JSON"
                yield manifest.problem(RESULT_NOT_JSON, call.path, message)


def _prints(called: Template | None) -> bool:
    return called is not None and called.type in ("Container", "Script", "ContainerSet")


def _check_inline(call: Call) -> Iterator[Problem]:
    inline = call.data.get("inline") or {}
    inputs = {each.get("name") for each in (inline.get("inputs") or {}).get("parameters") or []}
    texts = [text for _, text in strings_in(inline)]
    if any(f"inputs.parameters.{name}" in text for name in inputs for text in texts):
        message = "the inline template's own inputs do not resolve in a loop"
        yield call.owner.manifest.problem(INLINE, (*call.path, "inline"), message)


def _check_list(call: Call) -> Iterator[Problem]:
    text = call.data.get("withParam") or ""
    if not text or "{{" in text:
        return
    try:
        is_list = isinstance(json.loads(text), list)
    except ValueError:
        is_list = False
    if not is_list:
        message = f"`{text}` is no JSON list"
        yield call.owner.manifest.problem(NOT_A_LIST, (*call.path, "withParam"), message)
