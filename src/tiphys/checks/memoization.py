"""`memoize`: with retries, by default, with keys and ages that cannot work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest, Template
from tiphys.errors import ExpressionError, Problem
from tiphys.expressions import duration

WITH_RETRY: Final = rule("memoize-with-retry")
DEFAULT: Final = rule("memoize-default")
BAD: Final = rule("bad-memoize")

_KEY: Final = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*\Z")


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Look at every `memoize`."""
    defaults = manifest.spec.get("templateDefaults") or {}
    if defaults.get("memoize"):
        path = (*manifest.spec_path, "templateDefaults", "memoize")
        yield manifest.problem(DEFAULT, path, "every template, the entrypoint included, is taken from the cache")
    for template in manifest.templates():
        if template.data.get("memoize"):
            yield from _check(template)


def _check(template: Template) -> Iterator[Problem]:
    manifest, memoize = template.manifest, template.data["memoize"]
    if template.data.get("retryStrategy") is not None:
        message = "an answer from the cache hangs whatever waits for this template"
        yield manifest.problem(WITH_RETRY, (*template.path, "memoize"), message)
    key, age = memoize.get("key") or "", memoize.get("maxAge") or ""
    if "{{" not in key and not _KEY.match(key):
        message = f"the key `{key}` must consist of letters, digits and `-`"
        yield manifest.problem(BAD, (*template.path, "memoize", "key"), message)
    if age and "{{" not in age:
        try:
            duration.parse(age)
        except ExpressionError as error:
            yield manifest.problem(BAD, (*template.path, "memoize", "maxAge"), error.message)
