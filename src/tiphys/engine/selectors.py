"""Selectors: the one grammar in which people name nodes.

`for-loop-1[2]/train#1` is the second attempt of `train` in the third item of the loop: a path of task
names from the root or any suffix of it, items and attempts counted from 0. An index that is left out
stands for every item and every attempt. A suffix must mean one task; a whole path always does.
Template names are accepted where no task has that name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tiphys.engine.paths import node_paths
from tiphys.engine.run import Run
from tiphys.errors import BadInput

_PART: Final = re.compile(r"(?P<name>[^\[\]#]+)(?:\[(?P<item>\d+)\])?(?:#(?P<attempt>\d+))?\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a path: a task name, and which item and attempt (None: any)."""

    name: str
    item: int | None = None
    attempt: int | None = None

    def covers(self, other: Part) -> bool:
        """True when everything that `other` names is named by this too."""
        return (
            self.name == other.name
            and self.item in (None, other.item)
            and self.attempt in (None, other.attempt)
        )


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed selector, or the parsed path of a node."""

    parts: tuple[Part, ...]

    @property
    def names(self) -> str:
        """The path without items and attempts: `for-loop-1/train`."""
        return "/".join(part.name for part in self.parts)

    def covers(self, path: Selector) -> bool:
        """True when the selector fits the end of that node's path."""
        offset = len(path.parts) - len(self.parts)
        return offset >= 0 and all(
            mine.covers(theirs) for mine, theirs in zip(self.parts, path.parts[offset:], strict=True)
        )


def parse(text: str) -> Selector:
    """The selector that `text` spells.

    >>> parse("for-loop-1[2]/train#1").parts[0]
    Part(name='for-loop-1', item=2, attempt=None)
    """
    return Selector(tuple(_part(piece, text) for piece in text.strip().strip("/").split("/")))


def _part(piece: str, text: str) -> Part:
    found = _PART.match(piece)
    if found is None:
        raise BadInput(
            f"{text!r} is not a selector",
            remedy="Write task names joined by `/`, an item as `[0]`, an attempt as `#0`: loop[2]/train#1",
        )
    item, attempt = found["item"], found["attempt"]
    return Part(
        found["name"],
        None if item is None else int(item),
        None if attempt is None else int(attempt),
    )


def resolve(selector: Selector, known: Iterable[str]) -> str | None:
    """Which of the `known` paths of task names is meant; None if none is.

    A whole path wins over suffixes; a suffix that fits several paths is refused.

    >>> resolve(parse("train"), ["prepare", "loop/train"])
    'loop/train'
    """
    names = selector.names
    fitting = {path for path in known if path == names or path.endswith("/" + names)}
    if names in fitting:
        return names
    if len(fitting) > 1:
        raise BadInput(
            f"{names!r} may mean {_listed(fitting)}", remedy="Write more of the path, up to the root."
        )
    return next(iter(fitting), None)


def unknown(selector: str, known: Iterable[str]) -> BadInput:
    """The error for a selector that fits nothing, with the nearest names."""
    names = sorted(set(known))
    by_tail = {tail: name for name in reversed(names) for tail in (name, name.rpartition("/")[2])}
    near = [by_tail[tail] for tail in difflib.get_close_matches(selector, by_tail, n=3)] or names[:5]
    remedy = f"Did you mean {_listed(near)}?" if near else ""
    return BadInput(f"no task {selector!r} in this workflow", remedy=remedy)


def find(run: Run, text: str) -> list[str]:
    """Ids of the nodes that a selector names, in order of their creation.

    A task that loops or is retried is found as its group; with `[i]` or `#k` as that item or attempt.
    """
    if text in run.nodes:
        return [text]
    wanted = parse(text)
    paths = {node_id: parse_path(path) for node_id, path in node_paths(run).items() if node_id in run.nodes}
    names = resolve(wanted, {path.names for path in paths.values()})
    if names is None:
        return _by_template(run, wanted, paths) or _raise_unknown(text, paths)
    found = {node_id: path for node_id, path in paths.items() if path.names == names and wanted.covers(path)}
    return _groups_first(found, wanted) or _raise_unknown(text, paths)


def _by_template(run: Run, wanted: Selector, paths: Mapping[str, Selector]) -> list[str]:
    if len(wanted.parts) > 1:
        return []
    last = wanted.parts[0]
    found = {
        node_id: path
        for node_id, path in paths.items()
        if run.nodes[node_id].template_name == last.name
        and last.covers(Part(last.name, path.parts[-1].item, path.parts[-1].attempt))
    }
    return _groups_first(found, wanted)


def _groups_first(found: Mapping[str, Selector], wanted: Selector) -> list[str]:
    """Leave out items and attempts of what is there as a whole, unless they were asked for."""
    item_asked = wanted.parts[-1].item is not None
    attempt_asked = wanted.parts[-1].attempt is not None
    wholes = {path.parts for path in found.values()}

    def has_whole(path: Selector) -> bool:
        last = path.parts[-1]
        group = (*path.parts[:-1], Part(last.name))
        task = (*path.parts[:-1], Part(last.name, last.item))
        return (last.item is not None and not item_asked and group in wholes) or (
            last.attempt is not None and not attempt_asked and task in wholes
        )

    return [node_id for node_id, path in found.items() if not has_whole(path)]


def parse_path(path: str) -> Selector:
    """The parts of a node's path as `engine.paths` writes it; names may hold any character."""
    return Selector(tuple(_lenient_part(piece) for piece in path.split("/")))


def _lenient_part(piece: str) -> Part:
    found = _PART.match(piece)
    if found is None:
        return Part(piece)
    item, attempt = found["item"], found["attempt"]
    return Part(found["name"], None if item is None else int(item), None if attempt is None else int(attempt))


def _raise_unknown(text: str, paths: Mapping[str, Selector]) -> list[str]:
    raise unknown(text, (path.names for path in paths.values()))


def _listed(names: Iterable[str]) -> str:
    return " or ".join(f"`{name}`" for name in sorted(names))
