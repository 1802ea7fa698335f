"""What would a pipeline do if …? The engine on a virtual clock, with scripted outcomes.

The room is also the function: `tiphys.simulate(pipeline, arguments, outcomes)`.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    """This package, which can be called."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        from tiphys.simulate.simulation import simulate

        return simulate(*arguments, **named)


sys.modules[__name__].__class__ = _Room
