"""Outputs that are read although the task that makes them may have failed, or not have run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tiphys.checks.outcomes import Dag, Outcome
from tiphys.checks.rules import rule
from tiphys.checks.subject import Call, Known, Manifest, Path, Template, strings_in
from tiphys.errors import Problem
from tiphys.expressions.expr.identifiers import identifiers_of

MAY_BE_MISSING: Final = rule("output-may-be-missing")
NESTED: Final = rule("nested-output-may-be-missing")
_TAG: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_REFERENCE: Final = re.compile(
    r"\s*(?:tasks|steps)\.(?P<name>[-a-zA-Z0-9]+)\."
    r"(?:outputs\.(?P<kind>parameters|artifacts)(?:\.(?P<output>[-a-zA-Z0-9_]+))?|(?P<word>outputs\.result|exitCode|ip))"
    r"\s*\Z"
)
_COALESCED: Final = re.compile(
    r"\b(?:tasks|steps)(?:\.(?P<name>[a-zA-Z0-9_]+)|\[['\"](?P<quoted>[-a-zA-Z0-9]+)['\"]\])"
    r"\.outputs\.(?P<kind>parameters)(?:\.(?P<output>[a-zA-Z0-9_]+))\s*\?\?"
)
_SAID: Final = {
    "Failed": "has failed",
    "Errored": "is in error",
    "Skipped": "was skipped",
    "Omitted": "was omitted",
}
_ORDER: Final[tuple[Outcome, ...]] = ("Failed", "Errored", "Skipped", "Omitted")


@dataclass(frozen=True, slots=True)
class _Read:
    """One reading of an output: of which task, which output, and what helps when it is missing."""

    path: Path
    name: str
    kind: str
    output: str
    is_whole: bool = False
    is_coalesced: bool = False


def check(manifest: Manifest, known: Known) -> Iterator[Problem]:
    """Look at every argument and every output that comes from another task or step."""
    for template in manifest.templates():
        if template.type == "DAG":
            yield from _check_dag(template, known)
        elif template.type == "Steps":
            yield from _check_steps(template, known)


def _check_dag(template: Template, known: Known) -> Iterator[Problem]:
    dag = Dag(template, known)
    for call in dag.calls.values():
        for read in _reads_of(call):
            if not dag.waits_for(read.name, by=call.name):
                continue  # `refusals` says so
            outcomes = dag.possible(read.name, when_runs=call.name)
            if outcomes is not None:
                yield from _problems(call, dag.calls[read.name], read, outcomes, known)
    for read in _handed_out(template):
        if (producer := dag.calls.get(read.name)) is not None:
            yield from _nested(template, producer, read, _handled(dag, producer), known)


def _handled(dag: Dag, producer: Call) -> set[str]:
    """The ways in which a task may end without an output although its DAG succeeds."""
    ways = {"Skipped"} if producer.data.get("when") else set()
    if _is_conditional(dag, producer.name):
        ways.add("Omitted")
    for name in dag.calls:
        possible = dag.possible_at_once(name) or {}
        ways |= {"Failed", "Errored"} & possible.get(producer.name, frozenset())
    return ways


def _is_conditional(dag: Dag, name: str) -> bool:
    """True if a task waits for the failure of another: it is omitted when all goes well."""
    possible = dag.possible_at_once(name)
    return possible is not None and any("Succeeded" not in outcomes for outcomes in possible.values())


def _check_steps(template: Template, known: Known) -> Iterator[Problem]:
    calls = {call.name: call for call in template.calls()}
    for call in calls.values():
        for read in _reads_of(call):
            producer = calls.get(read.name)
            if producer is not None and producer.group < call.group:
                yield from _problems(call, producer, read, _outcomes_of_step(producer), known)
    for read in _handed_out(template):
        producer = calls.get(read.name)
        if producer is not None and producer.data.get("when"):
            yield from _nested(template, producer, read, {"Skipped"}, known)


def _outcomes_of_step(step: Call) -> frozenset[Outcome]:
    continue_on = step.data.get("continueOn") or {}
    outcomes: set[Outcome] = {"Succeeded"}
    if step.data.get("when") or step.data.get("withParam"):
        outcomes.add("Skipped")
    if continue_on.get("failed"):
        outcomes.add("Failed")
    if continue_on.get("error"):
        outcomes.add("Errored")
    return frozenset(outcomes)


def _reads_of(call: Call) -> Iterator[_Read]:
    """What a call reads, unless its own `when` looks at the producer first."""
    guard = call.data.get("when") or ""
    arguments = call.data.get("arguments") or {}
    optional = {index for index, each in enumerate(arguments.get("artifacts") or []) if each.get("optional")}
    parts = {"arguments": arguments, **{name: call.data.get(name) for name in ("withParam", "withSequence")}}
    for path, text in strings_in({key: part for key, part in parts.items() if part}, call.path):
        if path[-3:-1] and path[-3] == "artifacts" and path[-2] in optional:
            continue
        for read in _reads_in(path, text):
            if f"{call.kind}.{read.name}." not in guard:
                yield read


def _handed_out(template: Template) -> Iterator[_Read]:
    outputs = template.data.get("outputs") or {}
    for index, parameter in enumerate(outputs.get("parameters") or []):
        source, path = parameter.get("valueFrom") or {}, (*template.path, "outputs", "parameters", index)
        if source.get("default") is not None:
            continue
        if source.get("parameter"):
            yield from _reads_in((*path, "valueFrom", "parameter"), source["parameter"])
        if "?" not in (expression := source.get("expression") or ""):
            yield from _reads_of_expression((*path, "valueFrom", "expression"), expression)
    for index, artifact in enumerate(outputs.get("artifacts") or []):
        path = (*template.path, "outputs", "artifacts", index)
        if artifact.get("optional"):
            continue
        if artifact.get("from"):
            yield from _reads_in((*path, "from"), artifact["from"])
        if "?" not in (source := artifact.get("fromExpression") or ""):
            yield from _reads_of_expression((*path, "fromExpression"), source)


def _reads_in(path: Path, text: str) -> Iterator[_Read]:
    for match in _TAG.finditer(text):
        is_whole = match[0] == text.strip()
        if match[1].startswith("="):
            yield from _reads_of_expression(path, match[1][1:])
        else:
            yield from _read(path, match[1], is_whole=is_whole)


def _reads_of_expression(path: Path, source: str) -> Iterator[_Read]:
    names = identifiers_of(source) or ()
    for name in names:
        if not any(other.startswith(f"{name}.") for other in names):
            yield from _read(path, name, is_whole=False)
    for found in _COALESCED.finditer(source):
        # `??` helps where a task was skipped, but a failed task has no `outputs` at all
        kind, output = found["kind"], found["output"]
        yield _Read(path, found["name"] or found["quoted"], kind, output, is_coalesced=True)


def _read(path: Path, name: str, *, is_whole: bool) -> Iterator[_Read]:
    if found := _REFERENCE.match(name):
        yield _Read(path, found["name"], found["kind"] or found["word"], found["output"] or "", is_whole)


def _problems(call: Call, producer: Call, read: _Read, outcomes: frozenset[Outcome], known: Known) -> Iterator[Problem]:
    made = known.called(producer.data, call.owner.manifest)
    reader = known.called(call.data, call.owner.manifest)
    missing = [each for each in _ORDER if each in outcomes and not _is_there(read, each, producer, made)]
    if read.is_coalesced:
        missing = [each for each in missing if each in ("Failed", "Errored")]
    if _has_default(reader, call, read):
        missing = [each for each in missing if each not in ("Skipped", "Omitted")]
    what = read.output or read.kind
    if producer.is_loop and producer.data.get("when") and not read.is_coalesced:
        message = f"reads `{what}` of `{read.name}`, but its `when` may be false for every item"
        yield call.owner.manifest.problem(MAY_BE_MISSING, read.path, message)
    if missing:
        said = " or ".join(_SAID[each] for each in missing)
        message = f"reads `{what}` of `{read.name}`, but may run when `{read.name}` {said}"
        yield call.owner.manifest.problem(MAY_BE_MISSING, read.path, message)


def _is_there(read: _Read, outcome: Outcome, producer: Call, made: Template | None) -> bool:
    """True if an output is to be had although its task ended so."""
    if producer.is_loop:  # of failed loops there are the outputs of the items that succeeded, if any did
        return outcome in ("Failed", "Errored") and (read.kind == "outputs.result" or not read.output)
    if read.kind in ("exitCode", "outputs.result"):
        return outcome == "Failed"
    if read.kind != "parameters" or made is None:
        return made is None
    declared = {each.get("name"): each for each in (made.data.get("outputs") or {}).get("parameters") or []}
    source = (declared.get(read.output) or {}).get("valueFrom") or {}
    has_default = source.get("default") is not None
    return has_default and (outcome in ("Skipped", "Omitted") or made.type not in ("DAG", "Steps"))


def _has_default(reader: Template | None, call: Call, read: _Read) -> bool:
    """True if the reading input has a default, which counts when its argument is this one tag."""
    if reader is None or not read.is_whole or read.path[-3:-2] != ("parameters",):
        return False
    argument = call.data["arguments"]["parameters"][int(read.path[-2])]
    inputs = (reader.data.get("inputs") or {}).get("parameters") or []
    return any(each.get("default") is not None for each in inputs if each.get("name") == argument.get("name"))


def _nested(template: Template, producer: Call, read: _Read, may: set[str], known: Known) -> Iterator[Problem]:
    made = known.called(producer.data, template.manifest)
    missing = [each for each in _ORDER if each in may and not _is_there(read, each, producer, made)]
    if missing:
        said = " or ".join(_SAID[each] for each in missing)
        message = f"hands out `{read.output or read.kind}` of `{read.name}`, which is missing when it {said}"
        yield template.manifest.problem(NESTED, read.path, message)
