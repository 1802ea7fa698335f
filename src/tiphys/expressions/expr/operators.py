"""What expr-lang's operators do at run time, with Go's rules for mixed numbers and Go's words for misuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tiphys.expressions import go_values as go
from tiphys.expressions.go_format import sprint
from tiphys.expressions.go_methods import bound_method
from tiphys.expressions.go_numbers import deep_equal, float_quotient, is_number, truncated_remainder
from tiphys.expressions.go_power import power
from tiphys.expressions.go_time import Location, Month, Time, Weekday
from tiphys.expressions.go_values import (
    AnyMap,
    Duration,
    GoPanic,
    Ints,
    Struct,
    Uint8,
    assertion_panic,
    float_to_int,
    from_bytes,
    kind_of,
    to_bytes,
    type_of,
    wrap_int,
)

MEMORY_BUDGET: Final = 1_000_000


def _mismatch(a: Any, operator: str, b: Any) -> GoPanic:
    return GoPanic(f"invalid operation: {type_of(a).name} {operator} {type_of(b).name}")


def equal(a: Any, b: Any) -> bool:
    """`==`: numbers by value, lists element by element, everything else as reflect.DeepEqual."""
    kind_a, kind_b = type(a), type(b)
    if kind_a is kind_b and kind_a in (str, int, bool, float):
        return bool(a == b)
    if is_number(a) and is_number(b):
        return float(a) == float(b) if isinstance(a, float) or isinstance(b, float) else int(a) == int(b)
    if isinstance(a, list) and isinstance(b, list):
        return _equal_lists(a, b)
    if go.is_nil(a) and go.is_nil(b):
        return True
    if isinstance(a, Time) and isinstance(b, Time):
        return a.nanoseconds == b.nanoseconds
    if kind_a is Duration and kind_b is Duration:
        return int(a) == int(b)
    return deep_equal(a, b)


def _equal_lists(a: list[Any], b: list[Any]) -> bool:
    comparable = type(a) is type(b) or type(a) is list or type(b) is list
    if not comparable or isinstance(a, go.Pair | go.Pairs) or isinstance(b, go.Pair | go.Pairs):
        return deep_equal(a, b)
    return len(a) == len(b) and all(map(equal, a, b))


def _compare(symbol: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def operator(a: Any, b: Any) -> bool:
        if type(a) is type(b) and type(a) in (int, float, str, Duration):
            return compare(a, b)
        if is_number(a) and is_number(b):
            return compare(float(a), float(b)) if isinstance(a, float) or isinstance(b, float) else compare(a, b)
        if isinstance(a, Time) and isinstance(b, Time):
            return compare(a.nanoseconds, b.nanoseconds)
        raise _mismatch(a, symbol, b)

    return operator


less = _compare("<", lambda a, b: bool(a < b))
more = _compare(">", lambda a, b: bool(a > b))
less_or_equal = _compare("<=", lambda a, b: bool(a <= b))
more_or_equal = _compare(">=", lambda a, b: bool(a >= b))


def add(a: Any, b: Any) -> Any:
    if type(a) is str and type(b) is str:
        return a + b
    if is_number(a) and is_number(b):
        return float(a) + float(b) if isinstance(a, float) or isinstance(b, float) else wrap_int(int(a) + int(b))
    if isinstance(a, Time) and type(b) is Duration:
        return a.add(b)
    if type(a) is Duration and isinstance(b, Time):
        return b.add(a)
    if type(a) is Duration and type(b) is Duration:
        return Duration(wrap_int(int(a) + int(b)))
    raise _mismatch(a, "+", b)


def subtract(a: Any, b: Any) -> Any:
    if is_number(a) and is_number(b):
        return float(a) - float(b) if isinstance(a, float) or isinstance(b, float) else wrap_int(int(a) - int(b))
    if isinstance(a, Time) and isinstance(b, Time):
        return a.subtract(b)
    if isinstance(a, Time) and type(b) is Duration:
        return a.add(Duration(-b))
    if type(a) is Duration and type(b) is Duration:
        return Duration(wrap_int(int(a) - int(b)))
    raise _mismatch(a, "-", b)


def multiply(a: Any, b: Any) -> Any:
    durations = (type(a) is Duration) + (type(b) is Duration)
    if (is_number(a) or type(a) is Duration) and (is_number(b) or type(b) is Duration):
        if isinstance(a, float) or isinstance(b, float):
            return float(a) * float(b)
        product = wrap_int(int(a) * int(b))
        return Duration(product) if durations else product
    raise _mismatch(a, "*", b)


def divide(a: Any, b: Any) -> float:
    if is_number(a) and is_number(b):
        return float_quotient(float(a), float(b))
    raise _mismatch(a, "/", b)


def modulo(a: Any, b: Any) -> int:
    if is_number(a) and is_number(b) and not isinstance(a, float) and not isinstance(b, float):
        if b == 0:
            raise GoPanic("runtime error: integer divide by zero")
        return truncated_remainder(int(a), int(b))
    raise _mismatch(a, "%", b)


def exponent(a: Any, b: Any) -> float:
    return power(to_float(a), to_float(b))


def negate(value: Any) -> Any:
    kind = type(value)
    if kind is int:
        return wrap_int(-value)
    if kind is float:
        return -value
    if is_number(value):
        return Uint8(-value % 256) if kind is Uint8 else kind(wrap_int(-value))
    raise GoPanic(f"invalid operation: - {type_of(value).name}")


def to_int(value: Any) -> int:
    """What Go's ToInt takes for an index or a count."""
    if type(value) is int:
        return value
    if isinstance(value, float):
        return float_to_int(value)
    if is_number(value):
        return int(value)
    raise GoPanic(f"invalid operation: int({type_of(value).name})")


def to_float(value: Any) -> float:
    if is_number(value):
        return float(value)
    raise GoPanic(f"invalid operation: float({type_of(value).name})")


def make_range(a: Any, b: Any) -> Ints:
    low, high = to_int(a), to_int(b)
    if high - low + 1 >= MEMORY_BUDGET:
        raise GoPanic("memory budget exceeded")
    return Ints(range(low, high + 1))


def contains_value(needle: Any, haystack: Any) -> bool:
    """`in`."""
    if haystack is None:
        return False
    if isinstance(haystack, list):
        return any(equal(item, needle) for item in haystack)
    if isinstance(haystack, bytes):
        return any(equal(Uint8(item), needle) for item in haystack)
    if isinstance(haystack, dict):
        if needle is None:
            return "" in haystack
        if type(needle) is not str:
            raise _bad_map_key(needle, haystack)
        return needle in haystack
    if isinstance(haystack, AnyMap):
        return needle in haystack
    if isinstance(haystack, Struct | Time):
        if type(needle) is not str:
            raise GoPanic(f"cannot use {type_of(needle).name} as field name of {type_of(haystack).name}")
        return isinstance(haystack, Struct) and needle in haystack.fields
    raise GoPanic(f'operator "in" not defined on {type_of(haystack).name}')


def _bad_map_key(key: Any, mapping: Any) -> GoPanic:
    key_type = type_of(mapping).key or go.STRING
    return GoPanic(
        f"reflect.Value.MapIndex: value of type {type_of(key).name} is not assignable to type {key_type.name}"
    )


def fetch(source: Any, key: Any) -> Any:
    """`source[key]` and `source.key`."""
    if isinstance(source, dict):
        if key is None:
            return source.get("")
        if type(key) is not str:
            raise _bad_map_key(key, source)
        return source.get(key, "" if isinstance(source, go.StringMap) else None)
    if source is None:
        raise GoPanic(f"cannot fetch {sprint(key)} from <nil>")
    method = _method(source, key)
    if method is not None:
        return method
    if isinstance(source, list | str | bytes):
        return _element(source, key)
    if isinstance(source, AnyMap):
        return source.get(key)
    if isinstance(source, Struct):
        if type(key) is not str:
            raise assertion_panic(key, "string")
        if key in source.fields:
            return source.fields[key]
    raise GoPanic(f"cannot fetch {sprint(key)} from {type_of(source).name}")


def _method(source: Any, key: Any) -> go.Func | None:
    if type(key) is not str:
        return None
    if isinstance(source, Time | Location | Duration | Month | Weekday):
        return bound_method(source, key)
    return source.methods.get(key) if isinstance(source, Struct) else None


def _element(source: list[Any] | str | bytes, key: Any) -> Any:
    index = to_int(key)
    length = size_of(source)
    if index < 0:
        index += length
    if not 0 <= index < length:
        raise GoPanic(f"index out of range: {index} (array length is {length})")
    if isinstance(source, str):
        return Uint8(ord(source[index]) if source.isascii() else to_bytes(source)[index])
    return Uint8(source[index]) if isinstance(source, bytes) else source[index]


def size_of(value: Any) -> int:
    """Go's len: a string counts bytes."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(to_bytes(value))
    if isinstance(value, list | dict | bytes | AnyMap):
        return len(value)
    raise GoPanic(f"invalid argument for len (type {type_of(value).name})")


def slice_of(source: Any, start: Any, stop: Any) -> Any:
    """`source[start:stop]`, with the bounds cut to what is there."""
    if not isinstance(source, list | str | bytes):
        raise GoPanic(f"cannot slice {sprint(start)}")
    length = size_of(source)
    low, high = to_int(start), to_int(stop)
    low = max(low + length if low < 0 else low, 0)
    high = min(max(high + length if high < 0 else high, 0), length)
    low = min(low, high)
    if isinstance(source, str):
        return source[low:high] if source.isascii() else from_bytes(to_bytes(source)[low:high])
    if isinstance(source, bytes):
        return source[low:high]
    return (list if isinstance(source, go.Pair) else type(source))(source[low:high])


def elements(value: Any) -> list[Any]:
    """What a predicate runs over."""
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return [Uint8(byte) for byte in to_bytes(value)]
    if isinstance(value, bytes):
        return [Uint8(byte) for byte in value]
    if isinstance(value, dict | AnyMap):
        raise GoPanic("reflect: call of reflect.Value.Index on map Value")
    name = "zero" if value is None else kind_of(value)
    raise GoPanic(f"reflect: call of reflect.Value.Len on {name} Value")
