"""Names of nodes, their ids, and the names of pods. All are functions of the workflow's and the task's names.

https://github.com/argoproj/argo-workflows/blob/main/workflow/util/pod_name.go
"""

from __future__ import annotations

import re
from typing import Final

_FNV_OFFSET: Final = 2166136261
_FNV_PRIME: Final = 16777619
_POD_PREFIX: Final = 242
"""Longest prefix of a pod name: 253 characters, less a hyphen and ten digits of the hash."""

_SEPARATOR: Final = re.compile(r"(\[\d+\])?\.")


def fnv1a(text: str) -> int:
    """The 32-bit FNV-1a hash of the text.

    >>> fnv1a("")
    2166136261
    """
    value = _FNV_OFFSET
    for byte in text.encode("utf-8", "surrogateescape"):
        value = ((value ^ byte) * _FNV_PRIME) & 0xFFFFFFFF
    return value


def node_id(run_name: str, node_name: str) -> str:
    """The id of a node: the workflow's name for the root, else name and hash (Workflow.NodeID)."""
    return run_name if node_name == run_name else f"{run_name}-{fnv1a(node_name)}"


def pod_name(run_name: str, node_name: str, template_name: str) -> str:
    """The name of a node's pod (GeneratePodName, version 2)."""
    if run_name == node_name:
        return run_name
    prefix = f"{run_name}-{template_name}" if template_name else run_name
    return f"{prefix[:_POD_PREFIX]}-{fnv1a(node_name)}"


def display_name(node_name: str, boundary_name: str) -> str:
    """What is left of a node's name without its boundary's: `wf.a` in `wf` is `a` (initializeNode)."""
    rest = node_name.removeprefix(boundary_name)
    found = _SEPARATOR.match(rest)
    return rest[found.end() :] if found else rest


def task_name(node_name: str) -> str:
    """The step or task a node belongs to, without item, attempt and parents (getStepOrDAGTaskName).

    >>> task_name("wf[0].fan-out(0:1)(0)")
    'fan-out'
    """
    opener = ""
    end = 0
    for index in range(len(node_name) - 1, -1, -1):
        char = node_name[index]
        if opener:
            opener = "" if char == opener else opener
        elif char == ")":
            opener = "("
        elif char == "]":
            opener = "["
        else:
            end = index + 1
            break
    else:
        end = len(node_name)
    name = node_name[:end]
    return name[name.rfind(".") + 1 :]


def on_exit_name(parent_name: str) -> str:
    """The node name of an exit handler."""
    return f"{parent_name}.onExit"


def hook_name(parent_name: str, hook: str) -> str:
    """The node name of a lifecycle hook other than `exit`."""
    return f"{parent_name}.hooks.{hook}"
