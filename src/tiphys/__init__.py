"""tiphys: KFP pipelines with every power of Argo Workflows, run here and on Kubernetes.

Names are imported when they are first used, so that `tiphys --help` stays quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tiphys import argo as argo
    from tiphys import conformance as conformance
    from tiphys.loading.compilation import compile as compile
    from tiphys.loading.sources import load as load
    from tiphys.runtime.running import run as run
    from tiphys.simulate.matrix import matrix as matrix
    from tiphys.simulate.simulation import simulate as simulate

_PUBLIC = {
    "argo": "tiphys.argo",
    "compile": "tiphys.loading.compilation:compile",
    "conformance": "tiphys.conformance",
    "load": "tiphys.loading.sources:load",
    "matrix": "tiphys.simulate.matrix:matrix",
    "run": "tiphys.runtime.running:run",
    "simulate": "tiphys.simulate.simulation:simulate",
}
"""Name → the module that it is, or where it is found."""

__all__ = ["argo", "compile", "conformance", "load", "matrix", "run", "simulate"]


class _Tiphys(ModuleType):
    """This package. Importing the room `tiphys.simulate` must not hide the function of that name."""

    def __getattr__(self, name: str) -> Any:
        if name not in _PUBLIC:
            raise AttributeError(f"module 'tiphys' has no attribute {name!r}")
        module_name, _, attribute = _PUBLIC[name].partition(":")
        module = import_module(module_name)
        value = getattr(module, attribute) if attribute else module
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: object) -> None:
        is_room = isinstance(value, ModuleType) and ":" in _PUBLIC.get(name, "")
        if not is_room:
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_PUBLIC})


sys.modules[__name__].__class__ = _Tiphys
