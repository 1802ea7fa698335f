"""An object as Argo's controller holds it after reading: Go's decoding of JSON into structs.

`read` gives what lies in Go's memory: fields that were given, numbers and booleans as strings where a
string is wanted. `decode` gives the same as Go would write it again (see `encoding`). A wrong type is a
`ManifestError` in Go's words; `misfits` finds all of them, with their paths.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tiphys.errors import ManifestError
from tiphys.manifest import quantity, timestamps
from tiphys.manifest.encoding import encode, float32_text, json_number, plain_number
from tiphys.manifest.fields import Field, Shape, fields_of, shape_of

Json = Any

_INTEGERS: Final = {
    "int": (-(2**63), 2**63 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
_PREFIX: Final = "error unmarshaling JSON: while decoding JSON: "
_STEP: Final = "v1alpha1.WorkflowStep"
_ANY_MAP: Final = "map[string]interface {}"


@dataclass(frozen=True, slots=True)
class Misfit:
    """A part of an object that does not fit its type: an unknown field or a wrong value.

    `type` is the struct that lacks the field, or the type that was wanted. `message` is Go's.
    `is_ignored` says that even Go's strict reader overlooks it.
    """

    kind: Literal["unknown-field", "wrong-type"]
    path: tuple[str | int, ...]
    type: str
    message: str
    is_ignored: bool = False


def read(data: Json, type: str, *, strict: bool = False, coerce: bool = True) -> Json:
    """Read `data` (as `manifest.yaml` gives it) as an object of `type`, or raise `ManifestError`.

    Null and missing are the zero value. `strict` refuses unknown fields, as `argo lint` does. `coerce`
    makes strings of numbers, as sigs.k8s.io/yaml does when it knows the type.

    >>> read({"name": "x", "value": 3, "typo": 1, "enum": []}, "v1alpha1.Parameter")
    {'enum': [], 'name': 'x', 'value': '3'}
    """
    reader = _Reader(is_strict=strict)
    try:
        value = reader.value(data, shape_of(type), coerce)
    except _Abort as abort:
        raise ManifestError(_PREFIX + abort.error.text()) from None
    if reader.first is not None:
        raise ManifestError(_PREFIX + reader.first)
    return value


def decode(data: Json, type: str, *, strict: bool = False, coerce: bool = True) -> Json:
    """Read `data` as an object of `type` and give it back as Go's own JSON: no null, no empty fields.

    >>> decode({"name": "x", "value": 3, "typo": 1, "enum": []}, "v1alpha1.Parameter")
    {'name': 'x', 'value': '3'}
    """
    return encode(read(data, type, strict=strict, coerce=coerce), type)


def misfits(data: Json, type: str) -> list[Misfit]:
    """Find everything in `data` that does not fit `type`, as Kubernetes sees it.

    No number becomes a text, and `Name` is not `name`: unlike `read`, which does as sigs.k8s.io/yaml.
    """
    reader = _Reader(is_strict=True, goes_on=True)
    reader.value(data, shape_of(type), False)
    return reader.found


@dataclass(slots=True)
class _TypeError:
    """Go's UnmarshalTypeError, or (without `type`) any other error of decoding."""

    value: str
    type: str = ""
    struct: str = ""
    field: str = ""

    def text(self) -> str:
        if not self.type:
            return self.value
        where = f"Go struct field {self.struct}.{self.field}" if self.struct or self.field else "Go value"
        return f"json: cannot unmarshal {self.value} into {where} of type {self.type}"


class _Abort(Exception):
    """The error of a type that reads itself: Go stops at once and forgets what it had found."""

    def __init__(self, error: _TypeError) -> None:
        super().__init__(error.value)
        self.error = error


@dataclass(slots=True)
class _Reader:
    """Reads one document; keeps the first error, as Go does, and the way to it."""

    is_strict: bool
    goes_on: bool = False
    first: str | None = None
    found: list[Misfit] = field(default_factory=list)
    struct: str = ""
    stack: list[str] = field(default_factory=list)
    path: list[str | int] = field(default_factory=list)
    is_blind: bool = False
    first_error: _TypeError | None = None

    def value(self, data: Json, shape: Shape, coerce: bool) -> Json:
        """`data` in the given shape; None stands for Go's zero value."""
        if data is None:
            return None
        match shape.kind:
            case "struct":
                return self._struct(data, shape, coerce)
            case "list":
                return self._list(data, shape, coerce)
            case "map":
                return self._map(data, shape, coerce)
            case "string":
                if coerce and isinstance(data, bool | int | float):
                    return _as_text(data)
                return data if isinstance(data, str) else self._mismatch(data, shape.go_name)
            case "bool":
                return data if isinstance(data, bool) else self._mismatch(data, shape.go_name)
            case "integer":
                return self._integer(data, shape.type, shape.go_name)
            case _:
                return self._self_reading(data, shape)

    def _struct(self, data: Json, shape: Shape, coerce: bool) -> Json:
        if not isinstance(data, dict):
            return self._mismatch(data, shape.go_name)
        fields = fields_of(shape.type)
        outer, depth = self.struct, len(self.stack)
        values: dict[str, Json] = {}
        for name in sorted(data):
            known = fields.get(name) or (None if self.goes_on else _folded(fields, name))
            if known is None:
                self._unknown(name, shape)
                continue
            self.struct = shape.struct_name
            self.stack += [*known.embedded, known.name]
            self.path.append(name)
            value = self.value(data[name], known.shape, coerce and not known.embedded)
            self.path.pop()
            del self.stack[depth:]
            if value is not None or known.name not in values:
                values[known.name] = value
        self.struct = outer
        return {name: value for name, value in values.items() if value is not None}

    def _list(self, data: Json, shape: Shape, coerce: bool) -> Json:
        if not isinstance(data, list):
            return self._mismatch(data, shape.go_name)
        items = []
        for index, item in enumerate(data):
            self.path.append(index)
            items.append(_zero(shape.element) if item is None else self.value(item, shape.element, coerce))
            self.path.pop()
        return items

    def _map(self, data: Json, shape: Shape, coerce: bool) -> Json:
        if not isinstance(data, dict):
            return self._mismatch(data, shape.go_name)
        items = {}
        for key in sorted(data):
            self.path.append(key)
            item = data[key]
            items[key] = _zero(shape.element) if item is None else self.value(item, shape.element, coerce)
            self.path.pop()
        return items

    def _integer(self, data: Json, type: str, go_name: str) -> Json:
        if isinstance(data, bool) or not isinstance(data, int | float):
            return self._mismatch(data, go_name)
        low, high = _INTEGERS[type]
        if isinstance(data, float) or not low <= data <= high:
            return self._mismatch(data, go_name, f"number {json_number(data)}")
        return data

    def _self_reading(self, data: Json, shape: Shape) -> Json:
        """Types that implement json.Unmarshaler."""
        match shape.type:
            case "v1alpha1.ParallelSteps":
                return self._parallel_steps(data)
            case "v1alpha1.AnyString":
                return _any_string(data)
            case "v1alpha1.Plugin":
                if not isinstance(data, dict):
                    return self._abort(_TypeError(_kind(data), _ANY_MAP))
                if len(data) != 1:
                    return self._abort(_TypeError(f"expected exactly one key, got {len(data)}"))
                return data
            case "intstr.IntOrString":
                if isinstance(data, str):
                    return data
                if isinstance(data, bool) or not isinstance(data, int):
                    found = f"number {json_number(data)}" if isinstance(data, float) else _kind(data)
                    return self._abort(_TypeError(found, "int32"))
                return self._integer_or_abort(data)
            case "resource.Quantity":
                return self._quantity(data)
            case "v1.Time":
                return self._time(data)
            case _:  # Item, Amount, FieldsV1 and whatever else Go keeps as it came
                return data

    def _integer_or_abort(self, data: int) -> Json:
        low, high = _INTEGERS["int32"]
        return data if low <= data <= high else self._abort(_TypeError(f"number {data}", "int32"))

    def _quantity(self, data: Json) -> Json:
        text = data if isinstance(data, str) else _raw_text(data)
        try:
            return quantity.canonical(text)
        except ManifestError as error:
            return self._abort(_TypeError(error.message))

    def _time(self, data: Json) -> Json:
        if not isinstance(data, str):
            return self._abort(_TypeError(_kind(data), "string"))
        try:
            return timestamps.canonical(data)
        except ManifestError as error:
            return self._abort(_TypeError(error.message))

    def _parallel_steps(self, data: Json) -> Json:
        # https://github.com/argoproj/argo-workflows/blob/v4.1.0/pkg/apis/workflow/v1alpha1/workflow_types.go
        # (ParallelSteps.UnmarshalJSON): a step's own fields are read strictly, all below leniently
        if not isinstance(data, list):
            return self._abort(_TypeError(_kind(data), f"[]{_ANY_MAP}"))
        for index, step in enumerate(data):
            if step is not None and not isinstance(step, dict):
                return self._abort(_TypeError(_kind(step), _ANY_MAP), index)
        known = fields_of(_STEP)
        for index, step in enumerate(data):
            for name in sorted(step or ()):
                if name not in known:
                    self._unknown_step_field(index, name)
        return self._steps(data)

    def _steps(self, data: list[Json]) -> Json:
        inner = _Reader(is_strict=self.goes_on, goes_on=self.goes_on, is_blind=True, path=[*self.path])
        inner.found = self.found
        try:
            steps = inner.value(data, shape_of(f"[]{_STEP}"), False)
        except _Abort as abort:
            return self._abort(abort.error)
        if inner.first_error is not None and not self.goes_on:
            return self._abort(inner.first_error)
        return steps

    def _unknown_step_field(self, index: int, name: str) -> None:
        if not self.goes_on:
            raise _Abort(_TypeError(f'json: unknown field "{name}"'))
        path = (*self.path, index, name)
        self.found.append(Misfit("unknown-field", path, _STEP, f'json: unknown field "{name}"'))

    def _unknown(self, name: str, shape: Shape) -> None:
        if not self.is_strict:
            return
        message = f'json: unknown field "{name}"'
        path = (*self.path, name)
        if self.goes_on and not any(each.path == path for each in self.found):
            self.found.append(Misfit("unknown-field", path, shape.type, message, self.is_blind))
        if self.first is None:
            self.first = message

    def _mismatch(self, data: Json, type: str, found: str = "") -> None:
        error = _TypeError(found or _kind(data), type, self.struct, ".".join(self.stack))
        if self.goes_on:
            self.found.append(Misfit("wrong-type", tuple(self.path), type, error.text()))
        if self.first is None:
            self.first = error.text()
            self.first_error = error

    def _abort(self, error: _TypeError, *below: int) -> None:
        if error.type:
            error.struct = self.struct
            error.field = ".".join([*self.stack, *filter(None, (error.field,))])
        if not self.goes_on:
            raise _Abort(error)
        path = (*self.path, *below)
        self.found.append(Misfit("wrong-type", path, error.type, error.text()))


def _zero(shape: Shape) -> Json:
    """What stands for null in a list or map: only structs are worth the trouble of not being None."""
    return {} if shape.kind == "struct" and not shape.is_pointer else None


def _folded(fields: Mapping[str, Field], name: str) -> Field | None:
    folded = name.casefold()
    return next((each for each in fields.values() if each.name.casefold() == folded), None)


def _as_text(data: bool | int | float) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    is_integer = isinstance(data, int) and -(1 << 63) <= data < (1 << 64)
    return str(data) if is_integer else float32_text(data)


def _any_string(data: Json) -> str:
    if isinstance(data, str):
        return data
    if isinstance(data, bool):
        return "true" if data else "false"
    return plain_number(data) if isinstance(data, int | float) else ""


def _raw_text(data: Json) -> str:
    if isinstance(data, bool):
        return "true" if data else "false"
    return json_number(data) if isinstance(data, int | float) else "{"


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
