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
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `omit_empty` as Go writes it, `merge_key` of lists that merge by key."""

    name: str
    type: str
    omit_empty: bool = False
    merge_key: str = ""

    @property
    def element(self) -> str:
        """The type of a map's values or a list's items, or the type itself, without `*`."""
        return element_type(self.type)


def element_type(type: str) -> str:
    """`[]v1.Container` → `v1.Container`, `*v1.Affinity` → `v1.Affinity`."""
    return type.lstrip("*").removeprefix("[]").removeprefix("{}").lstrip("*")


@functools.cache
def _tables() -> dict[str, list[list[str]]]:
    text = resources.files("tiphys.manifest").joinpath("fields.json").read_text(encoding="utf-8")
    tables: dict[str, list[list[str]]] = json.loads(text)
    return tables


@functools.cache
def fields_of(type: str) -> Mapping[str, Field]:
    """The fields of a struct by name, in the order in which Go writes them; empty for other types."""
    return {
        row[0]: Field(row[0], row[1], len(row) > 2 and "o" in row[2], row[3] if len(row) > 3 else "")
        for row in _tables().get(type, ())
    }


def is_struct(type: str) -> bool:
    """True for types that have fields."""
    return type in _tables()
