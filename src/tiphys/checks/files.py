"""Manifests from files and folders, or made by us, as documents to be checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tiphys.checks.rules import rule
from tiphys.errors import BadInput, ManifestError, Problem
from tiphys.manifest.yaml import Document, load_documents

NOT_YAML: Final = rule("not-yaml")
SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})
MAX_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: documents, and the files that are none, as problems."""

    documents: list[Document]
    problems: list[Problem]


def read_files(paths: Iterable[str | Path]) -> Read:
    """Read files, and all YAML and JSON files below folders; raise `BadInput` for what does not exist."""
    read = Read([], [])
    for path in _files(paths):
        try:
            read.documents.extend(load_documents(_text(path), str(path)))
        except ManifestError as error:
            read.problems.append(Problem(NOT_YAML.name, error.message, error.place, error.remedy))
    return read


def documents_of(objects: Sequence[Mapping[str, Any]], source: str = "") -> list[Document]:
    """Make documents of manifests that were not read but made; their places have no lines."""
    return [Document(dict(data), source, 0, "", index, _lines={}) for index, data in enumerate(objects) if data]


def _files(paths: Iterable[str | Path]) -> Iterator[Path]:
    seen: set[Path] = set()
    for path in map(Path, paths):
        if not path.exists():
            raise BadInput(f"there is no file or folder `{path}`", remedy="check the spelling of the path")
        found = [each for each in sorted(path.rglob("*")) if _is_manifest(each)] if path.is_dir() else [path]
        for each in found:
            if each.resolve() not in seen:
                seen.add(each.resolve())
                yield each


def _is_manifest(path: Path) -> bool:
    return path.suffix in SUFFIXES and path.is_file() and not any(part.startswith(".") for part in path.parts)


def _text(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"`{path}` cannot be read: {error.strerror}", remedy="check its rights") from error
    if len(data) > MAX_BYTES:
        raise BadInput(f"`{path}` is larger than {MAX_BYTES >> 20} MiB", remedy="split the file")
    return data
