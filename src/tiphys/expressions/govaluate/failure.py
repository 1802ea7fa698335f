"""A mistake in a condition, in govaluate's words."""

from __future__ import annotations


class Failure(Exception):
    """`text` is the library's message."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
