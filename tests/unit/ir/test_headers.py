"""The SDK's comment at the top of its files, which it fills with what authors wrote."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tiphys.errors import ManifestError
from tiphys.ir import load
from tiphys.ir.headers import bodies

BODY = {
    "pipelineInfo": {"name": "p"},
    "schemaVersion": "2.1.0",
    "root": {"dag": {"tasks": {}}, "inputDefinitions": {"parameters": {"a": {"parameterType": "STRING"}}}},
}
WRITTEN = yaml.safe_dump(BODY, sort_keys=True)


def headed(default: str) -> str:
    """A file as the SDK writes it: a default stands in the comment as it is."""
    return f"# PIPELINE DEFINITION\n# Name: p\n# Inputs:\n#    a: str [Default: '{default}']\n{WRITTEN}"


@pytest.mark.parametrize(
    "default",
    [
        "plain",
        "two\nlines",
        "# no\n\n\n# comments",
        "root: {}",
        "one\nroot: not this one\nthree",
        "one\ndeploymentSpec:\n  x: [",
        "---\na: b\n---",
        "\t%YAML 1.1\n&x *y !z",
        "{{=1}}\r\n'\"",
    ],
)
def test_defaults_of_several_lines(default: str) -> None:
    assert load(headed(default)).spec.pipeline_info.name == "p"


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_any_default(default: str) -> None:
    assert load(headed(default)).spec.root.input_definitions.parameters["a"].parameter_type == "STRING"


def test_lines_keep_their_numbers() -> None:
    text = headed("two\nlines") + "nosuch: ]\n"
    with pytest.raises(ManifestError) as caught:
        load(text, "p.yaml")
    assert caught.value.place.line == text.count("\n")


def test_a_file_without_a_header_is_taken_as_it_is() -> None:
    assert list(bodies("# a comment\nroot: {}\n")) == ["# a comment\nroot: {}\n"]
    assert load(json.dumps(BODY)).spec.pipeline_info.name == "p"


def test_a_header_over_nothing() -> None:
    with pytest.raises(ManifestError, match="not the IR of a KFP pipeline"):
        load("# PIPELINE DEFINITION\n# Name: p\n")
