"""What stands for a value that only the run will know, while a workflow is validated."""

from __future__ import annotations

import re
from typing import Final

PREFIX: Final = "__argo__internal__placeholder-"
PLACEHOLDER: Final = re.compile(re.escape(PREFIX) + r"[0-9]+")


class Placeholders:
    """Numbered placeholders, as Argo makes them."""

    def __init__(self) -> None:
        self._next = 0

    def next(self) -> str:
        """Return a new placeholder."""
        self._next += 1
        return f"{PREFIX}{self._next - 1}"


def is_placeholder(text: str) -> bool:
    """True if the text begins with a placeholder."""
    return text.startswith(PREFIX)
