"""The names that may be used in tags at one place, layered so that nothing big is copied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ANY_ITEM: Final = "item.*"
ANY_OUTPUT_PARAMETER: Final = "workflow.outputs.parameters.*"
ANY_OUTPUT_ARTIFACT: Final = "workflow.outputs.artifacts.*"


class Scope:
    """A set of names over another one."""

    def __init__(self, names: Iterable[str] = (), below: Scope | None = None) -> None:
        self._names = set(names)
        self._prefixes: tuple[str, ...] = ()
        self._below = below

    def __contains__(self, name: str) -> bool:
        if name in self._names or (self._below is not None and name in self._below):
            return True
        return bool(self._prefixes) and name.startswith(self._prefixes)

    def add_all_under(self, prefix: str) -> None:
        """Take any name that begins so: nobody knows what there is, since an error was found before."""
        self._prefixes += (prefix,)

    def add(self, *names: str) -> None:
        """Add names."""
        self._names.update(names)
