"""What lies between the IR and the manifest: templates of Argo and what is known of them.

A component of the IR becomes a template for a `Call`: the same component gives another template where
what callers pass, or how a task retries, makes a difference. Equal templates become one (`Templates`).
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tiphys.compiler.transport import Value
from tiphys.ir.model import RetryPolicy

Json = Any

ARTIFACTS = "ARTIFACTS"
"""The type of a list of artifacts: how every artifact travels, the single one too."""


class Flag(enum.StrEnum):
    """What a template must know of the values that it gets."""

    NULL = "null"
    """The value may be null: an optional parameter that nobody gave."""
    LOOSE = "loose"
    """The value may be of another type than declared: an item of a list."""
    ABSENT = "absent"
    """Nothing is given."""
    ALIAS = "alias"
    """The artifact is given as another input too, which brings it."""
    WORKSPACE = "workspace"
    """The value may be a path in the workspace of the run."""
    GCS = "gcs"
    """The artifact, or what is imported from this URI, lies in Google's storage."""
    HTTP = "http"
    """It lies on a web server."""
    OCI = "oci"
    """It is in a container image."""
    FOREIGN = "foreign"
    """It is no output of this run: imported, or kept from another run."""
    MIXED = "mixed"
    """It is an output of one of several components."""


Flags = frozenset[Flag]
NONE: Flags = frozenset()
ELSEWHERE: Flags = frozenset({Flag.GCS, Flag.HTTP, Flag.OCI})
"""Where artifacts lie that are not in the run's own storage: Argo has to be told before the run."""

PLACES: Flags = ELSEWHERE | {Flag.FOREIGN, Flag.MIXED}
"""What is to be known of where an artifact lies."""

_SCHEMES: Final = {"gs": Flag.GCS, "http": Flag.HTTP, "https": Flag.HTTP, "oci": Flag.OCI}


def scheme_flags(value: Json) -> Flags:
    """What a URI says of where it points.

    >>> sorted(scheme_flags("gs://bucket/x")), sorted(scheme_flags("s3://bucket/x"))
    ([<Flag.GCS: 'gcs'>], [])
    """
    scheme = value.partition("://")[0] if isinstance(value, str) and "://" in value else ""
    return frozenset({_SCHEMES[scheme]}) if scheme in _SCHEMES else NONE


@dataclass(frozen=True, slots=True)
class Source:
    """A value that a task can be given: its texts, its declared type, and what is to be known of it.

    `known` is the value itself where the pipeline fixes it.
    """

    value: Value
    type: str
    flags: Flags = NONE
    known: tuple[Json] | None = None


class Form(enum.Enum):
    """How the text of an output parameter is to be read."""

    JSON = "json"
    """It is transport text."""
    RAW = "raw"
    """It is what a program wrote into a file."""
    REPORTED = "reported"
    """A program wrote it into its file or into KFP's executor_output.json."""
    FORESEEN = "foreseen"
    """It is transport text, known before: it means something only if the task succeeded."""
    MARKED = "marked"
    """It is transport text behind `=`, so that Argo does not read lists in the aggregate of a loop."""


@dataclass(frozen=True, slots=True)
class Handed:
    """An output of a template: its name in Argo, its type in KFP's words, its form."""

    name: str
    type: str
    form: Form = Form.JSON
    gaps: bool = False
    """An item of a loop may hand out nothing."""
    places: Flags = NONE
    """Of an artifact: where it lies."""


@dataclass(frozen=True, slots=True)
class Call:
    """How a component is used. Inputs that are not in `flags` are plain."""

    component: str
    flags: tuple[tuple[str, Flags], ...] = ()
    retry: RetryPolicy | None = None
    cache: str | None = None
    baked: tuple[tuple[str, Value], ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    is_item: bool = False

    def flags_of(self, name: str) -> Flags:
        """What is known of the value of an input."""
        return dict(self.flags).get(name, NONE)


@dataclass(frozen=True, slots=True)
class Template:
    """A template that is in the manifest.

    `takes` maps inputs of the component to Argo's names, for those that the template has use for;
    `outputs` and `artifacts` are keyed by the component's own names.
    """

    name: str
    takes: Mapping[str, str]
    outputs: Mapping[str, Handed]
    artifacts: Mapping[str, str] = field(default_factory=dict)


class Templates:
    """The templates of a manifest; equal ones are kept once, under the name of the first."""

    def __init__(self) -> None:
        self._named: dict[str, Json] = {}
        self._known: dict[str, str] = {}

    def add(self, name: str, body: Mapping[str, Json]) -> str:
        """Keep a template; answers the name it has, `name` or `name-2` …"""
        key = json.dumps(body, sort_keys=True)
        known = self._known.get(key)
        if known is not None:
            return known
        free, number = name, 1
        while free in self._named:
            number += 1
            free = f"{name}-{number}"
        self._named[free] = body
        self._known[key] = free
        return free

    def mention(self, text: str) -> bool:
        """True if a text stands in a template."""
        return any(text in body for body in self._known)

    def listed(self) -> list[dict[str, Json]]:
        """All templates, in the order in which they came."""
        return [{"name": name, **body} for name, body in self._named.items()]
