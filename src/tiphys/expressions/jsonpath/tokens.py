"""What a path consists of: each token finds its part of a value and hands that to the tokens behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from tiphys.expressions.go_values import GoPanic, Int64, kind_of
from tiphys.expressions.jsonpath import failure
from tiphys.expressions.jsonpath.failure import Failure

MAX_STEPS: Final = 50_000


class Script(Protocol):
    """A compiled `(…)` or `?(…)`."""

    def evaluate(self, root: Any, current: Any) -> Any: ...


class Walk:
    """One run of a path, and how many steps it may still take."""

    __slots__ = ("root", "steps")

    def __init__(self, root: Any) -> None:
        self.root = root
        self.steps = MAX_STEPS

    def spend(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise GoPanic("a JSON path takes too many steps")


Tokens = Sequence["Token"]


class Token:
    """A part of a path."""

    type = ""

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        raise NotImplementedError


def _go_on(walk: Walk, value: Any, following: Tokens) -> Any:
    if not following:
        return value
    walk.spend()
    return following[0].apply(walk, value, following[1:])


def _try(walk: Walk, value: Any, following: Tokens) -> Any:
    """What the next tokens find in an element; nil where they fail."""
    try:
        return _go_on(walk, value, following)
    except Failure:
        return None


def _sorted_values(value: dict[str, Any]) -> list[Any]:
    return [value[key] for key in sorted(value)]


def as_integer(value: Any) -> int | None:
    """A whole number as an integer."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float) and value == value and abs(value) != float("inf") and value == int(value):
        return int(value)
    return None


class Root(Token):
    type = "root"

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        return _go_on(walk, walk.root, following)


class Current(Token):
    type = "current"

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        return _go_on(walk, current, following)


class Key(Token):
    type = "key"

    def __init__(self, key: str) -> None:
        self.key = key

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        if not isinstance(current, dict):
            raise failure.bad_target(self.type, current, "map")
        if self.key not in current:
            raise Failure(f"key: invalid token key '{self.key}' not found", failure.TOKEN)
        return _go_on(walk, current[self.key], following)


class Index(Token):
    type = "index"

    def __init__(self, index: int) -> None:
        self.index = index

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        if not isinstance(current, list):
            raise failure.bad_target(self.type, current, "array", "slice")
        index = self.index + (len(current) if self.index < 0 else 0)
        if not 0 <= index < len(current):
            raise failure.out_of_range(self.type)
        return _go_on(walk, current[index], following)


class Length(Token):
    type = "length"

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        if isinstance(current, dict):
            return _go_on(walk, current.get("length", Int64(len(current))), following)
        if isinstance(current, list | str):
            size = len(current) if isinstance(current, list) else len(current.encode("utf-8", "surrogateescape"))
            return _go_on(walk, Int64(size), following)
        raise failure.bad_target(self.type, current, "array", "map", "slice", "string")


class Wildcard(Token):
    type = "wildcard"

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        if isinstance(current, dict):
            values = _sorted_values(current)
        elif isinstance(current, list):
            values = current
        else:
            raise failure.bad_target(self.type, current, "array", "map", "slice")
        if not following:
            return list(values)
        found = [_try(walk, value, following) for value in values]
        return [value for value in found if value is not None]


class Recursive(Token):
    type = "recursive"

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        found: list[Any] = []
        self._collect(walk, current, following, found)
        return found

    def _collect(self, walk: Walk, current: Any, following: Tokens, found: list[Any]) -> None:
        walk.spend()
        if current is None:
            return
        if following:
            result = _try(walk, current, following)
            if isinstance(result, list):
                found.extend(result)
            elif result is not None:
                found.append(result)
        else:
            found.append(current)
        if isinstance(current, dict):
            for value in _sorted_values(current):
                self._collect(walk, value, following, found)
        elif isinstance(current, list):
            for value in current:
                self._collect(walk, value, following, found)


class Expression(Token):
    """A script that stands for a value, within a range or a union."""

    type = "expression"

    def __init__(self, text: str, script: Script) -> None:
        self.text = text
        self.script = script

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        if not self.text:
            raise Failure("invalid expression. is empty", failure.EXPRESSION)
        try:
            value = self.script.evaluate(walk.root, current)
        except Failure as reason:
            raise failure.in_expression(reason) from None
        return _go_on(walk, value, following)


class ScriptToken(Token):
    """`[(…)]`: the script gives the key or index."""

    type = "script"

    def __init__(self, text: str, script: Script) -> None:
        self.text = text
        self.script = script

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        value = Expression(self.text, self.script).apply(walk, current, ())
        if isinstance(value, str):
            return Key(value).apply(walk, current, following)
        index = as_integer(value)
        if index is None:
            raise failure.bad_result(value, "int", "string")
        return Index(index).apply(walk, current, following)


class Filter(Token):
    """`[?(…)]`: the elements for which the script holds."""

    type = "filter"

    def __init__(self, text: str, script: Script) -> None:
        self.text = text
        self.script = script

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        if not self.text:
            raise Failure("invalid expression. is empty", failure.EXPRESSION)
        if isinstance(current, dict):
            values = _sorted_values(current)
        elif isinstance(current, list):
            values = current
        else:
            raise failure.bad_target(self.type, current, "array", "map", "slice")
        kept = [value for value in values if self._holds(walk, value)]
        if not following:
            return kept
        if isinstance(following[0], Index):
            return following[0].apply(walk, kept, following[1:])
        found = [_try(walk, value, following) for value in kept]
        return [value for value in found if value is not None]

    def _holds(self, walk: Walk, value: Any) -> bool:
        walk.spend()
        try:
            result = self.script.evaluate(walk.root, value)
        except Failure:
            return False
        if isinstance(result, str):
            if len(result) > 1 and result[0] == result[-1] and result[0] in "'\"":
                result = result[1:-1]
            return result != ""
        return bool(result)


def _each(walk: Walk, values: list[Any], following: Tokens) -> Any:
    """An index behind a range or union picks from the result; other tokens look into each element."""
    if not following:
        return values
    if isinstance(following[0], Index):
        return _go_on(walk, values, following)
    found = [_try(walk, value, following) for value in values]
    return [value for value in found if value is not None]


class Range(Token):
    """`[from:to:step]`."""

    type = "range"

    def __init__(self, start: Any, stop: Any, step: Any) -> None:
        self.start, self.stop, self.step = start, stop, step

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        if not isinstance(current, list):
            raise failure.bad_target(self.type, current, "array", "slice")
        size = len(current)
        start = self._bound(walk, current, self.start, 0, size)
        stop = self._bound(walk, current, self.stop, size, size)
        step = 1 if self.step is None else self._argument(walk, current, self.step)
        if step == 0:
            raise failure.out_of_range(self.type)
        chosen = range(stop - 1, start - 1, step) if step < 0 else range(start, stop, step)
        return _each(walk, [current[index] for index in chosen], following)

    def _bound(self, walk: Walk, current: Any, given: Any, default: int, size: int) -> int:
        if given is None:
            return default
        bound = self._argument(walk, current, given)
        return min(max(bound + size if bound < 0 else bound, 0), size)

    def _argument(self, walk: Walk, current: Any, given: Any) -> int:
        if not isinstance(given, Token):
            return int(given)
        try:
            value = given.apply(walk, current, ())
        except Failure as reason:
            raise failure.in_token(self.type, reason) from None
        number = as_integer(value)
        if number is None:
            raise failure.in_token(self.type, failure.bad_result(value, "int"))
        return number


class Union(Token):
    """`['a','b']` or `[0,2]`."""

    type = "union"

    def __init__(self, arguments: list[Any]) -> None:
        self.arguments = arguments

    def apply(self, walk: Walk, current: Any, following: Tokens) -> Any:
        keys: list[str] = []
        indices: list[int] = []
        for argument in self.arguments:
            value = self._argument(walk, current, argument)
            if isinstance(value, str):
                keys.append(value)
                if indices:
                    raise failure.bad_argument(self.type, "string", "int")
            else:
                indices.append(value)
                if keys:
                    raise failure.bad_argument(self.type, "int", "string")
        if keys:
            if not isinstance(current, dict):
                raise failure.bad_target(self.type, current, "map")
            return _each(walk, [current[key] for key in keys if key in current], following)
        if not isinstance(current, list):
            raise failure.bad_target(self.type, current, "array", "slice")
        size = len(current)
        places = [index + size if index < 0 else index for index in indices]
        return _each(walk, [current[place] for place in places if 0 <= place < size], following)

    def _argument(self, walk: Walk, current: Any, given: Any) -> str | int:
        value = given
        if isinstance(given, Token):
            try:
                value = given.apply(walk, current, ())
            except Failure as reason:
                raise failure.in_token(self.type, reason) from None
        if isinstance(value, str):
            return value
        number = as_integer(value)
        if number is not None:
            return number
        raise failure.bad_argument(self.type, "nil" if value is None else kind_of(value), "int", "string")


Compile = Callable[[str], Script]
