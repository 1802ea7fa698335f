"""What a rule is: a name, how bad it is, and what to know about it. The texts stand in `rules.toml`."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from tiphys.errors import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that `tiphys lint` looks for.

    `title` says the mistake in one line, `why` what comes of it, `instead` what to write. `target` is set
    on rules that only count for that target; `is_fixable` says that `fix` rewrites it.
    """

    name: str
    title: str
    why: str
    instead: str
    severity: Severity
    target: str
    is_fixable: bool


def rule(name: str) -> Rule:
    """Return the rule of that name."""
    return all_rules()[name]


@functools.cache
def all_rules() -> Mapping[str, Rule]:
    """Return every rule by name, in the order of `rules.toml`."""
    text = resources.files("tiphys.checks").joinpath("rules.toml").read_text(encoding="utf-8")
    return {
        name: Rule(
            name,
            entry["title"],
            " ".join(entry["why"].split()),
            " ".join(entry["instead"].split()),
            Severity(entry.get("severity", "error")),
            entry.get("target", ""),
            entry.get("fixable", False),
        )
        for name, entry in tomllib.loads(text).items()
    }
