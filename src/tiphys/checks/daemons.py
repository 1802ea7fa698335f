"""Daemons that count against `parallelism`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest, Template, strings_in
from tiphys.errors import Problem

FILLS: Final = rule("daemon-fills-parallelism")
IN_LOOP: Final = rule("daemon-in-loop")


def check(manifest: Manifest, known: Known) -> Iterator[Problem]:
    """Compare the number of daemons with the limits that hold for them."""
    most = 0
    for template in manifest.templates():
        limit, count = template.data.get("parallelism"), _daemons_in(template, known)
        most = max(most, count)
        if limit and count >= limit:
            yield manifest.problem(FILLS, (*template.path, "parallelism"), _message(count, limit))
        yield from _check_loops(template, known)
    limit = manifest.spec.get("parallelism")
    if limit and most >= limit:
        yield manifest.problem(FILLS, (*manifest.spec_path, "parallelism"), _message(most, limit))


def _check_loops(template: Template, known: Known) -> Iterator[Problem]:
    for call in template.calls():
        called = known.called(call.data, template.manifest)
        if not (call.is_loop and called and called.data.get("daemon")):
            continue
        address = f"{call.kind}.{call.name}.ip"
        for path, text in strings_in(template.data, template.path):
            if address in text:
                message = f"`{{{{{address}}}}}` never gets a value, since `{call.name}` is a loop"
                yield template.manifest.problem(IN_LOOP, path, message)


def _daemons_in(template: Template, known: Known) -> int:
    called = (known.called(call.data, template.manifest) for call in template.calls())
    return sum(bool(each and each.data.get("daemon")) for each in called)


def _message(count: int, limit: int) -> str:
    daemons = "a daemon" if count == 1 else f"{count} daemons"
    return f"{daemons} will take all of `parallelism: {limit}`, and nothing else can start"
