"""Benches for executors, over every way to map paths that this machine offers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ports.bench import IMAGE, Bench

from tiphys.executors.container import offered_program
from tiphys.executors.pod import bwrap
from tiphys.executors.process import offered_sandbox


def offered(kind: str) -> bool:
    if kind == "namespaces":
        return offered_sandbox() == "namespaces"
    if kind == "container":
        return bool(IMAGE and offered_program())
    return kind != "bwrap" or bwrap.is_offered()


@pytest.fixture(params=["namespaces", "bwrap", "plain", pytest.param("container", marks=pytest.mark.live)])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A bench for commands, over every way to map paths that this machine offers."""
    if not offered(request.param):
        pytest.skip(f"this machine does not offer {request.param}")
    made = Bench(tmp_path, request.param)
    yield made
    made.close()


@pytest.fixture(params=["sandbox", pytest.param("container", marks=pytest.mark.live)])
def sandboxed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Makes a bench in which absolute paths are the pod's own, with objects of the cluster."""
    kind = offered_sandbox() if request.param == "sandbox" else request.param
    if not kind or not offered(kind):
        pytest.skip(f"this machine offers no {request.param}")
    made: list[Bench] = []

    def make(**objects: Any) -> Bench:
        made.append(Bench(tmp_path, kind, **objects))
        return made[-1]

    yield make
    for each in made:
        each.close()
