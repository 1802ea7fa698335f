"""All of sprig's functions by name, but for `env` and `expandenv`, which Argo removes."""

from __future__ import annotations

from typing import Any

from tiphys.expressions.functions import (
    chance,
    dates,
    defaults,
    dicts,
    encodings,
    lists,
    numbers,
    paths,
    patterns,
    refused,
    text,
    urls,
    versions,
    words,
)

_FAMILIES = (
    chance,
    dates,
    defaults,
    dicts,
    encodings,
    lists,
    numbers,
    paths,
    patterns,
    refused,
    text,
    urls,
    versions,
    words,
)
SPRIG: dict[str, Any] = {name: function for family in _FAMILIES for name, function in family.FUNCTIONS.items()}
