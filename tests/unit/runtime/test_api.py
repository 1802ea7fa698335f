"""Runs from their beginning to their end, for real."""

import os
import signal
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tiphys.engine.run import Run
from tiphys.errors import BadInput, RunLocked, RunNotFound
from tiphys.messages.events import NodeSet, RunResumed, RunRetried, RunStopped, RunSuspended, RunTerminated
from tiphys.messages.phases import NodePhase
from tiphys.runtime import logs
from tiphys.runtime.api import (
    ask,
    delete_run,
    load_run,
    open_store,
    resume_run,
    retry_run,
    start_run,
)
from tiphys.runtime.rows import load_events
from tiphys.runtime.submission import Submission
from tiphys.settings import Settings
from tiphys.store.port import Store

Make = Any


def phases(run: Run) -> dict[str, str]:
    return {
        node.display_name: str(node.phase) for node in run.nodes.values() if node.display_name != run.name
    }


def task(name: str, template: str = "", **more: Any) -> dict[str, Any]:
    return {"name": name, "template": template or name, **more}


def in_background(work: Any) -> tuple[threading.Thread, list[Any]]:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    return thread, results


def wait_for(condition: Any, seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not come to pass"
        time.sleep(0.01)


def has_log(store: Store, text: str) -> bool:
    for run in store.runs():
        for each in logs.attempts(store, run.name):
            if any(text in line.text for line in each.lines()):
                return True
    return False


def test_a_run_succeeds(settings: Settings, store: Store, workflow: Make) -> None:
    seen: list[set[str]] = []

    def on_change(run: Run, changed: Iterable[str]) -> None:
        seen.append({str(run.nodes[each].phase) for each in changed if each in run.nodes})

    documents = [workflow([task("a"), task("b", depends="a")], {"a": "echo hello", "b": "true"})]
    result = start_run(Submission(documents), settings, store=store, on_change=on_change)
    assert (result.run.phase, result.exit_code, result.stuck) == ("Succeeded", 0, "")
    assert phases(result.run) == {"a": "Succeeded", "b": "Succeeded"}
    assert set.union(*seen) == {"Pending", "Running", "Succeeded"}
    row = store.run("@latest")
    assert (row.name, row.phase, row.progress) == (result.run.name, "Succeeded", "2/2")
    assert load_run(store, row.name).nodes == result.run.nodes
    assert [each.phase for each in store.attempts(row.name)] == ["over", "over"]


def test_the_history_is_kept(settings: Settings, store: Store, workflow: Make) -> None:
    result = start_run(Submission([workflow([task("a")], {"a": "true"})]), settings, store=store)
    kinds = [type(event).__name__ for row in store.events(result.run.name) for event in load_events(row)]
    assert kinds[0] == "RunSubmitted"
    assert "PodChanged" in kinds


def test_a_failure_is_an_exit_status(settings: Settings, store: Store, workflow: Make) -> None:
    result = start_run(Submission([workflow([task("a")], {"a": "exit 3"})]), settings, store=store)
    assert (result.run.phase, result.exit_code) == ("Failed", 1)
    assert [node.message for node in result.run.nodes.values() if node.display_name == "a"] == [
        "main: Error (exit code 3)"
    ]


def test_parameters_and_names(settings: Settings, store: Store, workflow: Make) -> None:
    given = workflow([task("a")], {"a": "echo {{workflow.parameters.x}} {{workflow.parameters.y}}"})
    given["spec"]["arguments"] = {
        "parameters": [{"name": "x", "value": "old"}, {"name": "y", "value": "kept"}]
    }
    submission = Submission(
        [given], {"x": "new"}, name="my-run", labels={"team": "a"}, options={"file": "wf.yaml"}
    )
    result = start_run(submission, settings, store=store)
    assert result.run.name == "my-run"
    assert result.run.labels["team"] == "a"
    assert has_log(store, "new kept")
    assert b"wf.yaml" in store.run("my-run").options
    assert given["metadata"] == {"generateName": "wf-"}, "what was given is not changed"


@pytest.mark.parametrize(
    "documents",
    [
        [],
        [{"kind": "ConfigMap"}],
        [{"kind": "Workflow", "metadata": {}}],
        [{"kind": "Workflow", "metadata": {"name": "Bad Name"}}],
        [{"kind": "Workflow", "metadata": {"name": "a"}}, {"kind": "Deployment"}],
    ],
)
def test_bad_input_starts_nothing(settings: Settings, store: Store, documents: list[dict[str, Any]]) -> None:
    with pytest.raises(BadInput):
        start_run(Submission(documents), settings, store=store)
    assert store.runs() == []


def test_an_invalid_spec_is_argos_own_failure(settings: Settings, store: Store, workflow: Make) -> None:
    result = start_run(Submission([workflow([task("a", "nothing")], {})]), settings, store=store)
    assert (result.run.phase, result.exit_code) == ("Failed", 1)
    assert result.run.message.startswith("invalid spec: ")


def test_config_maps_and_secrets_come_with_the_manifest(
    settings: Settings, store: Store, workflow: Make
) -> None:
    given = workflow([task("a")], {"a": "echo $CONF $PASSWORD"})
    sources = {
        "CONF": {"configMapKeyRef": {"name": "conf", "key": "k"}},
        "PASSWORD": {"secretKeyRef": {"name": "creds", "key": "p"}},
    }
    given["spec"]["templates"][1]["container"]["env"] = [
        {"name": name, "valueFrom": source} for name, source in sources.items()
    ]
    objects = [
        {"kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"k": "level"}},
        {"kind": "Secret", "metadata": {"name": "creds"}, "data": {"p": "aHVzaA=="}},
    ]
    assert start_run(Submission([given, *objects]), settings, store=store).exit_code == 0
    assert has_log(store, "level hush")


def test_a_run_that_waits_for_ever_ends_with_the_reason(
    settings: Settings, store: Store, workflow: Make
) -> None:
    """A value that never comes makes Argo look again for ever."""
    value = {"name": "p", "value": "{{tasks.a.outputs.parameters.p}}"}
    report = {
        "name": "b",
        "inputs": {"parameters": [{"name": "p"}]},
        "container": {"image": "any", "command": ["echo", "{{inputs.parameters.p}}"]},
    }
    given = workflow(
        [task("a"), task("b", depends="a.Failed", arguments={"parameters": [value]})],
        {"a": "exit 1"},
        templates=[report],
    )
    given["spec"]["templates"][2]["outputs"] = {
        "parameters": [{"name": "p", "valueFrom": {"path": "/tmp/p"}}]
    }
    began = time.monotonic()
    result = start_run(Submission([given]), settings, store=store)
    assert (result.run.phase, result.exit_code) == ("Running", 1)
    assert result.stuck
    assert time.monotonic() - began < 8


def test_unlimited_waiting_for_people_ends_by_their_word(
    settings: Settings, store: Store, workflow: Make
) -> None:
    given = workflow(
        [task("wait"), task("b", depends="wait")], {"b": "true"}, templates=[{"name": "wait", "suspend": {}}]
    )
    other = open_store(settings)
    thread, results = in_background(lambda: start_run(Submission([given], name="it"), settings, store=other))
    wait_for(lambda: store.runs() and any(b"Suspend" in row.data for row in store.nodes("it")))
    assert ask(store, "it", RunResumed())
    thread.join()
    other.close()
    assert results[0].run.phase == "Succeeded"


@pytest.mark.parametrize(
    ("event", "after"),
    [(RunStopped(), {"long", "bye"}), (RunTerminated(), {"long"})],
    ids=["stop", "terminate"],
)
def test_stop_and_terminate_from_elsewhere(
    settings: Settings, store: Store, workflow: Make, event: Any, after: set[str]
) -> None:
    given = workflow([task("long")], {"long": "echo up; sleep 600", "bye": "echo bye"}, onExit="bye")
    other = open_store(settings)
    thread, results = in_background(lambda: start_run(Submission([given], name="it"), settings, store=other))
    wait_for(lambda: has_log(store, "up"))
    assert ask(store, "it", event)
    thread.join()
    other.close()
    run = results[0].run
    assert (run.phase, results[0].exit_code) == ("Failed", 1)
    assert run.message.startswith("Stopped with strategy")
    assert {name.rpartition(".")[2].replace("onExit", "bye") for name in phases(run)} == after
    assert [node.message for node in run.nodes.values() if node.display_name == "long"] == [
        "main: Error (exit code 143)"
    ]


def test_a_wish_that_cannot_be_fulfilled_is_said(settings: Settings, store: Store, workflow: Make) -> None:
    notices: list[str] = []
    other = open_store(settings)
    given = workflow(
        [task("a")],
        {
            "a": "echo up; until test -e FILE; do sleep 0.05; done".replace(
                "FILE", str(settings.state_dir / "go")
            )
        },
    )
    thread, results = in_background(
        lambda: start_run(Submission([given], name="it"), settings, store=other, notice=notices.append)
    )
    wait_for(lambda: has_log(store, "up"))
    ask(store, "it", NodeSet("displayName=nobody", {"x": "y"}))
    wait_for(lambda: bool(notices))
    (settings.state_dir / "go").touch()
    thread.join()
    other.close()
    assert results[0].run.phase == "Succeeded"


def test_suspend_and_resume(settings: Settings, store: Store, workflow: Make) -> None:
    given = workflow(
        [task("a"), task("b", depends="a")],
        {"a": f"echo up; until test -e {settings.state_dir}/go; do sleep 0.05; done", "b": "echo second"},
    )
    other = open_store(settings)
    thread, results = in_background(lambda: start_run(Submission([given], name="it"), settings, store=other))
    wait_for(lambda: has_log(store, "up"))
    ask(store, "it", RunSuspended())
    wait_for(lambda: not store.requests("it"))
    (settings.state_dir / "go").touch()
    wait_for(lambda: any(row.phase == "over" for row in store.attempts("it")))
    assert thread.is_alive()
    assert len(store.attempts("it")) == 1
    ask(store, "it", RunResumed())
    thread.join()
    other.close()
    assert results[0].run.phase == "Succeeded"


def interrupted_run(settings: Settings, documents: list[dict[str, Any]], out: Path) -> int:
    """Start a run in a fork; gives its process."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            signal.alarm(60)
            code = start_run(Submission(documents, name="it"), settings).exit_code
        except BaseException as error:  # noqa: BLE001 (the fork must not run on into the tests)
            out.write_text(repr(error))
        finally:
            os._exit(code)
    return pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_cleanly(
    settings: Settings, store: Store, workflow: Make, tmp_path: Path, number: signal.Signals
) -> None:
    given = workflow([task("long")], {"long": "echo up; sleep 600", "bye": "echo bye"}, onExit="bye")
    pid = interrupted_run(settings, [given], tmp_path / "trouble")
    wait_for(lambda: has_log(store, "up"))
    began = time.monotonic()
    os.kill(pid, number)
    status = os.waitpid(pid, 0)[1]
    assert os.waitstatus_to_exitcode(status) == 130, (tmp_path / "trouble").exists()
    assert time.monotonic() - began < 15
    run = load_run(store, "it")
    assert (run.phase, run.message) == ("Failed", "Stopped with strategy 'Stop'")
    assert has_log(store, "bye"), "exit handlers run"
    assert not store.is_driven("it")


def test_two_drivers_on_one_run_refuse(settings: Settings, store: Store, workflow: Make) -> None:
    given = workflow(
        [task("a")], {"a": f"echo up; until test -e {settings.state_dir}/go; do sleep 0.05; done"}
    )
    other = open_store(settings)
    thread, _ = in_background(lambda: start_run(Submission([given], name="it"), settings, store=other))
    wait_for(lambda: has_log(store, "up"))
    with pytest.raises(RunLocked):
        resume_run("it", settings, store=store)
    with pytest.raises(RunLocked):
        delete_run(store, settings, "it")
    (settings.state_dir / "go").touch()
    thread.join()
    other.close()


def test_a_finished_run_is_given_back_as_it_is(settings: Settings, store: Store, workflow: Make) -> None:
    first = start_run(Submission([workflow([task("a")], {"a": "true"})]), settings, store=store)
    again = resume_run("@latest", settings, store=store)
    assert again.run.name == first.run.name
    assert len(store.attempts(first.run.name)) == 1


def test_retry_runs_what_failed(settings: Settings, store: Store, workflow: Make) -> None:
    given = workflow(
        [task("good"), task("bad"), task("last", depends="good && bad")],
        {"good": "true", "bad": f"test -e {settings.state_dir}/go", "last": "true"},
    )
    first = start_run(Submission([given], name="it"), settings, store=store)
    assert phases(first.run) == {"good": "Succeeded", "bad": "Failed", "last": "Omitted"}
    (settings.state_dir / "go").touch()
    again = retry_run("it", settings, RunRetried(), store=store)
    assert (again.run.phase, again.exit_code) == ("Succeeded", 0)
    assert phases(again.run) == {"good": "Succeeded", "bad": "Succeeded", "last": "Succeeded"}
    assert sorted(row.number for row in store.attempts("it") if "-bad-" in row.pod_name) == [0, 1]
    assert sorted(row.number for row in store.attempts("it") if "-good-" in row.pod_name) == [0]
    assert load_run(store, "it").nodes == again.run.nodes
    with pytest.raises(BadInput):
        retry_run("it", settings, RunRetried(), store=store)


def test_delete_removes_rows_logs_and_artifacts(settings: Settings, store: Store, workflow: Make) -> None:
    given = workflow([task("a")], {"a": "echo x > /tmp/o"})
    given["spec"]["templates"][1]["outputs"] = {"artifacts": [{"name": "o", "path": "/tmp/o"}]}
    result = start_run(Submission([given]), settings, store=store)
    (artifact,) = store.artifacts(result.run.name)
    assert Path(artifact.path).exists()
    delete_run(store, settings, result.run.name)
    assert not Path(artifact.path).exists()
    with pytest.raises(RunNotFound):
        store.run(result.run.name)


def test_what_cannot_run_here_is_said_at_its_node(settings: Settings, store: Store, workflow: Make) -> None:
    plugin = {"name": "p", "plugin": {"some": {}}}
    result = start_run(Submission([workflow([task("p")], {}, templates=[plugin])]), settings, store=store)
    (node,) = [node for node in result.run.nodes.values() if node.display_name == "p"]
    assert node.phase is NodePhase.FAILED
    assert "no executor plugins" in node.message


def test_logs_are_read_with_streams_and_times(settings: Settings, store: Store, workflow: Make) -> None:
    given = workflow([task("a")], {"a": "printf 'one\\n  two \\n\\nlast'; echo trouble >&2"})
    result = start_run(Submission([given]), settings, store=store)
    (attempt,) = logs.attempts(store, result.run.name)
    assert attempt.containers == ["main"]
    lines = list(attempt.lines())
    assert [line.text for line in lines if line.stream == "stdout"] == ["one", "  two ", "", "last"]
    assert [line.text for line in lines if line.stream == "stderr"] == ["trouble"]
    assert all(line.time.endswith("Z") for line in lines)
    assert list(attempt.lines(follow=True)) == lines


def test_no_file_of_a_run_can_be_read_by_others(settings: Settings, store: Store, workflow: Make) -> None:
    old = os.umask(0)
    try:
        given = workflow([task("a")], {"a": "echo x > /tmp/o; chmod 777 /tmp/o"})
        given["spec"]["templates"][1]["outputs"] = {"artifacts": [{"name": "o", "path": "/tmp/o"}]}
        start_run(Submission([given]), settings, store=store)
    finally:
        os.umask(old)
    for path in [settings.state_dir, *settings.state_dir.rglob("*")]:
        assert path.is_symlink() or not path.stat().st_mode & 0o077, path
