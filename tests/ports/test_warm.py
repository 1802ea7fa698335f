# ruff: noqa: PTH109, PTH112, PTH123, PTH208 (components are plain Python, as their authors write it)
"""The warm executor: real lightweight components of the real SDK, forked and not started."""

import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.ports.bench import Bench

from tiphys.artifacts.locations import LOCAL_REPOSITORY
from tiphys.engine.environment import Environment
from tiphys.engine.machine import Machine
from tiphys.executors.environments import Environments, Requirement
from tiphys.executors.warm import moved
from tiphys.loading.compilation import compile as compile_pipeline
from tiphys.messages.decisions import StartPod
from tiphys.messages.events import RunSubmitted
from tiphys.messages.outputs import PodStatus
from tiphys.runtime.rows import fresh_run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kfp import dsl

component = dsl.component(base_image="python:3.11", install_kfp_package=False)


@component
def plain(text: str, number: int) -> str:
    print("seen", text, number)
    return text * number


@component
def make_model(model: dsl.Output[dsl.Model], notes: dsl.OutputPath(str)):
    import os
    import tempfile

    model.metadata["accuracy"] = 0.5
    with open(model.path, "w") as file:
        file.write("weights")
    with open(notes, "w") as file:
        file.write("noted")
    print("cwd", os.getcwd(), "tmp", tempfile.gettempdir())


@component
def fails():
    raise ValueError("on purpose")


@component
def exits(code: int):
    import sys

    sys.exit(code)


@component
def dies():
    import os
    import signal

    os.kill(os.getpid(), signal.SIGSEGV)


@component
def leaves_threads() -> str:
    import atexit
    import threading
    import time

    atexit.register(print, "at exit")

    def late():
        time.sleep(0.1)
        print("late thread")

    threading.Thread(target=late).start()
    return "done"


@component
def looks_around() -> dict:
    import os
    import sys

    return {
        "modules": sorted(name for name in sys.modules if name.split(".")[0] == "tiphys"),
        "environ": sorted(os.environ),
        "main": sys.modules["__main__"].__name__,
        "descriptors": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0,
    }


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, "warm")
    yield made
    made.close()


def first_pod(pipeline: Any, **arguments: Any) -> StartPod:
    """The first pod of a pipeline, as the machine asks for it."""
    workflow = compile_pipeline(pipeline, arguments or None).workflow
    workflow["metadata"] = {**workflow["metadata"], "name": "wf", "namespace": "default"}
    machine = Machine(fresh_run(workflow, "uid", 0.0), Environment(artifact_repository=dict(LOCAL_REPOSITORY)))
    decisions = machine.step(0.0, [RunSubmitted()])
    return next(each for each in decisions if isinstance(each, StartPod))


def values(status: PodStatus) -> dict[str, Any]:
    assert status.outputs is not None
    return {each["name"]: each.get("value") for each in status.outputs.parameters}


def code(status: PodStatus) -> int | None:
    return next(each.exit_code for each in status.containers if each.name == "main")


def test_a_value_is_returned(bench: Bench) -> None:
    ending = bench.run(first_pod(plain, text="a{{b}}\n", number=2))
    assert ending.status.phase == "Succeeded", bench.log()
    assert values(ending.status) == {"Output": '"a\\u007b\\u007bb}}\\na\\u007b\\u007bb}}\\n"'}
    assert any(line.startswith("seen a{{b}}") for line in bench.log())


def test_artifacts_and_output_files(bench: Bench, tmp_path: Path) -> None:
    ending = bench.run(first_pod(make_model))
    assert ending.status.phase == "Succeeded", bench.log()
    assert values(ending.status)["notes"] == '"noted"'
    assert '"accuracy": 0.5' in values(ending.status)["model"]
    assert Path(ending.artifacts["model"]["path"]).read_text() == "weights"
    (line,) = [each for each in bench.log() if each.startswith("cwd")]
    assert line == f"cwd {tmp_path}/pods/0/work tmp {tmp_path}/pods/0/tmp"


def test_a_failure_shows_the_authors_traceback(bench: Bench) -> None:
    status = bench.run(first_pod(fails)).status
    assert (status.phase, code(status)) == ("Failed", 1)
    log = bench.log()
    assert log[-1] == "ValueError: on purpose"
    assert not any("tiphys/executors" in line for line in log), "no frame of ours"


@pytest.mark.parametrize(("pipeline", "arguments", "expected"), [(exits, {"code": 3}, 3), (dies, {}, 139)])
def test_exit_codes(bench: Bench, pipeline: Any, arguments: dict[str, Any], expected: int) -> None:
    assert code(bench.run(first_pod(pipeline, **arguments)).status) == expected


def test_threads_and_exit_functions_come_to_their_end(bench: Bench) -> None:
    status = bench.run(first_pod(leaves_threads)).status
    assert status.phase == "Succeeded"
    assert {"late thread", "at exit"} <= set(bench.log())
    assert values(status) == {"Output": '"done"'}


def test_a_component_sees_its_own_environment_only(bench: Bench) -> None:
    bench.surroundings.environ["SECRET"] = "s"  # type: ignore[index]
    import json

    seen = json.loads(values(bench.run(first_pod(looks_around)).status)["Output"])
    assert seen["modules"] == []
    assert "SECRET" not in seen["environ"]
    assert "_KFP_RUNTIME" in seen["environ"]
    assert seen["main"] == "kfp.dsl.executor_main"
    assert seen["descriptors"] <= 6, "nothing of the supervisor is open but the lock"


def test_many_at_once_share_one_server(bench: Bench) -> None:
    start = first_pod(plain, text="x", number=1)
    attempts = [bench.attempt(start) for _ in range(8)]
    for attempt in attempts:
        bench.executor.start(attempt)
    assert all(bench.ending(attempt).status.phase == "Succeeded" for attempt in attempts)


def test_only_outputs_are_moved(tmp_path: Path) -> None:
    given = (
        '{"inputs": {"parameterValues": {"p": "/tmp/kfp/outputs/x"}}, "outputs": {'
        '"outputFile": "/tmp/o.json", "parameters": {"a": {"outputFile": "/tmp/a"}},'
        ' "artifacts": {"b": {"path": "/s3/b/k", "artifacts": []}}}}'
    )
    words = moved(["--executor_input", given, "--function_to_execute", "f"], tmp_path)
    assert words[2:] == ["--function_to_execute", "f"]
    assert f'"path": "{tmp_path}/s3/b/k"' in words[1]
    assert f'"outputFile": "{tmp_path}/tmp/a"' in words[1]
    assert '"p": "/tmp/kfp/outputs/x"' in words[1]


def test_the_running_interpreter_serves_when_it_has_the_very_kfp(tmp_path: Path) -> None:
    import kfp

    environments = Environments(tmp_path, True, lambda text: None)
    assert environments.ready(Requirement(kfp.__version__, ())) == sys.executable
    assert environments.ready(Requirement("1.0", ())) is None
    assert environments.ready(Requirement(kfp.__version__, ("numpy",))) is None


def test_environments_have_a_key_of_their_content() -> None:
    keys = {
        Requirement("2.17.0", ("a", "b")).key,
        Requirement("2.17.0", ("b", "a")).key,
        Requirement("2.17.0", ("a",)).key,
        Requirement("2.16.0", ("a", "b")).key,
    }
    assert len(keys) == 3


def test_what_cannot_be_installed_is_said(bench: Bench) -> None:
    needs = dsl.component(base_image="python:3.11", packages_to_install=["no-such-package-of-ours"])(_nothing)
    attempt = bench.attempt(first_pod(needs))
    bench.executor.start(attempt)
    bench.wait(lambda: bench.told(attempt, "refused"))
    (report,) = [each for each in bench.reports if each.what == "refused"]
    assert "no-such-package-of-ours" in report.detail or "uv" in report.detail


def _nothing():
    pass


def test_packages_that_are_here_serve_when_nothing_can_be_installed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    has = dsl.component(base_image="python:3.11", packages_to_install=["pytest"])(_nothing)
    monkeypatch.setattr("tiphys.executors.environments.Environments._build", _cannot_build)
    attempt = bench.attempt(first_pod(has))
    bench.executor.start(attempt)
    bench.wait(lambda: bench.told(attempt, "unstarted"))
    assert "pytest" in bench.notices[0]


def _cannot_build(*_: object) -> str:
    from tiphys.errors import ExecutorError

    raise ExecutorError("no network")


Callback = Callable[[], None]
