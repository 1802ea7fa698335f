"""Reading manifests: YAML and JSON as Go reads them, with the place of every field.

What comes in is a stranger's text: it is bounded while it is read, and a key that is written twice is an
error. Aliases are copied: no two parts of a document share an object. `dump` is the way back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from tiphys.errors import Place
from tiphys.manifest.composing import MAX_DEPTH, MAX_NODES, RepeatedKey, Resolve, compose
from tiphys.manifest.dumping import dump, dump_all
from tiphys.manifest.places import Path, format_path, lines_of
from tiphys.manifest.scalars import resolve_plain, through_json

__all__ = ["Document", "RepeatedKey", "dump", "dump_all", "format_path", "load_documents"]

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(slots=True, eq=False)
class Document:
    """One document: plain `data`, and where each part of it stands.

    `text` is the whole text that was read, `index` says which of its documents this is. `repeated` lists
    what Go's strict reader refuses.

    >>> [document] = load_documents("spec:\\n  entrypoint: main", "wf.yaml")
    >>> str(document.place(("spec", "entrypoint")))
    'wf.yaml:2: spec.entrypoint'
    """

    data: Any
    file: str
    line: int
    text: str | bytes = field(repr=False)
    index: int
    repeated: tuple[RepeatedKey, ...] = ()
    _lines: dict[Path, int] | None = field(default=None, repr=False)

    def place(self, path: Sequence[str | int] = ()) -> Place:
        """Return the place of a field; of what is not written there, that of the nearest parent."""
        if self._lines is None:
            self._lines = lines_of(self.text, self.index)
        full = tuple(path)
        known = full
        while known and known not in self._lines:
            known = known[:-1]
        return Place(self.file, self._lines.get(known, self.line), format_path(full))


def load_documents(
    text: str | bytes, file: str = "", *, strict: bool = True, resolve: Resolve = resolve_plain
) -> list[Document]:
    """Read all documents of a text, or raise `ManifestError` that says what is wrong and where.

    Empty documents are left out. A key that is written twice is an error; with `strict=False` the later
    one wins, as it does for Argo's controller. `resolve` says what unquoted scalars mean: Go's way.
    """
    found = _load_json(text, file)
    if found:
        return [found]
    return [
        Document(part.data, file, part.line, text, index, part.repeated)
        for index, part in enumerate(compose(text, file, strict=strict, resolve=resolve))
        if part.data is not None
    ]


def _load_json(text: str | bytes, file: str) -> Document | None:
    """Read JSON by the fast way; None if it is not JSON or wrong: the YAML reader then tells where."""
    head = text[:1000].lstrip()[:1]
    if head not in ("{", "[", b"{", b"["):
        return None
    try:
        data = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_json_int,
            parse_float=_json_float,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        return None
    if not _is_small(data):
        return None
    has_surrogates = _SURROGATE.search(text if isinstance(text, str) else text.decode("utf-8", "replace"))
    return Document(_whole(data) if has_surrogates else data, file, 1, text, 0)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is written twice")
    return found


def _whole(data: Any) -> Any:
    """The same with U+FFFD for halves of surrogate pairs, as Go reads them."""
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(data, dict):
        return {_whole(key): _whole(value) for key, value in data.items()}
    return [_whole(value) for value in data] if isinstance(data, list) else data


def _json_int(text: str) -> int | float | bool | None:
    return through_json(int(text))


def _json_float(text: str) -> int | float | bool | None:
    return through_json(float(text))


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _is_small(data: Any) -> bool:
    """True if within the bounds of depth and nodes."""
    nodes = 0
    level = [data]
    for _ in range(MAX_DEPTH + 1):
        nodes += len(level)
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                nodes += len(value)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        if not below or nodes > MAX_NODES:
            return nodes <= MAX_NODES
        level = below
    return False
