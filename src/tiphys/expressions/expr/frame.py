"""What one run of an expression needs: the environment, variables, and accounts of steps and memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, Final

from tiphys.expressions.ambient import Ambient, Refused
from tiphys.expressions.expr import operators
from tiphys.expressions.go_values import GoPanic
from tiphys.expressions.weight import weight

MAX_STEPS: Final = 1_000_000
_LARGE: Final = 512  # texts longer than this cost steps by their length


class Unreadable:
    """An element that Go cannot hand out: of a map, or of an empty list."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message


class Scope:
    """The element that a predicate looks at."""

    __slots__ = ("acc", "index", "item")

    def __init__(self) -> None:
        self.item: Any = None
        self.index = 0
        self.acc: Any = None

    def read(self) -> Any:
        """The element; raises `GoPanic` where there is none to read."""
        if type(self.item) is Unreadable:
            raise GoPanic(self.item.message)
        return self.item


class Budget:
    """The steps that are left to the expressions of one text or tree."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps = MAX_STEPS


class Frame:
    """One run of a program."""

    __slots__ = ("ambient", "env", "memory", "scope", "steps", "variables")

    def __init__(self, env: Mapping[str, Any], ambient: Ambient, variables: int, steps: int) -> None:
        self.env = env
        self.ambient = ambient
        self.variables: list[Any] = [None] * variables
        self.scope = Scope()
        self.steps = steps
        self.memory = 0

    def grow(self, size: int) -> None:
        """expr-lang's own account of elements."""
        self.memory += size
        if self.memory >= operators.MEMORY_BUDGET:
            raise GoPanic("memory budget exceeded")

    def spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise Refused("expression takes too many steps")

    def read(self, value: Any) -> None:
        """A function walks through this, which costs more than to make it."""
        if type(value) is str:
            if len(value) > _LARGE:
                self.spend(len(value) >> 2)
        else:
            self.weigh(value)

    def weigh(self, value: Any) -> None:
        """Large texts cost steps when they are made or read, and so do lists and maps."""
        kind = type(value)
        if kind is str:
            if len(value) > _LARGE:
                self.spend(weight(value))
        elif kind not in _SMALL:
            self.spend(2 * weight(value))


_SMALL = (int, bool, float, NoneType)
Run = Callable[[Frame], Any]
