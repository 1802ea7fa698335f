"""Argo's own validation, for those who ask by name (see `tiphys.validation`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tiphys.validation.answers import answers, validate_workflow

__all__ = ["answers", "validate_record", "validate_workflow"]


def validate_record(record: Mapping[str, Any]) -> dict[str, str]:
    """Return what the `expected` of a recorded answer should hold."""
    return answers(record["manifest"], record.get("resources") or [])
