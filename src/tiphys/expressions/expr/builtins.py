"""expr-lang's builtin functions: what the checker knows of each, and what it does.

A builtin has overloads (`types`) or a rule (`validate`) for the checker. Predicates (`filter`, `map`, …) are
evaluated in `predicates`; here stands only that they exist.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tiphys.expressions import go_strings
from tiphys.expressions import go_values as go
from tiphys.expressions.expr import builtin_lists as lists
from tiphys.expressions.expr import builtin_numbers as numbers
from tiphys.expressions.expr import builtin_texts as texts
from tiphys.expressions.expr import operators
from tiphys.expressions.expr.builtin_rules import (
    LISTS,
    NUMBERS,
    Validate,
    aggregate,
    argument,
    concat_types,
    date_types,
    element_of,
    now_types,
    one_of,
    take_types,
)
from tiphys.expressions.go_format import sprint, to_json_indent
from tiphys.expressions.go_numbers import to_float, to_int
from tiphys.expressions.go_time import load_location
from tiphys.expressions.go_values import GoType, func_type, wrap_int


@dataclass(frozen=True, slots=True)
class Builtin:
    """`call` is None for predicates. `memory` says how many elements a result puts on the account."""

    name: str
    call: Callable[..., Any] | None = None
    types: tuple[GoType, ...] = ()
    validate: Validate | None = None
    memory: Callable[[Any], int] | None = None
    needs_clock: bool = False


def _bit(name: str, operation: Callable[[int, int], int]) -> Builtin:
    def call(x: Any, y: Any) -> int:
        return wrap_int(operation(numbers.bits(x, name), numbers.bits(y, name)))

    return Builtin(name, call, (func_type(go.INT, go.INT, output=go.INT),))


_SUM = func_type(go.LIST, func_type(go.ANY, output=go.BOOL), output=go.INT)
_S = go.STRING


def _fn(*inputs: GoType, output: GoType = go.ANY, fails: bool = False) -> GoType:
    return func_type(*inputs, output=output, fails=fails)


PREDICATE_NAMES = (
    *("all", "none", "any", "one", "filter", "map", "count", "sum", "groupBy", "sortBy", "reduce"),
    *("find", "findIndex", "findLast", "findLastIndex"),
)
_ALL = (
    *(Builtin(name, types=(_SUM,) if name == "sum" else ()) for name in PREDICATE_NAMES),
    Builtin("len", texts.length, validate=one_of(("array", "map", "slice", "string"), go.INT, argument("len"))),
    Builtin("type", texts.type_name, (_fn(go.ANY, output=_S),)),
    Builtin("abs", numbers.absolute, validate=one_of(NUMBERS, None, argument("abs"))),
    Builtin("ceil", numbers.rounding("ceil", math.ceil), validate=one_of(NUMBERS, go.FLOAT64, argument("ceil"))),
    Builtin(
        "floor",
        numbers.rounding("floor", math.floor),
        validate=one_of(NUMBERS, go.FLOAT64, argument("floor")),
    ),
    Builtin(
        "round",
        numbers.rounding("round", numbers.round_half_away),
        validate=one_of(NUMBERS, go.FLOAT64, argument("round")),
    ),
    Builtin("int", to_int, validate=one_of((*NUMBERS, "string"), go.INT, argument("int"))),
    Builtin("float", to_float, validate=one_of((*NUMBERS, "string"), go.FLOAT64, argument("float"))),
    Builtin("string", sprint, (_fn(go.ANY, output=_S),)),
    Builtin("trim", texts.trim, (_fn(_S, output=_S), _fn(_S, _S, output=_S))),
    Builtin(
        "trimPrefix",
        lambda text, prefix=" ": texts.string(text).removeprefix(texts.string(prefix)),
        (_fn(_S, _S, output=_S), _fn(_S, output=_S)),
    ),
    Builtin(
        "trimSuffix",
        lambda text, suffix=" ": texts.string(text).removesuffix(texts.string(suffix)),
        (_fn(_S, _S, output=_S), _fn(_S, output=_S)),
    ),
    Builtin("upper", lambda text: go_strings.upper(texts.string(text)), (_fn(_S, output=_S),)),
    Builtin("lower", lambda text: go_strings.lower(texts.string(text)), (_fn(_S, output=_S),)),
    Builtin("split", texts.split, (_fn(_S, _S, output=go.STRINGS), _fn(_S, _S, go.INT, output=go.STRINGS))),
    Builtin(
        "splitAfter",
        texts.split_after,
        (_fn(_S, _S, output=go.STRINGS), _fn(_S, _S, go.INT, output=go.STRINGS)),
    ),
    Builtin("replace", texts.replace, (_fn(_S, _S, _S, go.INT, output=_S), _fn(_S, _S, _S, output=_S))),
    Builtin("repeat", texts.repeat, (_fn(_S, go.INT, output=_S),), memory=lambda text: len(go.to_bytes(text))),
    Builtin(
        "join",
        texts.join,
        (
            _fn(go.STRINGS, _S, output=_S),
            _fn(go.LIST, _S, output=_S),
            _fn(go.LIST, output=_S),
            _fn(go.STRINGS, _S, output=_S),
            _fn(go.STRINGS, output=_S),
        ),
    ),
    Builtin(
        "indexOf",
        lambda text, part: go_strings.index(texts.string(text), texts.string(part)),
        (_fn(_S, _S, output=go.INT),),
    ),
    Builtin(
        "lastIndexOf",
        lambda text, part: go_strings.last_index(texts.string(text), texts.string(part)),
        (_fn(_S, _S, output=go.INT),),
    ),
    Builtin(
        "hasPrefix",
        lambda text, part: texts.string(text).startswith(texts.string(part)),
        (_fn(_S, _S, output=go.BOOL),),
    ),
    Builtin(
        "hasSuffix",
        lambda text, part: texts.string(text).endswith(texts.string(part)),
        (_fn(_S, _S, output=go.BOOL),),
    ),
    Builtin("max", numbers.extreme("max", operators.less), validate=aggregate("max")),
    Builtin("min", numbers.extreme("min", operators.more), validate=aggregate("min")),
    Builtin("mean", numbers.mean, validate=aggregate("mean")),
    Builtin("median", numbers.median, validate=aggregate("median")),
    Builtin("toJSON", lambda value: to_json_indent(value), (_fn(go.ANY, output=_S),)),
    Builtin("fromJSON", texts.from_json, (_fn(_S),)),
    Builtin("toBase64", texts.to_base64, (_fn(_S, output=_S),)),
    Builtin("fromBase64", texts.from_base64, (_fn(_S, output=_S),)),
    Builtin("now", texts.now, validate=now_types, needs_clock=True),
    Builtin("duration", texts.duration, (_fn(_S, output=go.DURATION, fails=True),)),
    Builtin("date", texts.date, validate=date_types),
    Builtin("timezone", lambda name: load_location(texts.string(name)), (_fn(_S, output=go.LOCATION, fails=True),)),
    Builtin("first", lists.first, validate=element_of("first")),
    Builtin("last", lists.last, validate=element_of("last")),
    Builtin("get", lists.get),
    Builtin("take", lists.take, validate=take_types),
    Builtin("keys", lists.keys, validate=one_of(("map",), go.LIST, "cannot get keys from {}")),
    Builtin("values", lists.values, validate=one_of(("map",), go.LIST, "cannot get values from {}")),
    Builtin("toPairs", lists.to_pairs, validate=one_of(("map",), go.LIST, "cannot transform {} to pairs")),
    Builtin("fromPairs", lists.from_pairs, validate=one_of(LISTS, go.ANY_MAP, "cannot transform {} from pairs")),
    Builtin("reverse", lists.reverse, validate=one_of(LISTS, go.LIST, "cannot reverse {}"), memory=len),
    Builtin("uniq", lists.uniq, validate=one_of(LISTS, go.LIST, "cannot uniq {}")),
    Builtin("concat", lists.concat, validate=concat_types, memory=len),
    Builtin("flatten", lists.flatten, validate=one_of(LISTS, go.LIST, "cannot flatten {}"), memory=len),
    Builtin(
        "sort",
        lists.sort,
        (
            *(_fn(kind, _S, output=go.LIST) for kind in (go.LIST, go.INTS, go.FLOATS, go.STRINGS)),
            *(_fn(kind, output=go.LIST) for kind in (go.LIST, go.FLOATS, go.STRINGS, go.INTS)),
        ),
        memory=len,
    ),
    _bit("bitand", lambda x, y: x & y),
    _bit("bitor", lambda x, y: x | y),
    _bit("bitxor", lambda x, y: x ^ y),
    _bit("bitnand", lambda x, y: x & ~y),
    _bit("bitshl", numbers.shift(lambda x, y: x << y)),
    _bit("bitshr", numbers.shift(lambda x, y: x >> y)),
    _bit("bitushr", numbers.shift(lambda x, y: (x % (1 << 64)) >> y)),
    Builtin("bitnot", lambda x: ~numbers.bits(x, "bitnot"), (_fn(go.INT, output=go.INT),)),
)
BUILTINS: dict[str, Builtin] = {builtin.name: builtin for builtin in _ALL}
BUILTIN_NAMES = frozenset(BUILTINS)
