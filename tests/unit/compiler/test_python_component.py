"""Python components: recognised in every shape of the SDK, described for the local runner, run for real."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tiphys.compiler.epilogue import around
from tiphys.compiler.python_component import python_command
from tiphys.errors import ManifestError, Unsupported
from tiphys.messages.component import annotation, executor_input, hand_out, parse

from .playing import PROGRAM, Pipeline, play

ARGS = ["--executor_input", "{{$}}", "--function_to_execute", "train"]
SOURCE = "def train():\n    return 1\n"
LINES = around(parameters=True, artifacts=True)


def install(*calls: str) -> list[str]:
    script = " && ".join(f"python3 -m pip install --quiet {call}" for call in calls)
    return ["sh", "-c", f'\nPIP_DISABLE_PIP_VERSION_CHECK=1 {script} && "$0" "$@"\n']


@pytest.mark.parametrize(
    ("before", "packages", "indexes", "version"),
    [
        ([], (), (), "2.17.0"),
        (
            install("'kfp==2.9.0' '--no-deps' 'typing-extensions>=3.7.4,<5; python_version<\"3.9\"'"),
            (),
            (),
            "2.9.0",
        ),
        (install("'pandas==2.2' 'numpy'", "'kfp==2.13.0'"), ("pandas==2.2", "numpy"), (), "2.13.0"),
        (
            install("--index-url https://a/simple --extra-index-url https://b --trusted-host https://a 'x[y]>=1,<2'"),
            ("x[y]>=1,<2",),
            ("https://a/simple", "https://b"),
            "2.17.0",
        ),
        (
            install("'git+https://github.com/a/b@main#egg=c'"),
            ("git+https://github.com/a/b@main#egg=c",),
            (),
            "2.17.0",
        ),
    ],
)
def test_what_is_installed(before: list[str], packages: Any, indexes: Any, version: str) -> None:
    found = python_command([*before, "sh", "-ec", PROGRAM, SOURCE], ARGS, "kfp-2.17.0", LINES, "t")
    assert found is not None
    component = found.component
    assert (component.kind, component.function, component.kfp) == ("python", "train", version)
    assert (component.packages, component.pip_index_urls) == (packages, indexes)
    assert component.install_kfp is (version != "2.17.0")
    assert component.source_text(found.command) == SOURCE
    assert found.command[component.source - 1].startswith(LINES.before + "program_path=")


@pytest.mark.parametrize("module", ["kfp.dsl.executor_main", "kfp.components.executor_main"])
def test_older_modules(module: str) -> None:
    program = PROGRAM.replace("kfp.dsl.executor_main", module)
    assert python_command(["sh", "-ec", program, SOURCE], ARGS, "", LINES, "t") is not None


def test_a_component_in_an_image() -> None:
    found = python_command(["python3", "-m", "kfp.dsl.executor_main"], ARGS, "kfp-2.17.0", LINES, "t")
    assert found is not None
    assert found.component.kind == "image"
    assert found.command[:2] == ("sh", "-ec")
    assert found.command[3:] == ("python3", "-m", "kfp.dsl.executor_main")
    with pytest.raises(ManifestError, match="is not there"):
        found.component.source_text(found.command)


@pytest.mark.parametrize("args", [[], ["--executor_input", "{{$}}"], ["--function_to_execute", "f"]])
def test_other_containers(args: list[str]) -> None:
    assert python_command(["sh", "-ec", PROGRAM, SOURCE], args, "", LINES, "t") is None
    assert python_command(["echo"], ARGS, "", LINES, "t") is None


@pytest.mark.parametrize("source", ["f'{{x}}' + '{{=1}}' '{{{{'", "{{item}} <> <|>", "x = {" * 3 + "{{"])
def test_braces_in_a_source(source: str, tmp_path: Path) -> None:
    """No neighbouring braces in the manifest; the shell in the pod puts them together again."""
    found = python_command(["sh", "-ec", PROGRAM, source], ARGS, "", LINES, "t")
    assert found is not None
    text = found.command[found.component.source]
    assert "{{" not in text
    assert found.component.source_text(found.command) == source
    line = next(line for line in found.command[2].splitlines() if line.startswith("printf"))
    script = line.replace("$program_path/ephemeral_component.py", str(tmp_path / "x"))
    subprocess.run(["sh", "-ec", script, text], check=True)
    assert (tmp_path / "x").read_text().removesuffix("\n") == source


def test_a_source_that_nobody_knows_how_to_write() -> None:
    program = PROGRAM.replace("printf", "echo")
    with pytest.raises(Unsupported, match="does not write it as the SDK does"):
        python_command(["sh", "-ec", program, "'{{'"], ARGS, "", LINES, "t")
    with pytest.raises(Unsupported, match="no source behind its program"):
        python_command(["sh", "-ec", PROGRAM], ARGS, "", LINES, "t")


def test_the_annotation() -> None:
    found = python_command(["sh", "-ec", PROGRAM, SOURCE], ARGS, "kfp-2.17.0", LINES, "t")
    assert found is not None
    text = annotation(found.component)
    assert json.loads(text) == {"kind": "python", "function": "train", "kfp": "2.17.0", "source": 3}
    assert parse({"tiphys.io/component": text}) == found.component
    assert parse({}) is None
    with pytest.raises(ManifestError, match="cannot be read"):
        parse({"tiphys.io/component": "{"})


def given(folder: Path, **outputs: Any) -> dict[str, Any]:
    return {"inputs": {}, "outputs": {"outputFile": str(folder / "executor_output.json"), **outputs}}


def run_lines(folder: Path, told: dict[str, Any], lines: Any = LINES) -> dict[str, str]:
    """Run the lines in a shell as the pod does; answers the files that they wrote."""
    script = f'cd "{folder}"\n{lines.after}'
    args = ["--executor_input", json.dumps(told), "--function_to_execute", "train"]
    subprocess.run(
        ["sh", "-ec", script, "source", *args],
        check=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
    )
    return {file.name: file.read_text() for file in (folder / "values").iterdir()}


def test_parameters_are_handed_out(tmp_path: Path) -> None:
    kinds = {"a": "STRING", "b": "NUMBER_INTEGER", "c": "BOOLEAN", "d": "STRUCT", "e": "STRING", "f": "LIST"}
    parameters = {name: {"outputFile": str(tmp_path / name), "parameterType": kind} for name, kind in kinds.items()}
    (tmp_path / "executor_output.json").write_text(json.dumps({"parameterValues": {"a": "{{x}} é\x7f", "b": 2**60}}))
    (tmp_path / "c").write_text("True")
    (tmp_path / "d").write_text('{"k": 1.5}')
    (tmp_path / "e").write_text("two\nlines\n")
    found = run_lines(tmp_path, given(tmp_path, parameters=parameters), around(parameters=True, artifacts=False))
    assert found["a"] == '"\\u007b\\u007bx}} \\u00e9\\u007f"'
    assert {name: json.loads(text) for name, text in found.items()} == {
        "a": "{{x}} é\x7f",
        "b": 2**60,
        "c": True,
        "d": {"k": 1.5},
        "e": "two\nlines\n",
        "f": None,
    }


def test_artifacts_are_handed_out(tmp_path: Path) -> None:
    """What the function said of an artifact, and its content where Argo collects it."""
    names = ("plain", "silent", "returned", "renamed", "custom", "remote")
    artifacts = {}
    for name in names:
        uri = f"s3://b/w/{name}"
        old = {"name": name, "type": {"schemaTitle": "system.Model"}, "uri": uri, "metadata": {}}
        artifacts[name] = {"artifacts": [old], "path": str(tmp_path / "s3" / name)}
    (tmp_path / "s3").mkdir()
    (tmp_path / "s3" / "plain").write_text("plain")
    (tmp_path / "returned.txt").write_text("returned")
    (tmp_path / "s3" / "renamed.joblib").mkdir()
    (tmp_path / "s3" / "renamed.joblib" / "x").write_text("renamed")
    (tmp_path / "elsewhere").write_text("custom")
    told = {
        "plain": {"name": "plain", "uri": "s3://b/w/plain", "metadata": {"k": "{{x}}"}},
        "returned": {"name": "", "uri": str(tmp_path / "returned.txt"), "metadata": {}},
        "renamed": {"name": "r", "uri": "s3://b/w/renamed.joblib", "metadata": {}},
        "custom": {"uri": "s3://b/w/custom", "custom_path": str(tmp_path / "elsewhere"), "metadata": {}},
        "remote": {"uri": "gs://public/x", "metadata": {"registered": True}},
    }
    output = {"artifacts": {name: {"artifacts": [each]} for name, each in told.items()}}
    (tmp_path / "executor_output.json").write_text(json.dumps(output))
    found = run_lines(tmp_path, given(tmp_path, artifacts=artifacts), around(parameters=False, artifacts=True))
    assert "{{" not in found["plain"]
    made = {name: json.loads(text)[0] for name, text in found.items()}
    assert made["plain"]["metadata"] == {"k": "{{x}}"}
    assert {name: each["uri"] for name, each in made.items()} == {
        **{name: f"s3://b/w/{name}" for name in names},
        "remote": "gs://public/x",
    }
    assert (made["silent"]["type"], made["returned"]["name"]) == ({"schemaTitle": "system.Model"}, "returned")
    assert "custom_path" not in made["custom"]
    assert (tmp_path / "s3" / "returned").read_text() == "returned"
    assert (tmp_path / "s3" / "renamed" / "x").read_text() == "renamed"
    assert (tmp_path / "s3" / "custom").read_text() == "custom"
    assert not (tmp_path / "s3" / "remote").exists()


def test_nothing_to_hand_out() -> None:
    nothing = around(parameters=False, artifacts=False)
    found = python_command(["sh", "-ec", PROGRAM, SOURCE], ARGS, "", nothing, "t")
    assert found is not None
    assert found.command == ("sh", "-ec", PROGRAM, SOURCE)
    assert hand_out(found.command) == ""


def test_what_the_local_runner_is_told() -> None:
    p = Pipeline(x="STRING")
    p.python("t", inputs={"x": "STRING"}, outputs={"Output": "STRING"}, gives={"m": "system.Model"})
    p.task("t", given={"x": "@x"})
    played = play(p.compile(), lambda path, given: {}, {"x": "plain {{text}}"})
    container, template = played.containers["t"], played.templates["t"]
    component = parse(template["metadata"]["annotations"])
    assert component is not None
    assert component.function == "t"
    told = executor_input(container["args"])
    assert told["inputs"]["parameterValues"] == {"x": "plain {{text}}"}
    program = hand_out(container["command"])
    assert program.startswith("import json, os, sys\n")
    compile(program, "lines", "exec")
    paths = {each["name"]: each["valueFrom"]["path"] for each in template["outputs"]["parameters"]}
    assert paths == {"Output": "/tmp/kfp/outputs/values/Output", "m": "/tmp/kfp/outputs/values/m"}
