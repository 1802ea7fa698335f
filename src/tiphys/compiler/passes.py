"""What is done to the IR before it is lowered: one pass a file, each from IR to IR, in this order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tiphys.compiler.bind_settings import bind_settings
from tiphys.compiler.iterate_dags import iterate_dags
from tiphys.compiler.provide_loop_items import provide_loop_items
from tiphys.ir.reading import Ir

Pass = Callable[[Ir], Ir]

PASSES: Final[tuple[Pass, ...]] = (provide_loop_items, iterate_dags, bind_settings)
