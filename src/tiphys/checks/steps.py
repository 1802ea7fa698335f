"""Steps and templates that Argo accepts and that cannot work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Call, Known, Manifest, Path, Template
from tiphys.errors import ExpressionError, Problem
from tiphys.expressions import duration

Json = Any

EMPTY_GROUP: Final = rule("empty-step-group")
BAD_DURATION: Final = rule("bad-duration")
BAD_LIMIT: Final = rule("bad-limit")
NO_VALUE: Final = rule("suspend-without-value")
NO_URL: Final = rule("http-without-url")
NESTED_GLOBAL: Final = rule("global-from-nested")

_INTEGER: Final = re.compile(r"[-+]?[0-9]+\Z", re.ASCII)


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Look at every template and call."""
    texts = [text for _, text in manifest.strings()]
    for template in manifest.templates():
        for index, group in enumerate(template.data.get("steps") or []):
            if not group:
                path = (*template.path, "steps", index)
                yield manifest.problem(EMPTY_GROUP, path, "this group has no steps; Argo waits for it for ever")
        yield from _check_retry(template)
        yield from _check_suspend(template)
        yield from _check_http(template)
        yield from _check_globals(template, texts)
        for call in template.calls():
            yield from _check_sequence(call)


def _check_retry(template: Template) -> Iterator[Problem]:
    retry, path = template.data.get("retryStrategy") or {}, (*template.path, "retryStrategy")
    yield from _limit(template.manifest, (*path, "limit"), retry.get("limit"))
    backoff = retry.get("backoff") or {}
    for name in ("duration", "maxDuration", "cap"):
        yield from _duration(template.manifest, (*path, "backoff", name), backoff.get(name))
    yield from _limit(template.manifest, (*path, "backoff", "factor"), backoff.get("factor"))


def _check_suspend(template: Template) -> Iterator[Problem]:
    suspend = template.data.get("suspend")
    if suspend is None:
        return
    yield from _duration(template.manifest, (*template.path, "suspend", "duration"), suspend.get("duration"))
    if not suspend.get("duration"):
        return
    for index, parameter in enumerate((template.data.get("outputs") or {}).get("parameters") or []):
        source = parameter.get("valueFrom") or {}
        if source.get("supplied") is not None and source.get("default") is None:
            path = (*template.path, "outputs", "parameters", index)
            message = f"`{parameter.get('name')}` has no value when nobody resumes in time"
            yield template.manifest.problem(NO_VALUE, path, message)


def _check_http(template: Template) -> Iterator[Problem]:
    http = template.data.get("http")
    if http is not None and not http.get("url"):
        yield template.manifest.problem(NO_URL, (*template.path, "http"), "there is no `url`")


def _check_globals(template: Template, texts: list[str]) -> Iterator[Problem]:
    if template.type not in ("DAG", "Steps"):
        return
    for index, parameter in enumerate((template.data.get("outputs") or {}).get("parameters") or []):
        name = parameter.get("globalName")
        if name and any(f"workflow.outputs.parameters.{name}" in text for text in texts):
            path = (*template.path, "outputs", "parameters", index, "globalName")
            message = f"`workflow.outputs.parameters.{name}` is not set when the next one reads it"
            yield template.manifest.problem(NESTED_GLOBAL, path, message)


def _check_sequence(call: Call) -> Iterator[Problem]:
    sequence: Mapping[str, Json] = call.data.get("withSequence") or {}
    for name in ("count", "start", "end"):
        yield from _limit(call.owner.manifest, (*call.path, "withSequence", name), sequence.get(name))


def _limit(manifest: Manifest, path: Path, value: Json) -> Iterator[Problem]:
    if isinstance(value, str) and "{{" not in value and not _INTEGER.match(value):
        yield manifest.problem(BAD_LIMIT, path, f"`{value}` is no whole number")


def _duration(manifest: Manifest, path: Path, value: Json) -> Iterator[Problem]:
    if not isinstance(value, str) or not value or "{{" in value or _INTEGER.match(value):
        return
    try:
        duration.parse(value)
    except ExpressionError as error:
        yield manifest.problem(BAD_DURATION, path, error.message)
