"""Problems for programs: plain JSON, and SARIF for editors and CI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from tiphys.checks.rules import Rule, all_rules
from tiphys.errors import Problem, Severity

_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def problems_to_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return problems as JSON objects."""
    return [
        {
            "rule": problem.rule,
            "severity": str(problem.severity),
            "message": problem.message,
            "remedy": problem.remedy,
            "file": problem.place.file,
            "line": problem.place.line,
            "path": problem.place.path,
        }
        for problem in problems
    ]


def problems_to_sarif(problems: Iterable[Problem], version: str = "") -> dict[str, Any]:
    """Return problems as a SARIF 2.1.0 log, with the rules that they name."""
    found = list(problems)
    names = list(dict.fromkeys(problem.rule for problem in found))
    driver = {
        "name": "tiphys",
        "version": version or "0",
        "rules": [_rule(name, all_rules().get(name)) for name in names],
    }
    results = [_result(problem, names.index(problem.rule)) for problem in found]
    return {"$schema": _SARIF, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(name: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:  # found by another room, such as the reader of YAML
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.instead},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(problem: Problem, rule_index: int) -> dict[str, Any]:
    text = f"{problem.message}\n{problem.remedy}" if problem.remedy else problem.message
    place = problem.place
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": place.path}]} if place.path else {}
    if place.file:
        location["physicalLocation"] = {"artifactLocation": {"uri": place.file}}
        if place.line:
            location["physicalLocation"]["region"] = {"startLine": place.line}
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[problem.severity],
        "message": {"text": text},
    }
    return {**result, "locations": [location]} if location else result
