"""The fields of Argo's and Kubernetes' objects: names, types, order, and how lists merge.

Read from `fields.json`, which `scripts/argo_fields` writes from the Go types. Types are named as in
Go (`v1alpha1.Template`, `v1.Container`); `[]` is a list, `{}` a map, `*` an optional value.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal

VERSION: Final = "4.1"
"""The version of Argo whose fields these are."""

WORKFLOW: Final = "v1alpha1.Workflow"
WORKFLOW_SPEC: Final = "v1alpha1.WorkflowSpec"
WORKFLOW_TEMPLATE: Final = "v1alpha1.WorkflowTemplate"
CLUSTER_WORKFLOW_TEMPLATE: Final = "v1alpha1.ClusterWorkflowTemplate"
CRON_WORKFLOW: Final = "v1alpha1.CronWorkflow"
TEMPLATE: Final = "v1alpha1.Template"
CONFIG_MAP: Final = "v1.ConfigMap"
POD_SPEC: Final = "v1.PodSpec"
CONTAINER: Final = "v1.Container"


_INTEGERS: Final = frozenset({"int", "int32", "int64", "uint64"})
_NO_STRUCTS: Final = frozenset({"v1alpha1.AnyString", "bytes", "any"})

ShapeKind = Literal["struct", "list", "map", "string", "bool", "integer", "self-reading"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A type taken apart. `type` is its name without `*` and alias, `go_name` what Go calls it.

    `self-reading` are the types that read their JSON themselves (`Item`, `Quantity`, times …).
    """

    kind: ShapeKind
    type: str
    go_name: str
    is_pointer: bool = False

    @property
    def element(self) -> Shape:
        """The shape of a list's items or a map's values."""
        return shape_of(self.type[2:])

    @property
    def is_struct(self) -> bool:
        """True for what is a struct in Go, also if it reads itself."""
        return self.kind == "struct" or (self.kind == "self-reading" and self.type not in _NO_STRUCTS)

    @property
    def struct_name(self) -> str:
        """The name of a struct without its package."""
        return self.type.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `omit_empty` as Go writes it, `merge_key` of lists that merge by key.

    `embedded` are the structs of Go in which it lies (`ArtifactLocation` for `s3` of an artifact).
    """

    name: str
    type: str
    omit_empty: bool = False
    omit_zero: bool = False
    merge_key: str = ""
    embedded: tuple[str, ...] = ()
    shape: Shape = Shape("self-reading", "any", "interface {}")

    @property
    def element(self) -> str:
        """The type of a map's values or a list's items, or the type itself, without `*`."""
        return element_type(self.type)

    @property
    def is_always_written(self) -> bool:
        """True for structs: Go's `omitempty` never leaves them out."""
        return not self.omit_zero and not self.shape.is_pointer and self.shape.is_struct


def element_type(type: str) -> str:
    """`[]v1.Container` → `v1.Container`, `*v1.Affinity` → `v1.Affinity`."""
    return type.lstrip("*").removeprefix("[]").removeprefix("{}").lstrip("*")


@functools.cache
def shape_of(type: str, go_name: str = "") -> Shape:
    """Take the name of a type apart."""
    bare = type.lstrip("*")
    is_pointer = bare != type
    if bare.startswith(("[]", "{}")):
        head = "[]" if bare[0] == "[" else "map[string]"
        kind: ShapeKind = "list" if bare[0] == "[" else "map"
        element = shape_of(bare[2:])
        named = f"{head}{'*' if element.is_pointer else ''}{element.go_name}"
        return Shape(kind, bare, go_name or named, is_pointer)
    name, _, alias = bare.partition("=")
    if name in _tables():
        return Shape("struct", name, name, is_pointer)
    if name in _INTEGERS:
        return Shape("integer", name, alias or name, is_pointer)
    if name == "string" or name == "bool":
        return Shape("string" if name == "string" else "bool", name, alias or name, is_pointer)
    return Shape("self-reading", name, name, is_pointer)


@functools.cache
def _tables() -> dict[str, list[list[str]]]:
    text = resources.files("tiphys.manifest").joinpath("fields.json").read_text(encoding="utf-8")
    tables: dict[str, list[list[str]]] = json.loads(text)
    return tables


@functools.cache
def fields_of(type: str) -> Mapping[str, Field]:
    """The fields of a struct by name, in the order in which Go writes them; empty for other types."""
    return {row[0]: _field(*row) for row in _tables().get(type, ())}


def _field(
    name: str, type: str, flags: str = "", merge_key: str = "", embedded: str = "", go_name: str = ""
) -> Field:
    within = tuple(embedded.split(".")) if embedded else ()
    return Field(name, type, "o" in flags, "z" in flags, merge_key, within, shape_of(type, go_name))


def is_struct(type: str) -> bool:
    """True for types that have fields."""
    return type in _tables()
