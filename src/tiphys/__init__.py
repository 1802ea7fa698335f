"""tiphys: KFP pipelines with every power of Argo Workflows, run here and on Kubernetes.

Names are imported when they are first used, so that `tiphys --help` stays quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tiphys.simulate.matrix import matrix as matrix
    from tiphys.simulate.simulation import simulate as simulate

_PUBLIC: Final = {
    "matrix": "tiphys.simulate.matrix",
    "simulate": "tiphys.simulate.simulation",
}
"""Name → the module that holds it."""

__all__ = ["matrix", "simulate"]


class _Tiphys(ModuleType):
    """This package. Importing the room `tiphys.simulate` must not hide the function of that name."""

    def __getattr__(self, name: str) -> Any:
        if name not in _PUBLIC:
            raise AttributeError(f"module 'tiphys' has no attribute {name!r}")
        value = getattr(import_module(_PUBLIC[name]), name)
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _PUBLIC and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Tiphys
