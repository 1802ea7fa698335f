"""Benches for executors, over every way to map paths that this machine offers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ports.bench import Bench

from tiphys.executors.pod import bwrap
from tiphys.executors.process import offered_sandbox


def offered(kind: str) -> bool:
    if kind == "namespaces":
        return offered_sandbox() == "namespaces"
    return kind != "bwrap" or bwrap.is_offered()


@pytest.fixture(params=["namespaces", "bwrap", "plain"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A bench for commands, over every way to map paths that this machine offers."""
    if not offered(request.param):
        pytest.skip(f"this machine does not offer {request.param}")
    made = Bench(tmp_path, request.param)
    yield made
    made.close()


@pytest.fixture
def sandboxed(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Makes a bench with a sandbox and with objects of the cluster."""
    sandbox = offered_sandbox()
    if not sandbox:
        pytest.skip("this machine offers no sandbox")
    made: list[Bench] = []

    def make(**objects: Any) -> Bench:
        made.append(Bench(tmp_path, sandbox, **objects))
        return made[-1]

    yield make
    for each in made:
        each.close()
