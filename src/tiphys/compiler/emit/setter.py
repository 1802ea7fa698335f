"""One setting of kfp-kubernetes on its way to the pod: into the template, or into its patch.

What only the run knows stands in a field of the template as an expression; what may be missing altogether
is in a list that an expression makes, in `podSpecPatch`, which merges by name as Kubernetes does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiphys.compiler.emit.body import Body
from tiphys.compiler.transport import Value, computed, path, structure, variable, whole_numbers
from tiphys.errors import CompileError
from tiphys.ir.model import ParameterArgument

Json = Any


@dataclass(frozen=True, slots=True)
class Given:
    """A setting: `known`, or the Argo name of the input that brings it (null if `nullable`)."""

    known: Json = None
    input: str = ""
    nullable: bool = False

    @property
    def text(self) -> str:
        """The value as plain text in a field of the template."""
        if not self.input:
            return str(self.known)
        return "{{=fromJSON(" + path("inputs", "parameters", self.input) + ")}}"

    @property
    def value(self) -> Value | Json:
        """The value as part of a JSON document."""
        return variable("inputs", "parameters", self.input) if self.input else whole_numbers(self.known)


@dataclass(slots=True)
class Setter:
    """The settings of one pod.

    `told` says which its component wants to know, `on_pod` which hold for the pod itself; `config` is what
    it is told; `later` are lists of the patch with members that may be missing.
    """

    where: str
    body: Body
    find: Callable[[ParameterArgument], Given]
    on_pod: Mapping[str, bool]
    config: dict[str, Json] = field(default_factory=dict)
    told: Mapping[str, bool] = field(default_factory=dict)
    later: dict[str, list[tuple[str, Json]]] = field(default_factory=dict)

    def name_of(self, parameter: ParameterArgument | None, known: str, what: str) -> Given:
        """The name of a secret or config map: of a parameter, or known."""
        if parameter is not None:
            return self.find(parameter)
        if known:
            return Given(known)
        raise CompileError(f"{self.where}: {what} has no name")

    def add(self, name: str, entry: dict[str, Json], given: Given | None) -> None:
        """Put a member of a list into the template, or into the patch if it may be missing."""
        if given is not None and given.nullable:
            self.later.setdefault(name, []).append((null_of(given), with_values(entry)))
            return
        plain = with_texts(entry)
        target = self.body.fields if name == "volumes" else self.body.container
        listed = target.setdefault(name, [])
        if plain not in listed:
            listed.append(plain)

    def finish(self) -> None:
        """Write the lists whose members may be missing into the patch."""
        for name, found in self.later.items():
            in_container = name in ("env", "volumeMounts")
            patch = self.body.container_patch if in_container else self.body.pod_patch
            members = [("", each) for each in patch.get(name, [])] + found
            if any(null for null, _ in members):
                parts = []
                for null, member in members:
                    one = f"',' + {structure(member).expression}"
                    parts.append(f"({null} ? '' : {one})" if null else one)
                listed: Json = computed(f"'[' + sprig.trimPrefix(',', {' + '.join(parts)}) + ']'")
            else:
                listed = [member for _, member in members]
            patch[name] = listed


def null_of(given: Given) -> str:
    """The expression that is true if the setting is missing; empty if it never is."""
    return path("inputs", "parameters", given.input) + " == 'null'" if given.nullable else ""


def with_texts(entry: Json) -> Json:
    """An entry for a field of the template."""
    if isinstance(entry, Given):
        return entry.text
    if isinstance(entry, dict):
        return {key: with_texts(value) for key, value in entry.items()}
    return entry


def with_values(entry: Json) -> Json:
    """An entry for a JSON document."""
    if isinstance(entry, Given):
        return entry.value
    if isinstance(entry, dict):
        return {key: with_values(value) for key, value in entry.items()}
    return entry
