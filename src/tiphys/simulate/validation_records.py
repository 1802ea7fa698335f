"""Replay of `validate` records: a manifest as the controller, `argo submit` and `argo lint` see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.checks.validation import answers


def replay_manifest(record: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the manifest decodes, and what each of Argo's validations says of it."""
    return answers(record["manifest"], record.get("resources") or [])
