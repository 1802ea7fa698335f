"""JSON paths as Argo's `jsonpath()` takes them (evilmonkeyinc/jsonpath)."""

from __future__ import annotations

from typing import Any

from tiphys.errors import Unsupported
from tiphys.expressions.go_json import loads


def query_text(text: str, path: str) -> Any:
    """The value that a path selects in a JSON text."""
    value = loads(text)
    for part in path.removeprefix("$").removeprefix(".").split("."):
        if not part:
            continue
        if not isinstance(value, dict):
            raise Unsupported(f"JSON path {path}")
        value = value[part]
    return value
