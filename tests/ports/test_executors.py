"""One suite over every way to run commands: what a pod's end looks like, as kubelet and argoexec tell it."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.ports.bench import Bench, pod

from tiphys.errors import ExecutorError
from tiphys.executors.container import ContainerExecutor
from tiphys.executors.port import is_alive
from tiphys.messages.outputs import ContainerStatus, PodStatus

MakeBench = Callable[..., Bench]


def needs_python(bench: Bench) -> None:
    if bench.executor.name == "container":
        pytest.skip("the image has no Python")


def needs_own_processes(bench: Bench) -> None:
    if bench.executor.name == "container":
        pytest.skip("podman and docker have their own way here")


def status_of(status: PodStatus, name: str) -> ContainerStatus:
    return next(each for each in (*status.init_containers, *status.containers) if each.name == name)


def values(status: PodStatus) -> dict[str, Any]:
    assert status.outputs is not None
    return {each["name"]: each.get("value") for each in status.outputs.parameters}


def parameter(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "valueFrom": {"path": path, **more}}


def test_success(bench: Bench) -> None:
    status = bench.run(pod("echo hello; echo trouble >&2")).status
    assert status.phase == "Succeeded"
    assert status_of(status, "main") == ContainerStatus("main", 0, "Completed")
    assert status_of(status, "wait") == ContainerStatus("wait", 0, "Completed")
    assert sorted(bench.log()) == ["hello", "trouble"]
    assert [each.what for each in bench.reports] == ["running", "ended"]


@pytest.mark.parametrize(
    ("script", "code"),
    [("exit 3", 3), ("kill -9 $$$$", 137), ("kill -TERM $$$$", 143), ("kill -SEGV $$$$", 139)],
)
def test_exit_codes(bench: Bench, script: str, code: int) -> None:
    status = bench.run(pod(script)).status
    assert status.phase == "Failed"
    assert status_of(status, "main") == ContainerStatus("main", code, "Error")


def test_a_command_that_does_not_exist(bench: Bench) -> None:
    needs_own_processes(bench)
    status = bench.run(pod("", container={"command": ["no-such-program"]})).status
    assert status_of(status, "main") == ContainerStatus(
        "main",
        64,
        "Error",
        'failed to find name in PATH: exec: "no-such-program": executable file not found in $PATH',
    )


def test_output_parameters(bench: Bench) -> None:
    outputs = [
        parameter("one", "/tmp/one"),
        parameter("two", "/tmp/deep/two", default="unused"),
        parameter("none", "/tmp/none", default="a default\n"),
        {"name": "given", "value": "kept"},
    ]
    script = "printf 'a\\n\\n' > /tmp/one; mkdir -p /tmp/deep; echo 2 > /tmp/deep/two; : /tmp/none"
    status = bench.run(pod(script, template={"outputs": {"parameters": outputs}})).status
    assert values(status) == {"one": "a\n", "two": "2", "none": "a default", "given": "kept"}


def test_a_missing_output_stops_the_saving_of_parameters(bench: Bench) -> None:
    outputs = [
        parameter("first", "/tmp/first"),
        parameter("gone", "/tmp/gone"),
        parameter("last", "/tmp/last"),
    ]
    script = "echo 1 > /tmp/first; echo 3 > /tmp/last; : /tmp/gone"
    status = bench.run(pod(script, template={"outputs": {"parameters": outputs}})).status
    assert status.phase == "Failed"
    assert values(status) == {"first": "1", "gone": None, "last": None}
    told = "open /mainctrfs/tmp/gone: no such file or directory"
    assert status_of(status, "wait") == ContainerStatus("wait", 64, "Error", told)


def test_outputs_of_a_failed_pod(bench: Bench) -> None:
    outputs = {"parameters": [parameter("p", "/tmp/p"), parameter("q", "/tmp/q", default="d")]}
    status = bench.run(pod("echo 1 > /tmp/p; : /tmp/q; exit 1", template={"outputs": outputs})).status
    assert values(status) == {"p": "1", "q": "d"}
    assert status_of(status, "main").exit_code == 1


def test_the_result_is_standard_output(bench: Bench) -> None:
    status = bench.run(pod("echo one; echo two; echo no >&2", include_result=True)).status
    assert status.outputs is not None
    assert status.outputs.result == "one\ntwo"


def test_a_long_result_is_cut_at_the_front(bench: Bench) -> None:
    status = bench.run(pod("head -c 300000 /dev/zero | tr '\\0' a; echo end", include_result=True)).status
    assert status.outputs is not None
    assert status.outputs.result is not None
    assert len(status.outputs.result) == 256 << 10
    assert status.outputs.result.endswith("aend")


def test_artifacts_come_and_go(bench: Bench) -> None:
    made = {"name": "o", "path": "/tmp/made"}
    ending = bench.run(pod("mkdir /tmp/made; echo x > /tmp/made/file", template={"outputs": {"artifacts": [made]}}))
    assert ending.status.outputs is not None
    (artifact,) = ending.status.outputs.artifacts
    assert artifact == {**made, "s3": {"key": "wf/pod/o.tgz"}}
    assert ending.artifacts["o"]["digest"].startswith("tree-sha256:")
    taken = {"name": "i", "path": "/tmp/in/here", "s3": artifact["s3"]}
    script = "cat /tmp/in/here/file; echo spoilt > /tmp/in/here/file"
    for _ in range(2):
        status = bench.run(pod(script, template={"inputs": {"artifacts": [taken]}}, include_result=True)).status
        assert status.outputs is not None
        assert status.outputs.result == "x", "a consumer has a copy of its own"


def test_missing_artifacts(bench: Bench) -> None:
    artifacts = [{"name": "a", "path": "/tmp/a"}, {"name": "b", "path": "/tmp/b", "optional": True}]
    status = bench.run(pod(": /tmp/a /tmp/b", template={"outputs": {"artifacts": artifacts}})).status
    assert status_of(status, "wait").message == "artifact a failed to save: path /tmp/a not found; "


def test_a_missing_input_is_an_error_of_init(bench: Bench) -> None:
    wanted = {"name": "i", "path": "/tmp/i"}
    status = bench.run(pod("cat /tmp/i", template={"inputs": {"artifacts": [wanted]}})).status
    assert status.phase == "Failed"
    told = "required artifact 'i' not supplied"
    assert status.init_containers == [ContainerStatus("init", 64, "Error", told)]
    optional = bench.run(pod("test ! -e /tmp/i", template={"inputs": {"artifacts": [{**wanted, "optional": True}]}}))
    assert optional.status.phase == "Succeeded"


def test_links_made_by_the_task_bring_nothing_in(bench: Bench, tmp_path: Path) -> None:
    needs_own_processes(bench)
    artifacts = [{"name": "a", "path": "/tmp/a"}, {"name": "b", "path": "/tmp/b"}]
    outputs = {"artifacts": artifacts, "parameters": [parameter("p", "/tmp/p", default="safe")]}
    script = "ln -s /etc/passwd /tmp/a; mkdir /tmp/b; ln -s / /tmp/b/root; ln -s /etc/passwd /tmp/p"
    status = bench.run(pod(script, template={"outputs": outputs})).status
    assert values(status) == {"p": "safe"}
    assert status.outputs is not None
    assert status.outputs.artifacts == []
    assert not list((tmp_path / "artifacts").rglob("passwd"))


def test_script_templates(bench: Bench) -> None:
    needs_python(bench)
    source = "print(6 * 7)"
    container = {"command": ["python3"], "args": ["/argo/staging/script"]}
    template = {"script": {"source": source, "command": ["python3"]}}
    status = bench.run(pod("", container=container, template=template, include_result=True)).status
    assert status.outputs is not None
    assert status.outputs.result == "42"


def test_arguments_arrive_byte_for_byte(bench: Bench) -> None:
    needs_python(bench)
    hostile = ["$(HOME)", "`id`", "'; exit 1 #", "%s\\n", "{{x}}", "ünï\t\n", "", "a" * 100_000]
    words = ["python3", "-c", "import sys; sys.stdout.write(repr(sys.argv[1:]))", *hostile]
    status = bench.run(pod("", container={"command": words}, include_result=True)).status
    assert status.outputs is not None
    assert status.outputs.result == repr(hostile)


def test_an_argument_too_long_for_the_kernel_becomes_a_file(bench: Bench) -> None:
    needs_python(bench)
    program = "import sys; name = sys.argv[1]; print(name[0], len(open(name[1:]).read()))"
    words = ["python3", "-c", program, "x" * 300_000]
    status = bench.run(pod("", container={"command": words}, include_result=True)).status
    assert status.outputs is not None
    assert status.outputs.result == "@ 300000"


def test_stop_is_a_signal_first(bench: Bench) -> None:
    attempt = bench.attempt(pod("trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done"))
    bench.executor.start(attempt)
    bench.wait(lambda: bench.told(attempt, "running"))
    bench.wait(lambda: bool(bench.log()))
    bench.executor.stop(attempt, 30)
    status = bench.ending(attempt).status
    assert status_of(status, "main").exit_code == 7
    assert {"up", "bye"} <= set(bench.log())


def test_who_ignores_the_signal_gets_the_axe(bench: Bench) -> None:
    attempt = bench.attempt(pod("trap '' TERM; echo up; while :; do sleep 0.05; done"))
    bench.executor.start(attempt)
    bench.wait(lambda: bench.told(attempt, "running"))
    bench.wait(lambda: bool(bench.log()))
    bench.executor.stop(attempt, 0.1)
    assert status_of(bench.ending(attempt).status, "main").exit_code == 137


def test_nothing_is_left_behind(bench: Bench) -> None:
    script = "setsid sh -c 'trap \"\" TERM; sleep 600' & (sleep 600 &) ; echo done"
    attempt = bench.attempt(pod(script))
    bench.executor.start(attempt)
    assert bench.ending(attempt).status.phase == "Succeeded"
    assert not is_alive(attempt), "every process of an attempt holds its lock"


def test_active_deadline(bench: Bench) -> None:
    status = bench.run(pod("sleep 600", spec={"activeDeadlineSeconds": 0.2})).status
    assert (status.phase, status.reason) == ("Failed", "DeadlineExceeded")
    assert status.message == "Pod was active on the node longer than the specified deadline"
    assert status_of(status, "main").exit_code == 143


def test_executor_deadline(bench: Bench) -> None:
    status = bench.run(pod("sleep 600"), deadline_seconds=0.2).status
    assert (status.phase, status.message) == ("Failed", "")
    assert status_of(status, "main").exit_code == 143


def test_the_attempts_files_go_with_it(bench: Bench, tmp_path: Path) -> None:
    bench.run(pod("echo x > /tmp/file; echo y", template={"outputs": {"parameters": [parameter("p", "/tmp/file")]}}))
    kept = sorted(str(each.relative_to(tmp_path / "pods" / "0")) for each in (tmp_path / "pods" / "0").rglob("*"))
    assert kept == ["exit.json", "lock", "logs", "logs/main.log"]


def test_the_environment_is_the_pods_own(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    needs_own_processes(bench)
    bench.surroundings.environ.update(LD_PRELOAD="evil", SECRET="s", LC_ALL="C.UTF-8")  # type: ignore[attr-defined]
    variables = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)2 $$(A) $(C)"}, {"name": "E"}]
    container = {"env": variables, "args": []}
    status = bench.run(pod("env", container=container, include_result=True)).status
    assert status.outputs is not None
    assert status.outputs.result is not None
    lines = status.outputs.result.splitlines()
    assert {"A=1", "B=12 $(A) $(C)", "E=", "LC_ALL=C.UTF-8"} <= set(lines)
    assert not any(line.startswith(("LD_PRELOAD", "SECRET")) for line in lines)


def test_a_clash_of_attempts_is_impossible(bench: Bench) -> None:
    attempt = bench.attempt(pod("sleep 600"))
    bench.executor.start(attempt)
    with pytest.raises(OSError, match="unavailable"):
        bench.executor.start(attempt)
    bench.wait(lambda: bench.told(attempt, "running"))
    bench.executor.stop(attempt, 0)
    bench.ending(attempt)


# --- what needs a sandbox


def test_absolute_paths_are_the_pods_own(sandboxed: MakeBench) -> None:
    bench = sandboxed()
    outputs = [
        parameter("top", "/top"),
        parameter("etc", "/etc/of-the-pod"),
        parameter("s3", "/s3/bucket/key"),
    ]
    script = "echo 1 > /top; echo 2 > /etc/of-the-pod; mkdir -p /s3/bucket; echo 3 > /s3/bucket/key"
    script += "; ls /tmp | wc -l"
    status = bench.run(pod(script, template={"outputs": {"parameters": outputs}}, include_result=True)).status
    assert values(status) == {"top": "1", "etc": "2", "s3": "3"}
    assert status.outputs is not None
    assert status.outputs.result == "0"
    assert not any(Path(each).exists() for each in ("/top", "/etc/of-the-pod", "/s3/bucket/key"))


def test_a_path_of_this_machine_that_is_named_is_seen(sandboxed: MakeBench, tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    bench = sandboxed()
    needs_own_processes(bench)
    status = bench.run(pod(f"echo x > {tmp_path}/given/file")).status
    assert status.phase == "Succeeded"
    assert (tmp_path / "given" / "file").read_text() == "x\n"


def test_volumes_are_shared(sandboxed: MakeBench, tmp_path: Path) -> None:
    mounts = [{"name": "scratch", "mountPath": "/scratch"}, {"name": "data", "mountPath": "/mnt/data"}]
    start = pod(
        "cat /scratch/from-init; echo kept > /mnt/data/file; echo out > /scratch/out",
        container={"volumeMounts": mounts},
        init_containers=[
            {"name": "init"},
            {
                "name": "prepare",
                "command": ["sh", "-c", "echo hi > /scratch/from-init"],
                "volumeMounts": mounts,
            },
        ],
        spec={
            "volumes": [
                {"name": "scratch", "emptyDir": {}},
                {"name": "data", "persistentVolumeClaim": {"claimName": "my-data"}},
            ]
        },
        template={"outputs": {"parameters": [parameter("p", "/scratch/out")]}},
        include_result=True,
    )
    status = sandboxed().run(start).status
    assert status.outputs is not None
    assert status.outputs.result == "hi"
    assert values(status) == {"p": "out"}
    assert status_of(status, "prepare") == ContainerStatus("prepare", 0, "Completed")
    assert (tmp_path / "claims" / "my-data" / "file").read_text() == "kept\n"


def test_config_maps_and_secrets(sandboxed: MakeBench) -> None:
    bench = sandboxed(config_maps={"conf": {"a.ini": "[a]", "level": "3"}}, secrets={"creds": {"password": "hush"}})
    container = {
        "env": [
            {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "level"}}},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "creds", "key": "password"}}},
            {"name": "NONE", "valueFrom": {"secretKeyRef": {"name": "no", "key": "x", "optional": True}}},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "envFrom": [{"configMapRef": {"name": "conf"}, "prefix": "CONF_"}],
        "volumeMounts": [
            {"name": "c", "mountPath": "/c"},
            {"name": "s", "mountPath": "/s", "readOnly": True},
        ],
    }
    volumes = [
        {"name": "c", "configMap": {"name": "conf", "items": [{"key": "a.ini", "path": "sub/a"}]}},
        {"name": "s", "secret": {"secretName": "creds"}},
    ]
    script = "cat /c/sub/a /s/password; echo; echo $LEVEL $PASSWORD ${NONE-unset} $POD $CONF_level; touch /s/x"
    status = bench.run(pod(script, container=container, spec={"volumes": volumes}, include_result=True)).status
    assert status.outputs is not None
    assert status.outputs.result == "[a]hush\n3 hush unset wf-t-1 3"
    assert status_of(status, "main").exit_code == 1, "a volume that is read-only cannot be written to"


@pytest.mark.parametrize(
    "container",
    [
        {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "no", "key": "k"}}}]},
        {"envFrom": [{"configMapRef": {"name": "no"}}]},
        {"env": [{"name": "A=B", "value": "x"}]},
        {"env": [{"name": "A", "value": "x\0y"}]},
        {"command": ["echo", "x\0y"]},
        {"command": []},
        {"volumeMounts": [{"name": "no", "mountPath": "/x"}]},
        {"volumeMounts": [{"name": "v", "mountPath": "relative"}]},
        {"volumeMounts": [{"name": "v", "mountPath": "/x", "subPath": "../../etc"}]},
        {"volumeMounts": [{"name": "n", "mountPath": "/x"}]},
    ],
)
def test_what_cannot_be_is_refused(sandboxed: MakeBench, container: dict[str, Any]) -> None:
    volumes = [{"name": "v", "emptyDir": {}}, {"name": "n", "nfs": {"server": "s", "path": "/"}}]
    bench = sandboxed()
    if container == {"command": []}:
        needs_own_processes(bench)
    with pytest.raises(Exception) as caught:  # noqa: PT011 (ExecutorError or Unsupported)
        bench.executor.start(bench.attempt(pod("true", container=container, spec={"volumes": volumes})))
    assert type(caught.value).__name__ in ("ExecutorError", "Unsupported")


def test_a_failed_init_container_ends_the_pod(sandboxed: MakeBench) -> None:
    helpers = [
        {"name": "init"},
        {"name": "first", "command": ["sh", "-c", "exit 4"]},
        {"name": "second", "command": ["true"]},
    ]
    status = sandboxed().run(pod("echo never", init_containers=helpers)).status
    assert status.phase == "Failed"
    assert [each.name for each in status.init_containers] == ["init", "first"]
    assert status_of(status, "first").exit_code == 4
    assert status.containers == []


def test_sidecars_end_after_main(sandboxed: MakeBench) -> None:
    containers = [
        {"name": "main", "command": ["sh", "-c", "until [ -e /shared/up ]; do sleep 0.01; done; echo main"]},
        {"name": "side", "command": ["sh", "-c", "touch /shared/up; sleep 600"]},
        {"name": "polite", "command": ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]},
    ]
    for each in containers:
        each["volumeMounts"] = [{"name": "shared", "mountPath": "/shared"}]
    volumes = {"volumes": [{"name": "shared", "emptyDir": {}}]}
    status = sandboxed().run(pod("", containers=containers, spec=volumes)).status
    codes = {each.name: each.exit_code for each in status.containers}
    assert codes == {"main": 0, "side": 143, "polite": 0, "wait": 0}


def test_container_sets_follow_their_dependencies(sandboxed: MakeBench) -> None:
    def container(name: str, script: str) -> dict[str, Any]:
        mounts = [{"name": "w", "mountPath": "/w"}]
        return {"name": name, "command": ["sh", "-c", script], "volumeMounts": mounts}

    graph = [{"name": "a"}, {"name": "b", "dependencies": ["a"]}, {"name": "c", "dependencies": ["b"]}]
    containers = [
        container("a", "echo a >> /w/order"),
        container("b", "echo b >> /w/order; exit 2"),
        container("c", "echo never"),
    ]
    start = pod(
        "",
        containers=containers,
        main=("a", "b", "c"),
        spec={"volumes": [{"name": "w", "emptyDir": {}}]},
        template={
            "containerSet": {"containers": graph},
            "outputs": {"parameters": [parameter("p", "/w/order")]},
        },
    )
    status = sandboxed().run(start).status
    assert values(status) == {"p": "a\nb"}
    assert [(each.name, each.exit_code) for each in status.containers] == [
        ("a", 0),
        ("b", 2),
        ("c", 64),
        ("wait", 0),
    ]
    assert status_of(status, "c").message == 'dependency "b" exited with non-zero code: 2'


def test_a_path_that_nothing_names_is_refused_without_a_sandbox(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "plain")
    outputs = {"parameters": [parameter("p", "/tmp/implied")]}
    with pytest.raises(ExecutorError, match=r"path /tmp/implied .* cannot be mapped"):
        bench.executor.start(bench.attempt(pod("true", template={"outputs": outputs})))
    bench.close()


def test_logs_are_bounded_and_the_task_goes_on(bench: Bench, tmp_path: Path) -> None:
    script = "head -c 60000000 /dev/zero | tr '\\0' 'a'; echo; echo end"
    began = time.monotonic()
    status = bench.run(pod(script, include_result=True)).status
    assert status.phase == "Succeeded"
    assert time.monotonic() - began < 60
    sizes = [each.stat().st_size for each in (tmp_path / "pods" / "0" / "logs").iterdir()]
    assert sum(sizes) < 34 << 20
    assert bench.folder is tmp_path
    assert threading.active_count() >= 1


# --- podman or docker that misbehaves


def fake_program(folder: Path, script: str) -> str:
    program = folder / "fake-podman"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def test_a_container_that_could_not_be_run_is_an_error_of_this_machine(tmp_path: Path) -> None:
    script = 'case $1 in run) echo "Error: no such image" >&2; exit 125;; inspect) exit 1;; esac'
    bench = Bench(tmp_path, "plain")
    log = tmp_path / "executors.log"
    bench.executor = ContainerExecutor(bench.inbox, bench.surroundings, log, fake_program(tmp_path, script))
    status = bench.run(pod("true")).status
    assert status.phase == "Failed"
    assert status.init_containers == [ContainerStatus("init", 64, "Error", "Error: no such image")]
    assert status.containers == []
    bench.close()


def test_what_earlier_attempts_left_is_removed_first(tmp_path: Path) -> None:
    script = f'echo "$@" >> {tmp_path}/calls; case $1 in ps) echo old;; run) echo out;; esac'
    bench = Bench(tmp_path, "plain")
    log = tmp_path / "executors.log"
    bench.executor = ContainerExecutor(bench.inbox, bench.surroundings, log, fake_program(tmp_path, script))
    secret = {"env": [{"name": "PASSWORD", "value": "hush"}]}
    assert bench.run(pod("true", container=secret)).status.phase == "Succeeded"
    calls = (tmp_path / "calls").read_text().splitlines()
    calls = [call for call in calls if not call.startswith("inspect")]  # how often it looks depends on the machine
    assert [call.split()[0] for call in calls] == ["ps", "rm", "run", "rm"]
    assert calls[0].endswith("label=tiphys.io/pod=run/wf-t-1")
    assert calls[1].endswith(" old")
    assert "--env PASSWORD " in calls[2]
    assert "hush" not in calls[2]
    bench.close()


@pytest.mark.parametrize(
    "container",
    [
        {"image": "-v/:/host"},
        {"image": "--privileged"},
        {"image": ""},
        {"image": "a b"},
        {"securityContext": {"privileged": True}},
        {"securityContext": {"capabilities": {"add": ["X --privileged"]}}},
    ],
)
def test_options_cannot_be_smuggled_in(tmp_path: Path, container: dict[str, Any]) -> None:
    bench = Bench(tmp_path, "plain")
    executor = ContainerExecutor(bench.inbox, bench.surroundings, tmp_path / "log", "podman")
    with pytest.raises(ExecutorError):
        executor.job(bench.attempt(pod("true", container=container)))
    bench.close()


def test_a_daemon_is_running_once_its_probe_succeeds(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "plain")
    file = tmp_path / "up"
    container = {"readinessProbe": {"exec": {"command": ["test", "-e", str(file)]}}}
    attempt = bench.attempt(pod(f"sleep 0.3; touch {file}; sleep 600", container=container, daemon=True))
    bench.executor.start(attempt)
    bench.wait(lambda: bench.told(attempt, "running"))
    assert file.exists()
    bench.executor.stop(attempt, 1)
    assert status_of(bench.ending(attempt).status, "main").exit_code == 143
    bench.close()


def test_progress_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "plain")
    container = {"env": [{"name": "ARGO_PROGRESS_FILE", "value": "/tmp/progress"}]}
    outputs = {"parameters": [parameter("p", "/tmp/progress")]}
    script = "echo 1/3 > /tmp/progress; sleep 1.5; echo 3/3 > /tmp/progress"
    ending = bench.run(pod(script, container=container, template={"outputs": outputs}))
    assert ("progress", "1/3") in [(each.what, each.detail) for each in bench.reports]
    assert ending.status.progress == "3/3"
    bench.close()
