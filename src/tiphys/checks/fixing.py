"""Rewriting what has one right form: fields that Argo 4 removed become the lists that took their place.

Only the characters that must change are changed; comments, order and style of the file stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tiphys.checks.decoding import REMOVED
from tiphys.errors import ManifestError
from tiphys.manifest.decoding import Misfit, misfits
from tiphys.manifest.yaml import load_documents
from tiphys.validation.answers import TYPES

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A text after fixing, and how many fields were rewritten."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class _Edit:
    """Put `text` in place of what stands from `start` to `end`."""

    start: int
    end: int
    text: str


def fix(text: str, file: str = "") -> Fixed:
    """Rewrite `mutex`, `semaphore` and `schedule` of all documents of a text.

    A field stays as it is where the new one is there too: which of the two counts is for its author to say.

    >>> fix("kind: CronWorkflow\\nspec:\\n  schedule: '* * * * *' # each minute\\n").text
    "kind: CronWorkflow\\nspec:\\n  schedules: ['* * * * *'] # each minute\\n"
    """
    documents = load_documents(text, file, strict=False)
    if any(character in text for character in "\r\x85\u2028\u2029"):
        return Fixed(text, 0)  # places are counted in lines, and YAML counts these as ends of lines
    lines = text.split("\n")
    try:
        nodes = list(yaml.compose_all(text, Loader=_Loader))
    except yaml.YAMLError:
        return Fixed(text, 0)  # JSON that is no YAML, such as an escaped surrogate pair
    edits: list[_Edit] = []
    count = 0
    for document in documents:
        kind: Any = document.data.get("kind") if isinstance(document.data, dict) else None
        for misfit in misfits(document.data, TYPES[kind]) if kind in TYPES else ():
            name = REMOVED.get((misfit.type, str(misfit.path[-1])), "")
            pair = _pair(nodes[document.index], misfit, name) if name else None
            if pair is not None:
                edits += _as_list(lines, *pair, name)
                count += 1
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    _refuse_nonsense(text, file)
    return Fixed(text, count)


def _pair(root: Any, misfit: Misfit, name: str) -> tuple[Any, Any] | None:
    """The nodes of a field and its value; None if the new field is there as well."""
    node = root
    for part in misfit.path[:-1]:
        node = _child(node, part)
        if node is None:
            return None
    if not isinstance(node, yaml.MappingNode):
        return None
    keys = {key.value: (key, value) for key, value in node.value}
    return None if name in keys else keys.get(misfit.path[-1])


def _child(node: Any, part: str | int) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        return node.value[part]
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    return None


def _as_list(lines: list[str], key: Any, value: Any, name: str) -> Iterator[_Edit]:
    old, at = key.value, _offset(lines, key.start_mark)
    inner = lines[key.start_mark.line][key.start_mark.column :].find(old) + at  # behind a quote, if any
    yield _Edit(inner, inner + len(old), name)
    start, end = _offset(lines, value.start_mark), _end(lines, value)
    if isinstance(value, yaml.MappingNode) and not value.flow_style:
        indent = value.start_mark.column
        yield _Edit(start, start, "- ")
        for line in range(value.start_mark.line + 1, _last_line(lines, value) + 1):
            if lines[line].strip():
                begin = sum(len(each) + 1 for each in lines[:line]) + min(indent, len(lines[line]))
                yield _Edit(begin, begin, "  ")
    else:
        yield _Edit(start, start, "[")
        yield _Edit(end, end, "]")


def _offset(lines: list[str], mark: Any) -> int:
    return sum(len(line) + 1 for line in lines[: mark.line]) + int(mark.column)


def _end(lines: list[str], node: Any) -> int:
    return _offset(lines, node.end_mark)


def _last_line(lines: list[str], node: Any) -> int:
    """The line of the last value in a block, whose own end lies behind comments and empty lines."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end = node.end_mark
    is_block_scalar = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
    if is_block_scalar and (not end.column or end.column < len(lines[end.line])):
        return int(end.line) - 1
    return int(end.line)


def _refuse_nonsense(text: str, file: str) -> None:
    try:
        load_documents(text, file, strict=False)
    except ManifestError as error:
        raise ManifestError(
            f"the file cannot be fixed: {error.message}",
            place=error.place,
            remedy="rewrite the field by hand",
        ) from error
