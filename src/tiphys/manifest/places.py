"""Where in a document something stands: paths as Argo's users write them, and their lines.

Lines are looked for only when somebody asks, by a second pass over the text: reading stays fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from tiphys.errors import ManifestError
from tiphys.manifest.composing import is_merge, key_text, parse_events
from tiphys.manifest.scalars import resolve_plain

Path = tuple[str | int, ...]


def format_path(path: Sequence[str | int]) -> str:
    """Write a path as Argo's users do.

    >>> format_path(("spec", "templates", 2, "dag"))
    'spec.templates[2].dag'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def lines_of(text: str | bytes, index: int) -> dict[Path, int]:
    """Return the line of every value in one document that was read before (of a field: that of its name)."""
    lines: dict[Path, int] = {}
    events: Iterator[Any] = parse_events(text, "")
    try:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if index == 0:
                    _note_lines(events, next(events), (), lines)
                    break
                index -= 1
    except ManifestError:
        return lines  # JSON that is no YAML, such as an escaped surrogate pair: lines up to there
    return lines


def _note_lines(events: Iterator[Any], event: Any, path: Path, lines: dict[Path, int]) -> None:
    lines.setdefault(path, event.start_mark.line + 1)
    if type(event) is yaml.SequenceStartEvent:
        for position, item in enumerate(events):
            if type(item) is yaml.SequenceEndEvent:
                return
            _note_lines(events, item, (*path, position), lines)
    elif type(event) is yaml.MappingStartEvent:
        for name in events:
            if type(name) is yaml.MappingEndEvent:
                return
            kind = type(name)
            if kind is yaml.ScalarEvent and not is_merge(name):
                key = key_text(resolve_plain(name.value) if name.implicit[0] else name.value)
                lines[(*path, key)] = name.start_mark.line + 1
                _note_lines(events, next(events), (*path, key), lines)
            else:
                _note_lines(events, name, (*path, ""), {})
                _note_lines(events, next(events), (*path, ""), {})
