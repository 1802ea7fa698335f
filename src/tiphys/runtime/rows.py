"""Between what the machine holds and what the store keeps: a run, its nodes, its history."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from tiphys.engine.run import Node, Run
from tiphys.errors import StoreError
from tiphys.messages.decisions import StartPod
from tiphys.messages.events import AnyEvent, Event
from tiphys.store.port import Store
from tiphys.store.records import AttemptRow, EventsRow, NodeRow, RunState

_encode = msgspec.json.Encoder().encode
_events = msgspec.json.Decoder(list[AnyEvent])
_node = msgspec.json.Decoder(Node)
_run = msgspec.json.Decoder(Run)
_start = msgspec.json.Decoder(StartPod)

_PACK_ABOVE: Final = 400
_PACKED: Final = b"\x78"
"""The first byte of what zlib writes; JSON never begins so."""


def fresh_run(workflow: dict[str, Any], uid: str, created_at: float) -> Run:
    """The state of a run that was submitted and has not begun."""
    metadata = workflow["metadata"]
    return Run(
        name=str(metadata["name"]),
        namespace=str(metadata["namespace"]),
        uid=uid,
        created_at=created_at,
        manifest=workflow,
        labels=dict(metadata.get("labels") or {}),
        annotations=dict(metadata.get("annotations") or {}),
    )


def run_state(run: Run, *, with_spec: bool) -> RunState:
    """What changes of a run, without its nodes and its manifest."""
    bare = msgspec.structs.replace(run, nodes={}, manifest={}, stored_spec={}, stored_templates={})
    spec = _pack(_encode((run.stored_spec, run.stored_templates))) if with_spec else None
    return RunState(
        spec=spec,
        state=_encode(bare),
        phase=str(run.phase),
        message=run.message,
        started_at=run.started_at,
        finished_at=run.finished_at,
        progress=run.progress,
    )


def node_rows(run: Run, changed: Iterable[str], places: dict[str, int]) -> list[NodeRow]:
    """The rows of the nodes that changed; `places` numbers the nodes as they come."""
    rows = []
    for node_id in changed:
        node = run.nodes.get(node_id)
        if node is not None:
            place = places.setdefault(node_id, len(places))
            rows.append(NodeRow(node_id, place, str(node.phase), _pack(_encode(node))))
    return rows


def load_run(store: Store, name: str) -> Run:
    """A stored run with its nodes and its manifest."""
    row = store.run(name)
    try:
        documents = msgspec.json.decode(row.manifest)
        if row.state == b"{}":  # created, and not begun
            return fresh_run(documents[0], row.uid, row.created_at)
        run = _run.decode(row.state)
        run.manifest = documents[0]
        if row.spec:
            run.stored_spec, run.stored_templates = msgspec.json.decode(_unpack(row.spec))
        run.nodes = {each.id: _node.decode(_unpack(each.data)) for each in store.nodes(row.name)}
    except (msgspec.DecodeError, zlib.error, IndexError) as error:
        raise StoreError(f"run {name} is damaged: {error}", remedy="see `tiphys db check`") from error
    return run


def events_row(sequence: int, now: float, events: Sequence[Event]) -> EventsRow:
    """One step of the history."""
    return EventsRow(sequence, now, _pack(_encode(events)))


def load_events(row: EventsRow) -> list[Event]:
    """The events of one step of the history."""
    return list(_events.decode(_unpack(row.data)))


def attempt_row(start: StartPod, number: int, token: str, executor: str) -> AttemptRow:
    """An attempt that is wanted."""
    return AttemptRow(start.node_id, start.pod_name, number, token, "wanted", _pack(_encode(start)), executor)


def load_start(row: AttemptRow) -> StartPod:
    """The decision that an attempt came from."""
    return _start.decode(_unpack(row.start))


def _pack(data: bytes) -> bytes:
    return zlib.compress(data, 1) if len(data) > _PACK_ABOVE else data


def _unpack(data: bytes) -> bytes:
    return zlib.decompress(data) if data[:1] == _PACKED else data
