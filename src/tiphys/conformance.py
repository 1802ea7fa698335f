"""Replay of recorded answers of the real Argo controller.

`replay(record)` takes a record without its `expected` and returns what `expected` should hold: for
workflows with scripted outcomes, for expressions, and for manifests to be validated. `check(record)`
compares the two. Records lie in `tests/conformance/`, one JSON object a line, with their README.
"""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from tiphys.simulate.comparison import Difference, differences
from tiphys.simulate.engine_records import replay_workflow
from tiphys.simulate.expression_records import replay_expression
from tiphys.simulate.validation_records import replay_manifest

Record = dict[str, Any]


def kind_of(record: Mapping[str, Any]) -> str:
    """What is recorded: `engine`, `validate`, or the kind of an expression (`template`, `when` …)."""
    if "workflow" in record:
        return "engine"
    return "validate" if "manifest" in record else str(record["kind"])


def replay(record: Mapping[str, Any]) -> Record:
    """What our own engine, expressions and checks answer where the real controller was asked."""
    match kind_of(record):
        case "engine":
            return replay_workflow(record)
        case "validate":
            return replay_manifest(record)
        case _:
            return replay_expression(record)


def check(record: Mapping[str, Any]) -> list[Difference]:
    """What our answer has otherwise than the recorded one; empty when they agree."""
    question = {key: value for key, value in record.items() if key != "expected"}
    return differences(record["expected"], replay(question), record.get("unstable") or [])


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file: JSON lines, plain or compressed by gzip or xz."""
    with _opened(path) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _opened(path: Path) -> TextIO:
    match path.suffix:
        case ".gz":
            return gzip.open(path, "rt", encoding="utf-8")
        case ".xz":
            return lzma.open(path, "rt", encoding="utf-8")
        case _:
            return path.open(encoding="utf-8")
