"""All of sprig's functions by name."""

from __future__ import annotations

from typing import Any

SPRIG: dict[str, Any] = {}
