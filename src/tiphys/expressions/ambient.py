"""What expressions may ask of the world: the time, and chance. The caller brings both.

Expressions are pure: the same source, scope and `Ambient` give the same value. Without one, `now()` and
`sprig.randAlpha(5)` are errors.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from tiphys.expressions.go_time import Time, from_unix
from tiphys.expressions.go_values import GoPanic


class Refused(GoPanic):
    """Something that Argo could answer and tiphys does not: never left for later, always an error."""


@dataclass(frozen=True, slots=True)
class Ambient:
    """`time` in seconds since 1970; `seed` decides all that is random."""

    time: float | None = None
    seed: bytes | None = None

    def now(self) -> Time:
        if self.time is None:
            raise Refused("the time is not known where this expression is evaluated")
        return from_unix(self.time)

    def random_bytes(self, size: int, purpose: str) -> bytes:
        """`size` bytes that follow from the seed and the purpose."""
        if self.seed is None:
            raise Refused("chance is not to be had where this expression is evaluated")
        return hashlib.shake_256(self.seed + b"\x00" + purpose.encode()).digest(size)


NOTHING: Final = Ambient()
