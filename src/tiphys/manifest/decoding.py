"""An object as Argo's controller holds it after reading: Go's decoding and encoding of JSON.

Unknown fields go, null and zero values that Go would not write go, structs that Go always writes
come, numbers and booleans become strings where a string is wanted, quantities get their canonical
spelling, fields stand in the order of the Go struct. A wrong type is a `ManifestError` in Go's words.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, Final

from tiphys.errors import ManifestError
from tiphys.manifest import quantity
from tiphys.manifest.fields import Field, fields_of, is_struct

Json = Any

_INTEGERS: Final = {
    "int": (-(2**63), 2**63 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
_PREFIX: Final = "error unmarshaling JSON: while decoding JSON: "
_STEP: Final = "v1alpha1.WorkflowStep"


def decode(data: Json, type: str, *, strict: bool = False) -> Json:
    """`data` (as `manifest.yaml` reads it) as an object of `type`, in Go's own JSON.

    `strict` refuses unknown fields, as `argo lint` does.

    >>> decode({"name": "x", "value": 3, "typo": 1}, "v1alpha1.Parameter")
    {'name': 'x', 'value': '3'}
    """
    reader = _Reader(strict)
    result = reader.value(data, type, coerce=True)
    if reader.problem is not None:
        raise ManifestError(_PREFIX + reader.problem)
    return result


@dataclass(slots=True)
class _Reader:
    """Reads one document; keeps the first problem, as Go does, and the way to it."""

    strict: bool
    problem: str | None = None
    struct: str = ""
    path: list[str] = field(default_factory=list)

    def value(self, data: Json, type: str, *, coerce: bool) -> Json:
        """`data` as `type`; None stands for Go's zero value."""
        if data is None:
            return None
        if type[0] == "*":
            return self.value(data, type[1:], coerce=coerce)
        if type.startswith("[]"):
            return self._list(data, type, coerce=coerce)
        if type.startswith("{}"):
            return self._map(data, type, coerce=coerce)
        if is_struct(type):
            return self._struct(data, type, coerce=coerce)
        return self._scalar(data, type, coerce=coerce)

    def _struct(self, data: Json, type: str, *, coerce: bool) -> Json:
        if not isinstance(data, dict):
            return self._mismatch(data, type)
        fields = fields_of(type)
        outer, self.struct = self.struct, type.partition(".")[2]
        values: dict[str, Json] = {}
        for name in sorted(data):
            known = fields.get(name) or _folded(fields, name)
            if known is None:
                self._unknown(name)
                continue
            self.path.append(known.name)
            read = self.value(data[name], known.type, coerce=coerce)
            if read is not None or known.name not in values:
                values[known.name] = read
            self.path.pop()
        self.struct = outer
        return _written(fields, values)

    def _list(self, data: Json, type: str, *, coerce: bool) -> Json:
        if not isinstance(data, list):
            return self._mismatch(data, type)
        element = type[2:]
        if element == "v1alpha1.ParallelSteps":
            return [self._parallel_steps(group) for group in data]
        items = [self.value(item, element, coerce=coerce) for item in data]
        return [_zero(element) if item is None else item for item in items]

    def _map(self, data: Json, type: str, *, coerce: bool) -> Json:
        if not isinstance(data, dict):
            return self._mismatch(data, type)
        element = type[2:]
        items = {str(key): self.value(data[key], element, coerce=coerce) for key in sorted(data, key=str)}
        return {key: _zero(element) if item is None else item for key, item in items.items()}

    def _parallel_steps(self, data: Json) -> Json:
        # https://github.com/argoproj/argo-workflows/blob/main/pkg/apis/workflow/v1alpha1/workflow_types.go
        # (ParallelSteps.UnmarshalJSON): strict about the step's own fields, and YAML's coercion ends here
        if not isinstance(data, list):
            return self._mismatch(data, "[]map[string]interface {}")
        for step in data:
            if not isinstance(step, dict):
                return self._mismatch(step, "map[string]interface {}")
        known = fields_of(_STEP)
        for step in data:
            for name in sorted(step):
                if name not in known:
                    raise ManifestError(f'{_PREFIX}json: unknown field "{name}"')
        return [self._struct(step, _STEP, coerce=False) for step in data]

    def _scalar(self, data: Json, type: str, *, coerce: bool) -> Json:
        kind, _, alias = type.partition("=")
        if kind in _INTEGERS:
            return self._integer(data, kind)
        if kind == "string":
            if coerce and isinstance(data, bool | int | float):
                data = _text(data)
            return data if isinstance(data, str) else self._mismatch(data, alias or kind)
        if kind == "bool":
            return data if isinstance(data, bool) else self._mismatch(data, kind)
        return self._special(data, type)

    def _integer(self, data: Json, kind: str) -> Json:
        if isinstance(data, bool) or not isinstance(data, int | float):
            return self._mismatch(data, kind)
        low, high = _INTEGERS[kind]
        if data != int(data) or not low <= data <= high:
            return self._mismatch(data, kind, f"number {data}")
        return int(data)

    def _special(self, data: Json, type: str) -> Json:
        match type:
            case "v1alpha1.AnyString":
                return _any_string(data)
            case "resource.Quantity":
                return quantity.canonical(data if isinstance(data, str) else _text(data))
            case "intstr.IntOrString":
                return data if isinstance(data, str) else self._integer(data, "int32")
            case "v1alpha1.Plugin":
                if not isinstance(data, dict):
                    return self._mismatch(data, "map[string]interface {}")
                if len(data) != 1:
                    raise ManifestError(f"{_PREFIX}expected exactly one key, got {len(data)}")
                return _sorted(data)
            case _:  # Item, Amount, Time and what else Go keeps as it came
                return _sorted(data)

    def _unknown(self, name: str) -> None:
        if self.strict and self.problem is None:
            self.problem = f'json: unknown field "{name}"'

    def _mismatch(self, data: Json, type: str, found: str = "") -> None:
        if self.problem is None:
            where = f"Go struct field {self.struct}.{'.'.join(self.path)}" if self.path else "Go value"
            self.problem = f"json: cannot unmarshal {found or _kind(data)} into {where} of type {_go(type)}"


def _written(fields: Any, values: dict[str, Json]) -> dict[str, Json]:
    written: dict[str, Json] = {}
    for name, known in fields.items():
        value = values.get(name)
        if value is None:
            value = _zero(known.type)
            if value is None and known.omit_empty:
                continue
        if known.omit_empty and _is_empty(value, known):
            continue
        written[name] = value
    return written


def _is_empty(value: Json, known: Field) -> bool:
    if known.type[0] == "*":
        return False
    if isinstance(value, dict):
        return not value and not is_struct(known.type)
    return value in ("", 0, False) or value == []


def _zero(type: str) -> Json:
    if type[0] in "*[{":
        return None
    if is_struct(type):
        return _written(fields_of(type), {})
    kind = type.partition("=")[0]
    if kind in _INTEGERS:
        return 0
    return {"string": "", "bool": False, "v1alpha1.AnyString": ""}.get(kind)


def _folded(fields: Any, name: str) -> Field | None:
    folded = name.casefold()
    return next((each for each in fields.values() if each.name.casefold() == folded), None)


def _any_string(data: Json) -> str:
    if isinstance(data, str):
        return data
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, int | float):
        return format(float(data), ".0f") if float(data).is_integer() else _plain(repr(float(data)))
    return ""


def _plain(text: str) -> str:
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent)
    return f"{float(text):.{max(digits, 0)}f}"


def _text(data: bool | int | float) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, int):
        return str(data)
    # sigs.k8s.io/yaml formats with 32 bits: the shortest text that reads back as the same float32
    single = struct.unpack("f", struct.pack("f", data))[0] if abs(data) < 3.4e38 else data
    for precision in range(1, 10):
        text = f"{single:.{precision}g}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single:
            break
    return text


def _sorted(data: Json) -> Json:
    if isinstance(data, dict):
        return {key: _sorted(data[key]) for key in sorted(data)}
    return [_sorted(each) for each in data] if isinstance(data, list) else data


def _kind(data: Json) -> str:
    match data:
        case bool():
            return "bool"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "array"
        case _:
            return "number"


def _go(type: str) -> str:
    head, element = type[: len(type) - len(type.lstrip("*[]{}"))], type.lstrip("*[]{}")
    return head.replace("{}", "map[string]") + (element.partition("=")[2] or element)
