"""From the events of the YAML parser to plain data, counting as it goes.

Depth, events and nodes (aliases and merge keys expanded) are bounded before anything big is built. What
PyYAML's own composer would do (its types, its recursion) is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from tiphys.errors import ManifestError, Place
from tiphys.manifest.scalars import Scalar, resolve_plain, resolve_tagged

MAX_DEPTH = 100
MAX_EVENTS = 2_000_000
MAX_NODES = 1_000_000


_MERGE_TAG = "tag:yaml.org,2002:merge"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class RepeatedKey:
    """A key that was set before in its mapping (merge keys count), and the line of its value."""

    key: str
    line: int


@dataclass(frozen=True, slots=True)
class Composed:
    """One document of a text: its data, the line where it begins, and the keys that were set twice."""

    data: Any
    line: int
    repeated: tuple[RepeatedKey, ...]


Resolve = Callable[[str], Scalar]
"""What an unquoted scalar without a tag means."""


def compose(
    text: str | bytes, file: str, *, strict: bool, resolve: Resolve = resolve_plain
) -> Iterator[Composed]:
    """Read all documents of a text, or raise `ManifestError`."""
    return _Composer(text, file, strict, resolve).documents()


def parse_events(text: str | bytes, file: str) -> Iterator[Any]:
    """Give the parser's events, at most `MAX_EVENTS`; its errors as `ManifestError`."""
    events: Iterator[Any] = yaml.parse(text, Loader=_Loader)
    try:
        for count, event in enumerate(events):
            if count == MAX_EVENTS:
                place = Place(file, event.start_mark.line + 1)
                raise ManifestError(f"more than {MAX_EVENTS:,} values", place=place, remedy="split the file")
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1 if mark else 0)
        context = f" {error.context}" if error.context else ""
        message = f"not valid YAML: {error.problem}{context}"
        raise ManifestError(message, place=place, remedy="look at this line and the one before it") from error
    except (yaml.YAMLError, UnicodeError) as error:
        message = f"not valid YAML: {str(error).splitlines()[0]}"
        raise ManifestError(message, place=Place(file), remedy="save the file as UTF-8 text") from error


def is_merge(event: Any) -> bool:
    """True for the key `<<`."""
    return bool(event.value == "<<" and (event.implicit[0] or event.tag == _MERGE_TAG))


def key_text(value: Scalar) -> str:
    """Return the text of a key that is not a string, as JSON has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@dataclass(slots=True)
class _Anchored:
    value: Any
    nodes: int = 1
    height: int = 0
    complete: bool = False


class _Composer:
    """Turns the events of the parser into plain data, counting as it goes."""

    def __init__(self, text: str | bytes, file: str, strict: bool, resolve: Resolve) -> None:
        self._text = text
        self._file = file
        self._strict = strict
        self._resolve = resolve
        self._repeated: list[RepeatedKey] = []
        self._events = parse_events(text, file)
        self._depth = 0
        self._deepest = 0
        self._nodes = 0
        self._anchors: dict[str, _Anchored] = {}
        self._line = 0

    def documents(self) -> Iterator[Composed]:
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            self._anchors = {}
            self._repeated = []
            self._has_aliases = False
            first = next(self._events)
            line = self._line = first.start_mark.line
            data = self._value(first)
            next(self._events)  # the end of the document, before which there may be an error
            if self._has_aliases:
                data = _copy(data)  # only now: the counting has found it small enough
            yield Composed(data, line + 1, tuple(self._repeated))

    def _value(self, event: Any) -> Any:
        self._count(1)
        self._line = event.start_mark.line
        kind = type(event)
        if kind is yaml.ScalarEvent:
            scalar = self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = _Anchored(scalar, complete=True)
            return scalar
        if kind is yaml.AliasEvent:
            return self._alias(event)
        self._descend(1)
        self._depth += 1
        value: dict[str, Any] | list[Any] = {} if kind is yaml.MappingStartEvent else []
        anchored = _Anchored(value)
        if event.anchor:
            self._anchors[event.anchor] = anchored
        before, deepest, self._deepest = self._nodes, self._deepest, self._depth
        if isinstance(value, dict):
            self._fill_mapping(value)
        else:
            self._fill_sequence(value)
        self._depth -= 1
        anchored.nodes = self._nodes - before + 1
        anchored.height = self._deepest - self._depth
        anchored.complete = True
        self._deepest = max(deepest, self._deepest)
        return value

    def _descend(self, levels: int) -> None:
        """Note that the present place holds so many levels; refuse too many."""
        self._deepest = max(self._deepest, self._depth + levels)
        if self._deepest > MAX_DEPTH:
            self._fail(
                f"nested more than {MAX_DEPTH} levels deep",
                "a manifest never needs that; look for unbalanced brackets",
            )

    def _fill_sequence(self, value: list[Any]) -> None:
        for event in self._events:
            if type(event) is yaml.SequenceEndEvent:
                return
            value.append(self._value(event))

    def _fill_mapping(self, value: dict[str, Any]) -> None:
        written: set[str] = set()
        for event in self._events:
            if type(event) is yaml.MappingEndEvent:
                return
            if type(event) is yaml.ScalarEvent and is_merge(event):
                self._merge(next(self._events), value)
                continue
            key = self._key(event)
            if key in written and self._strict:
                self._fail(f"the key `{key}` is written twice in one mapping", "keep one of the two")
            written.add(key)
            event = next(self._events)
            if key in value:
                self._repeated.append(RepeatedKey(key, event.start_mark.line + 1))
            value[key] = self._value(event)

    def _key(self, event: Any) -> str:
        self._line = event.start_mark.line
        value = self._value(event)
        if isinstance(value, bool | int | float | str):
            return key_text(value)
        what = "null" if value is None else "a mapping" if isinstance(value, dict) else "a list"
        return self._fail(
            f"{what} cannot be the key of a mapping", "write a plain or quoted word before the colon"
        )

    def _merge(self, event: Any, into: dict[str, Any]) -> None:
        """`<<`: what comes later wins, and in a list what comes earlier, as in Go."""
        line = event.start_mark.line
        is_alias = type(event) is yaml.AliasEvent
        is_list = type(event) is yaml.SequenceStartEvent
        merged = self._value(event)
        # an alias may stand for a mapping only, a list is written in place
        sources = merged if is_list and not is_alias else [merged]
        for source in reversed(sources):
            if not isinstance(source, dict):
                self._line = line
                self._fail(
                    "`<<` takes a mapping or a list of mappings", "merge an anchor of a mapping: `<<: *name`"
                )
            self._repeated.extend(RepeatedKey(key, line + 1) for key in source if key in into)
            into.update(source)

    def _alias(self, event: Any) -> Any:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            self._fail(
                f"no anchor `&{event.anchor}` stands before the alias `*{event.anchor}`",
                "define the anchor first",
            )
        if not anchored.complete:
            self._fail(
                f"the anchor `&{event.anchor}` contains itself",
                "write the part out instead of using an alias",
            )
        self._count(anchored.nodes)
        self._descend(anchored.height)
        self._has_aliases = True
        return anchored.value

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        try:
            if event.implicit[0]:
                return self._resolve(text)
            return text if event.tag is None else resolve_tagged(event.tag, text)
        except ValueError as error:
            self._fail(str(error), "quote the value, or take the tag away")

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            self._fail(
                f"more than {MAX_NODES:,} values once aliases are written out",
                "split the file, or use fewer aliases",
            )

    def _fail(self, message: str, remedy: str) -> NoReturn:
        raise ManifestError(message, place=Place(self._file, self._line + 1), remedy=remedy)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_copy(part) for part in value]
    return value
