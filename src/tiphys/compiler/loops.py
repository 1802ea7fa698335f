"""The list of a loop: how its items reach the body without Argo reading them as templates.

Argo decodes an item that is a string and scans it for tags. So a string travels as a list of one, and the
list's brackets are cut where the item is given to the body. Maps, lists and numbers are exact as they are;
strings without special signs can be seen through, and look better in the names of the nodes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tiphys.compiler.item_types import used_as
from tiphys.compiler.lowered import NONE, Flag, Source
from tiphys.compiler.placeholders import has_placeholders
from tiphys.compiler.scope import Scope
from tiphys.compiler.transport import Value, computed, encode, literal, safe, typed, whole_numbers
from tiphys.errors import CompileError
from tiphys.ir.model import Component, Task

Json = Any

_PLAIN: Final = re.compile(r'[^"\\{}\x00-\x1f\x7f\ud800-\udfff\u2028\u2029\U00010000-\U0010ffff]*\Z')
_EXACT: Final = frozenset({"NUMBER_INTEGER", "NUMBER_DOUBLE", "BOOLEAN", "LIST", "STRUCT"})
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
"""A string in JSON: a list of strings gets its brackets without being read, so nothing in it changes."""

_UNWRAPPED: Final = "sprig.trimPrefix('[', sprig.trimSuffix(']', item))"


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop of a task: its items, and the input of the body that gets each."""

    items: Items
    item_input: str


@dataclass(frozen=True, slots=True)
class Items:
    """Fields of the DAGTask (`withItems` or `withParam`), and the item as the body gets it."""

    field: str
    value: Json
    item: Source


def loop_of(scope: Scope, name: str, task: Task, components: Mapping[str, Component], *, tolerant: bool) -> Loop | None:
    """The loop of a task, if it is one."""
    component = components[task.component_ref.name]
    where = f"{scope.name}/{name}"
    if task.artifact_iterator is not None:
        argument = task.inputs.artifacts.get(task.artifact_iterator.items.input_artifact)
        if argument is None:
            raise CompileError(f"{where}: the loop is not given its list of artifacts")
        items = _found_artifacts(scope.artifact(argument, name, tolerant=tolerant))
        return Loop(items, task.artifact_iterator.item_input)
    iterator = task.parameter_iterator
    if iterator is None:
        return None
    spec = component.input_definitions.parameters.get(iterator.item_input)
    type = spec.parameter_type if spec is not None else ""
    given = task.inputs.parameters
    if iterator.items.input_parameter:
        if iterator.items.input_parameter not in given:
            raise CompileError(f"{where}: the loop is not given its list")
        argument_ = given[iterator.items.input_parameter]
        source = scope.parameter(argument_, name, given, tolerant=tolerant, otherwise="[]")
        uses = used_as(components, component, iterator.item_input)
        return Loop(_found_items(source, type, uses), iterator.item_input)
    listed = _read(iterator.items.raw, where)
    if has_placeholders(listed):
        values = [scope.constant(item, name, given).value for item in listed]
        return Loop(_mixed_items(values, type), iterator.item_input)
    return Loop(_known_items(listed, type), iterator.item_input)


def _read(raw: str, where: str) -> list[Json]:
    try:
        listed = json.loads(raw)
    except ValueError:
        raise CompileError(f"{where}: the list of the loop is not JSON: {raw[:60]}") from None
    if not isinstance(listed, list):
        raise CompileError(f"{where}: a loop needs a list, this is {raw[:60]}")
    return listed


def _known_items(listed: list[Json], type: str) -> Items:
    """A list that is written in the pipeline."""
    values = [typed(whole_numbers(item), type) for item in listed]
    if values and all(isinstance(item, str) and _PLAIN.match(item) for item in values):
        return Items("withItems", values, _item('"{{item}}"', "'\"' + item + '\"'", type))
    if values and all(_is_exact(item) for item in values):
        items = "[" + ",".join(encode(item) for item in values) + "]"
        return Items("withParam", items, _item("{{item}}", "item", type))
    wrapped = "[" + ",".join(f"[{encode(item)}]" for item in values) + "]"
    return Items("withParam", wrapped, _unwrapped(type))


def _found_items(items: Source, type: str, uses: frozenset[str]) -> Items:
    """A list that the run finds."""
    text = items.value.expression
    if type in _EXACT or (uses and uses <= _EXACT):
        return Items("withParam", items.value.field, _item("{{item}}", "item", type))
    strings = f"sprig.regexReplaceAll({literal(_STRING)}, {text}, '[$0]')"
    others = safe(f"toJson(map(fromJSON({text}), [#]))")
    field = "{{=" + f"all(fromJSON({text}), type(#) == 'string') ? {strings} : {others}" + "}}"
    return Items("withParam", field, _unwrapped(type, loose=True))


def _found_artifacts(items: Source) -> Items:
    """A list of artifacts: each item becomes a list of one again, which is how artifacts travel."""
    item = Source(Value("[{{item}}]", "'[' + item + ']'"), "ARTIFACTS", items.flags)
    return Items("withParam", items.value.field, item)


def _mixed_items(values: Sequence[Value], type: str) -> Items:
    """A list written in the pipeline in which values of the run stand."""
    whole = "'[[' + " + " + '],[' + ".join(f"({value.expression})" for value in values) + " + ']]'"
    return Items("withParam", "{{=" + safe(whole) + "}}", _unwrapped(type, loose=True))


def _is_exact(item: Json) -> bool:
    """True if Argo passes the item on as it is; keys of a map it reads and writes again."""
    if isinstance(item, dict):
        return all(_PLAIN.match(key) for key in item)
    return isinstance(item, (bool, int, float, list))


def _item(field: str, expression: str, type: str) -> Source:
    return Source(Value(field, expression), type)


def _unwrapped(type: str, *, loose: bool = False) -> Source:
    flags = frozenset({Flag.LOOSE}) if loose else NONE
    return Source(computed(_UNWRAPPED), type, flags)
