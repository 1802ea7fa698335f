"""A pipeline from whatever the user has, and one clear message for everything else."""

import gzip
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import compiler, dsl

from tiphys.errors import AuthoringError, BadInput, CompileError, PythonError, TiphysError
from tiphys.loading.sources import load

PIPELINE = """
from kfp import dsl
@dsl.component(base_image="python:3.11", install_kfp_package=False)
def say(text: str) -> str:
    return text
@dsl.pipeline(name="hello")
def pipeline(text: str = "x"):
    say(text=text)
"""
WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: hello-}
spec: {entrypoint: main, templates: [{name: main, suspend: {}}]}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a file into an own folder, which is the current one; answers its name."""
    monkeypatch.chdir(tmp_path)

    def write_(text: str | bytes, name: str = "pipeline.py") -> str:
        data = text.encode() if isinstance(text, str) else text
        (tmp_path / name).write_bytes(data)
        return name

    return write_


def ir_text(tmp_path: Path) -> str:
    namespace: dict[str, Any] = {}
    file = tmp_path / "source.py"
    file.write_text(PIPELINE)
    exec(compile(PIPELINE, str(file), "exec"), namespace)
    target = tmp_path / "compiled.yaml"
    compiler.Compiler().compile(namespace["pipeline"], str(target))
    return target.read_text()


def test_python_file(write: Any, tmp_path: Path) -> None:
    loaded = load(write(PIPELINE))
    assert (loaded.kind, loaded.name, loaded.file) == ("kfp", "hello", "pipeline.py")
    assert list(loaded.ir.spec.root.dag.tasks) == ["say"]
    assert load("pipeline.py:pipeline").name == "hello"
    assert load(tmp_path / "pipeline.py").name == "hello"
    assert not (tmp_path / "__pycache__").exists()


def test_component_alone(write: Any) -> None:
    assert load(write(PIPELINE.partition("@dsl.pipeline")[0])).name == "say"
    assert load(write(PIPELINE) + ":say").name == "say"


def test_objects_and_data(tmp_path: Path) -> None:
    @dsl.component(base_image="python:3.11", install_kfp_package=False)
    def say(text: str) -> str:
        return text

    @dsl.pipeline
    def hello() -> None:
        say(text="x")

    assert load(hello).name == "hello"
    assert load(say).name == "say"
    assert load(load(hello)).name == "hello"
    documents = list(yaml.safe_load_all(ir_text(tmp_path)))
    assert load(documents[0]).name == load(documents).name == "hello"
    assert load(yaml.safe_load(WORKFLOW)).kind == "argo"


def test_texts(tmp_path: Path) -> None:
    assert load(ir_text(tmp_path)).kind == "kfp"
    assert load(json.dumps(yaml.safe_load(ir_text(tmp_path)))).kind == "kfp"
    assert load(WORKFLOW).name == "hello"
    assert load(json.dumps(yaml.safe_load(WORKFLOW))).kind == "argo"
    assert load(WORKFLOW.encode()).documents[0].place(("spec", "entrypoint")).line == 5


def test_manifests_beside_a_workflow() -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---" + WORKFLOW
    loaded = load(config)
    assert [each["kind"] for each in loaded.manifests] == ["Workflow", "ConfigMap"]
    template = WORKFLOW.replace("kind: Workflow", "kind: WorkflowTemplate")
    assert load(template + "---" + WORKFLOW).manifests[0]["kind"] == "Workflow"
    assert load(template).manifests[0]["kind"] == "WorkflowTemplate"
    listed = {"kind": "List", "items": [yaml.safe_load(WORKFLOW)]}
    assert load(json.dumps(listed)).manifests[0]["kind"] == "Workflow"


@pytest.mark.parametrize("text", ["ir", WORKFLOW])
def test_packages(write: Any, tmp_path: Path, text: str) -> None:
    data = (ir_text(tmp_path) if text == "ir" else text).encode()
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("pipeline.yaml", data)
    with tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        info = tarfile.TarInfo("pipeline.yaml")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    assert load(write(zipped.getvalue(), "p.zip")).name == "hello"
    assert load(write(tarred.getvalue(), "p.tar.gz")).name == "hello"


def test_kubernetes_form_of_kfp(tmp_path: Path) -> None:
    spec = yaml.safe_load(ir_text(tmp_path))
    version = {"apiVersion": "pipelines.kubeflow.org/v2beta1", "kind": "PipelineVersion"}
    assert load(yaml.dump({**version, "spec": {"pipelineSpec": spec}})).name == "hello"


def test_component_of_version_1() -> None:
    text = """
name: Say
inputs: [{name: text, type: String}]
implementation:
  container: {image: i, command: [echo, {inputValue: text}]}
"""
    loaded = load(text)
    assert (loaded.kind, loaded.name) == ("kfp", "say")


TWO = (
    PIPELINE
    + """
@dsl.pipeline(name="other")
def other():
    {body}
"""
)


def test_which_pipeline(write: Any) -> None:
    assert load(write(TWO.replace("{body}", "pipeline()"))).name == "other"
    assert load(write(TWO.replace("{body}", 'say(text="")'))).name == "hello"
    ambiguous = TWO.replace("{body}", 'say(text="")').replace("def pipeline", "def first")
    with pytest.raises(BadInput, match=r"defines 2 pipelines: `first`, `other`") as caught:
        load(write(ambiguous))
    assert "pipeline.py:first" in caught.value.remedy
    assert load("pipeline.py:other").name == "other"


def test_neighbours_of_a_file(write: Any, tmp_path: Path) -> None:
    write(PIPELINE.partition("@dsl.pipeline")[0], "parts.py")
    write("from parts import *\n" + "@dsl.pipeline" + PIPELINE.partition("@dsl.pipeline")[2])
    assert load("pipeline.py").name == "hello"
    write(PIPELINE.partition("@dsl.pipeline")[0].replace("say", "shout"), "parts.py")
    write(
        "from parts import *\n@dsl.pipeline" + PIPELINE.partition("@dsl.pipeline")[2].replace("say", "shout")
    )
    assert list(load("pipeline.py").ir.spec.root.dag.tasks) == ["shout"]


def test_what_a_file_prints_goes_to_stderr(write: Any, capsys: Any) -> None:
    load(write("print('hi')\n" + PIPELINE))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "hi\n")


def test_users_own_traceback(write: Any) -> None:
    write(PIPELINE + "\ndef helper():\n    return 1 / 0\nhelper()\n")
    with pytest.raises(PythonError) as caught:
        load("pipeline.py")
    text = str(caught.value)
    assert text.startswith('Traceback (most recent call last):\n  File "')
    assert "return 1 / 0" in text
    assert text.endswith("ZeroDivisionError: division by zero")
    assert "tiphys" not in text.replace(str(Path.cwd()), "")
    assert caught.value.place.line == 11
    assert caught.value.exit_code == 2


def test_error_inside_the_pipeline_function(write: Any) -> None:
    write(PIPELINE.replace("say(text=text)", "say(text=undefined)"))
    with pytest.raises(PythonError, match="NameError: name 'undefined' is not defined") as caught:
        load("pipeline.py")
    assert caught.value.place.file == "pipeline.py"


BROKEN = {
    "syntax": ("def f(:\n", PythonError, "SyntaxError"),
    "exit": ("import sys\nsys.exit(3)\n", BadInput, "pipeline.py:2: the file ends the program with 3"),
    "missing module": ("import nosuchmodule\n", PythonError, "No module named 'nosuchmodule'"),
    "no pipeline": ("x = 1\n", BadInput, "defines no pipeline"),
    "plain function": (PIPELINE + "\ndef f(): pass\n", BadInput, "`f` is a plain function", ":f"),
    "unknown name": (PIPELINE, BadInput, "Did you mean `pipeline`", ":pipelin"),
    "no pipeline by that name": (PIPELINE + "\nf = 1\n", BadInput, "neither a pipeline", ":f"),
    "SDK refuses": (
        PIPELINE.replace("say(text=text)", "say()"),
        CompileError,
        r"pipeline.py:8: kfp refuses this: say\(\) missing 1 required argument: text",
    ),
    "SDK refuses a component": (
        PIPELINE.replace("text: str) -> str", "text: str) -> 3"),
        CompileError,
        r"pipeline.py:3: kfp refuses this",
    ),
    "authoring refuses": (
        "from tiphys import argo\n" + PIPELINE.replace("say(text=text)", "argo.depends(say(text=text), 'y')"),
        AuthoringError,
        "`say` depends on `y`",
    ),
    "recursion": ("def f(): f()\nf()\n", PythonError, "RecursionError"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_python(write: Any, name: str) -> None:
    text, kind, message, *suffix = BROKEN[name]
    write(text)
    with pytest.raises(kind, match=message) as caught:
        load("pipeline.py" + "".join(suffix))
    assert caught.value.exit_code == 2
    assert caught.value.place.file.endswith("pipeline.py")


NOT_PIPELINES = {
    "nothing": ("", "nothing in it"),
    "a list": ("- a\n- b\n", "no `kind`"),
    "other YAML": ("a: 1\n", "no `kind`"),
    "no workflow": ("kind: ConfigMap\n", "only `ConfigMap`"),
    "broken YAML": ("a: [\n", "x.yaml:"),
    "duplicate keys": ("kind: Workflow\nspec: {a: 1}\nspec: {a: 2}\n", "spec"),
    "deep nesting": ("[" * 100_000, "x.yaml"),
    "binary": (b"\xff\xfe\x00", "not UTF-8"),
    "alias bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{chr(98 + i)}: &{chr(98 + i)} [{','.join('*' + chr(97 + i) for _ in range(9))}]\n"
            for i in range(9)
        ),
        "x.yaml",
    ),
    "broken zip": (b"PK\x03\x04 no", "x.yaml"),
    "broken gzip": (gzip.compress(b"a")[:-3], "x.yaml"),
}


@pytest.mark.parametrize("name", NOT_PIPELINES)
def test_not_a_pipeline(write: Any, name: str) -> None:
    text, message = NOT_PIPELINES[name]
    with pytest.raises(BadInput) as caught:
        load(write(text, "x.yaml"))
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


def test_missing_files(write: Any, tmp_path: Path) -> None:
    del write
    for path in ("no.yaml", "no.py", "no.py:f", str(tmp_path)):
        with pytest.raises(BadInput, match=r"there is no file|is a folder"):
            load(path)
    with pytest.raises(TiphysError, match="`test_missing_files` is not a pipeline"):
        load(test_missing_files)
    with pytest.raises(BadInput, match="int is nothing that holds"):
        load(3)


def test_file_knows_where_it_is(write: Any, tmp_path: Path) -> None:
    write("here = __file__\n" + PIPELINE.replace('"x"', "here"))
    parameters = load("pipeline.py").ir.spec.root.input_definitions.parameters
    assert parameters["text"].default_value == str(tmp_path / "pipeline.py")


HERA = """
from hera.workflows import Steps, Workflow, script

@script(image="python:3.11")
def hello(who: str):
    print(who)

with Workflow(generate_name="h-", entrypoint="main", arguments={"who": "x"}) as w:
    with Steps(name="main"):
        hello(name="first", arguments={"who": "{{workflow.parameters.who}}"})
"""


def test_hera(write: Any) -> None:
    pytest.importorskip("hera", reason="Hera is not installed")
    loaded = load(write(HERA))
    assert (loaded.kind, loaded.name) == ("argo", "h")
    assert loaded.manifests[0]["spec"]["entrypoint"] == "main"
    assert load("pipeline.py:w").manifests == loaded.manifests


def test_the_stock_command_reads_the_same_file(write: Any, tmp_path: Path) -> None:
    from click.testing import CliRunner
    from kfp.cli.compile_ import compile_

    from tiphys.loading.ir_text import ir_text

    text = "from tiphys import argo\n" + PIPELINE.replace("say(text=text)", "argo.mutex(say(text=text), 'm')")
    write(text, "stocked.py")
    ours = ir_text(load("stocked.py"))
    ran = CliRunner().invoke(compile_, ["--py", str(tmp_path / "stocked.py"), "--output", "stock.yaml"])
    sys.modules.pop("stocked", None)
    assert ran.exit_code == 0, ran.output
    assert Path("stock.yaml").read_text() == ours
    assert "mutexes" in ours


def test_only_neighbours_are_forgotten(write: Any) -> None:
    write("import parts.inner\nimport this\n" + PIPELINE)
    Path("parts").mkdir()
    Path("parts/__init__.py").write_text("")
    Path("parts/inner.py").write_text("x = 1\n")
    load("pipeline.py")
    assert not {"parts", "parts.inner", "pipeline"} & set(sys.modules)
    assert "this" in sys.modules
