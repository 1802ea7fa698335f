"""A machine made of a run under way goes on where the other one was: here in every single round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tiphys.conformance import check, read_records
from tiphys.engine.machine import Machine
from tiphys.engine.run import Run
from tiphys.messages.events import Event
from tiphys.simulate.driver import Simulation

HERE = Path(__file__).parent
RECORDS = [
    record
    for name in ("engine.jsonl.xz", "engine-more.jsonl.xz")
    for number, record in enumerate(read_records(HERE / name))
    if number % 10 == 3
]

pytestmark = pytest.mark.suite


@pytest.fixture(autouse=True)
def _a_new_machine_in_every_round(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = Simulation._round

    def begin_again(self: Simulation, events: list[Event]) -> tuple[bool, list[Event]]:
        written = msgspec.json.encode(self.machine.run)
        self.machine = Machine(msgspec.json.decode(written, type=Run), self.environment)
        return go_on(self, events)

    monkeypatch.setattr(Simulation, "_round", begin_again)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record["name"]))
def test_nothing_is_lost_with_the_machine(record: dict[str, Any]) -> None:
    assert not check(record)
