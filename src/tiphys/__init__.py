"""tiphys: KFP pipelines with every power of Argo Workflows, run here and on Kubernetes.

`import tiphys` imports nothing else: each name below is fetched when it is first asked for.
"""

from __future__ import annotations

import importlib

_NAMES = {
    "argo": "tiphys.argo",
    "compile": "tiphys.loading.compilation:compile",
    "conformance": "tiphys.conformance",
    "load": "tiphys.loading.sources:load",
    "simulate": "tiphys.simulate",
    "testing": "tiphys.testing",
}
"""Name → where it lives: a module, or something in a module."""

__all__ = ["argo", "compile", "conformance", "load", "simulate", "testing"]


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'tiphys' has no attribute {name!r}")
    module_name, _, attribute = _NAMES[name].partition(":")
    module = importlib.import_module(module_name)
    found = getattr(module, attribute) if attribute else module
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
