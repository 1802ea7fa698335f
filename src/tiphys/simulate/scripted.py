"""Outcomes as users write them: by selector, in a word or a small mapping.

    {"train": "Failed", "train[2]": {"outputs": {"loss": "0.1"}}, "approve": "Succeeded"}

The most precise selector wins. Suspended nodes are approved or refused by the same words when nothing
else can happen; one that is not mentioned keeps the run waiting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tiphys.engine.paths import node_paths
from tiphys.engine.run import Node, Run
from tiphys.engine.selectors import Part, Selector, parse, parse_path, resolve, unknown
from tiphys.errors import BadInput
from tiphys.loading.arguments import as_argo_text
from tiphys.messages.events import Event, NodeSet, RunResumed, RunStopped
from tiphys.messages.phases import NodePhase, NodeType
from tiphys.simulate.outcomes import Outcome, Subject, ending

Spoken = str | Outcome | Mapping[str, Any]
"""What a user may write for an outcome."""

_KEYS: Final = {
    "phase",
    "exit_code",
    "message",
    "reason",
    "outputs",
    "result",
    "artifacts",
    "duration",
    "containers",
    "progress",
    "error_in",
}


def outcome_of(spoken: Spoken) -> Outcome:
    """The outcome that a user's words mean."""
    if isinstance(spoken, Outcome):
        return spoken
    if isinstance(spoken, str):
        return Outcome(phase=ending(spoken))
    if extra := sorted(set(spoken) - _KEYS):
        raise BadInput(f"an outcome has no {extra[0]!r}", remedy=f"It may have {', '.join(sorted(_KEYS))}.")
    given = dict(spoken)
    exit_code = given.get("exit_code")
    failed = bool(exit_code) and "phase" not in given
    artifacts = given.get("artifacts")
    result = given.get("result")
    return Outcome(
        phase="Failed" if failed else ending(given.get("phase", "Succeeded")),
        exit_code=exit_code,
        message=given.get("message", ""),
        reason=given.get("reason", ""),
        error_in=given.get("error_in", "wait"),
        result=None if result is None else as_argo_text(result),
        parameters=dict(given.get("outputs") or {}),
        artifacts=None if artifacts is None else frozenset(artifacts),
        duration=given.get("duration"),
        containers=given.get("containers") or {},
        progress=given.get("progress", ""),
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """One selector with its outcome; `template` is set when it names a template and no task."""

    text: str
    selector: Selector
    path: str
    template: Part | None
    outcome: Outcome

    @property
    def precision(self) -> tuple[int, int]:
        """More indices first, then longer paths."""
        indices = sum(part.item is not None for part in self.selector.parts)
        indices += sum(part.attempt is not None for part in self.selector.parts)
        return indices, len(self.selector.parts) - (self.template is not None)

    def fits(self, path: Selector, template: str) -> bool:
        """True when the node at that path is meant."""
        if self.template is not None:
            last = path.parts[-1]
            return self.template.covers(Part(template, last.item, last.attempt))
        return path.names == self.path and self.selector.covers(path)


@dataclass(slots=True)
class SpokenScript:
    """A script by selectors."""

    entries: list[_Entry]
    _used: set[str] = field(default_factory=set)
    _done: set[str] = field(default_factory=set)

    @property
    def unused(self) -> list[str]:
        """The selectors that no node has met."""
        return [entry.text for entry in self.entries if entry.text not in self._used]

    def outcome(self, subject: Subject) -> Outcome | None:
        """How this pod ends, or None for success."""
        if not self.entries:
            return None
        return self._find(subject.owner, subject.node, subject.template)

    def _find(self, run: Run, node: Node, template: str) -> Outcome | None:
        path = parse_path(node_paths(run, [node.id])[node.id].removeprefix(f"{run.name}."))
        fitting = [entry for entry in self.entries if entry.fits(path, template)]
        self._used.update(entry.text for entry in fitting)
        return fitting[0].outcome if fitting else None

    def answers(self, run: Run) -> list[Event]:
        """What a person does about suspended nodes that the script speaks of; each is done once."""
        return [event for node in _suspended(run) for event in self._answer(run, node)]

    def _answer(self, run: Run, node: Node) -> list[Event]:
        if node.id in self._done:
            return []
        outcome = self._find(run, node, node.template_name)
        if outcome is None:
            return []
        self._done.add(node.id)
        selector = f"id={node.id}"
        if outcome.phase in ("Failed", "Error"):
            return [RunStopped(selector, outcome.message)]
        supplied = {name: value for name, value in outcome.parameters.items() if value is not None}
        values = {name: as_argo_text(value) for name, value in supplied.items()}
        told: list[Event] = [NodeSet(selector, values)] if values else []
        return [*told, RunResumed(selector)]


def _suspended(run: Run) -> Iterator[Node]:
    for node in run.nodes.values():
        if node.type is NodeType.SUSPEND and node.phase is NodePhase.RUNNING:
            yield node


def spoken_script(outcomes: Mapping[str, Spoken], tasks: Mapping[str, str]) -> SpokenScript:
    """The script for these outcomes; `tasks` are the paths of task names, each with its template."""
    entries = []
    for text, spoken in outcomes.items():
        selector = parse(text)
        path = resolve(selector, tasks)
        last = selector.parts[-1]
        template = last if path is None and len(selector.parts) == 1 else None
        if path is None and (template is None or last.name not in tasks.values()):
            raise unknown(text, [*tasks, *tasks.values()])
        entries.append(_Entry(text, selector, path or "", template, outcome_of(spoken)))
    entries.sort(key=lambda entry: entry.precision, reverse=True)
    return SpokenScript(entries)
