"""Values that are pasted into programs."""

from __future__ import annotations

import itertools
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tiphys.checks.rules import rule
from tiphys.checks.subject import Known, Manifest, Path, Template
from tiphys.errors import Problem

Json = Any

TAG_IN_SCRIPT: Final = rule("tag-in-script")

_VALUE: Final = re.compile(r"\{\{=.*?\}\}|\{\{\s*(?:inputs\.parameters|workflow\.parameters|item|tasks|steps)\b.*?\}\}")
_INTERPRETERS: Final = re.compile(r"(?:[abdkz]|da|ba)?sh|python[0-9.]*|perl|ruby|node\Z")
_INLINE: Final = re.compile(r"-[a-z]*[ce]\Z")


def check(manifest: Manifest, _known: Known) -> Iterator[Problem]:
    """Look for tags in the text of scripts and of `sh -c`."""
    for template in manifest.templates():
        for path, text in _programs(template):
            if found := _VALUE.search(text):
                message = f"`{found[0]}` is pasted into a program"
                yield manifest.problem(TAG_IN_SCRIPT, path, message)


def _programs(template: Template) -> Iterator[tuple[Path, str]]:
    script = template.data.get("script") or {}
    if script.get("source"):
        yield (*template.path, "script", "source"), script["source"]
    for path, container in _containers(template):
        words = [
            ((*path, field, index), word or "")
            for field in ("command", "args")
            for index, word in enumerate(container.get(field) or [])
        ]
        yield from _inline_programs(words)


def _inline_programs(words: list[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    if not words or not _INTERPRETERS.match(posixpath.basename(words[0][1])):
        return
    for (_, option), (path, text) in itertools.pairwise(words):
        if _INLINE.match(option):
            yield path, text


def _containers(template: Template) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    for field in ("container", "script"):
        if template.data.get(field):
            yield (*template.path, field), template.data[field]
    groups = {
        ("initContainers",): template.data.get("initContainers"),
        ("sidecars",): template.data.get("sidecars"),
        ("containerSet", "containers"): (template.data.get("containerSet") or {}).get("containers"),
    }
    for fields, containers in groups.items():
        for index, container in enumerate(containers or []):
            yield (*template.path, *fields, index), container or {}
