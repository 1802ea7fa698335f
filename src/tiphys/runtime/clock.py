"""Time, ids and chance: the only place that has them.

`now` never goes back while the process lives, whatever is done to the machine's clock.
"""

from __future__ import annotations

import secrets
import time
import uuid
from typing import Final

_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
"""The letters that Kubernetes makes names of: no vowels, no words."""


class Clock:
    """Seconds since the epoch: read once, then counted; not before `not_before`."""

    def __init__(self, not_before: float = 0.0) -> None:
        self._offset = max(time.time(), not_before) - time.monotonic()  # noqa: TID251 (the one reader)

    def now(self) -> float:
        """The present moment."""
        return self._offset + time.monotonic()


def new_uid() -> str:
    """The uid of a new run."""
    return str(uuid.uuid4())  # noqa: TID251 (the one maker)


def new_token() -> str:
    """The token of an attempt."""
    return secrets.token_hex(16)


def new_suffix() -> str:
    """What Kubernetes puts behind `generateName`."""
    return "".join(secrets.choice(_LETTERS) for _ in range(5))
