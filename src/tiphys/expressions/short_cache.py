"""A cache for what is made of short texts; long ones are rare, and not worth the memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Concatenate, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Maker = Callable[Concatenate[str, _P], _R]


def short_cache(size: int, longest: int = 4096) -> Callable[[_Maker[_P, _R]], _Maker[_P, _R]]:
    """An `lru_cache` that texts above `longest` characters pass by.

    >>> @short_cache(2, longest=3)
    ... def word(text):
    ...     return [text]
    >>> word("a") is word("a"), word("long") is word("long")
    (True, False)
    """

    def decorate(make: _Maker[_P, _R]) -> _Maker[_P, _R]:
        cached: Callable[..., _R] = lru_cache(maxsize=size)(make)

        def get(text: str, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
            return cached(text, *args, **kwargs) if len(text) <= longest else make(text, *args, **kwargs)

        update_wrapper(get, make)
        return get

    return decorate
