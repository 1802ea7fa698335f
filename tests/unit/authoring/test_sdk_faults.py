"""Faults of the SDK that are mended once `tiphys.argo` is imported."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import compiler, components, dsl
from kfp.dsl import utils

from tiphys import argo
from tiphys.authoring import gather

from .components import clean, report, train


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb: [", "x\u2028y", "bell\x07", "- '\"\n---\n"])
def test_defaults_with_line_breaks(tmp_path: Path, text: str) -> None:
    def pipeline(text: str = text):
        clean(text=text)

    file = tmp_path / "p.yaml"
    compiler.Compiler().compile(dsl.pipeline(pipeline), str(file))
    spec = next(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    assert spec["root"]["inputDefinitions"]["parameters"]["text"]["defaultValue"] == text
    assert components.load_component_from_file(str(file)).name == "pipeline"


def test_null_in_constants(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        report(lines=[1, None, {"a": None}])

    ir, _ = compile_ir(pipeline)
    given = ir["root"]["dag"]["tasks"]["report"]["inputs"]["parameters"]["lines"]
    assert given["runtimeValue"]["constant"] == [1, None, {"a": None}]


def test_whole_numbers_that_doubles_do_not_hold() -> None:
    def pipeline() -> None:
        report(lines=[2**53 + 1])

    with pytest.warns(UserWarning, match="9007199254740993 becomes 9007199254740992"):
        dsl.pipeline(pipeline)


def test_ignore_upstream_failure_with_inputs_that_were_not_passed(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        report().after(train(rate=0.1)).ignore_upstream_failure()

    ir, _ = compile_ir(pipeline)
    task = ir["root"]["dag"]["tasks"]["report"]
    assert task["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"
    assert "inputs" not in task


def test_many_uses_of_a_component() -> None:
    """What the SDK did in n³ steps: 400 uses took 64 times as long as 100."""
    looks = 0

    class Counted(list[str]):
        def __contains__(self, item: object) -> bool:
            nonlocal looks
            looks += 1
            return super().__contains__(item)

    names = Counted()
    for _ in range(400):
        names.append(utils.make_name_unique_by_adding_index("train", names, "-"))
    assert names[:3] == ["train", "train-2", "train-3"]
    assert looks == 400
    assert utils.make_name_unique_by_adding_index("a", ["a", "a-2", "a-4"], "-") == "a-3"


def test_installed_once() -> None:
    from kfp.compiler import pipeline_spec_builder

    before = pipeline_spec_builder.create_pipeline_spec
    gather.install()
    assert pipeline_spec_builder.create_pipeline_spec is before
    assert argo.depends


def test_embedded_files_are_packed_without_the_time_of_day() -> None:
    from kfp.dsl import component_factory

    assert component_factory.gzip.compress(b"x")[4:8] == b"\0\0\0\0"
