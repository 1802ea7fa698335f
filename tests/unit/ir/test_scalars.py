"""Unquoted scalars, read as the SDK's own YAML library reads them."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tiphys.ir import load
from tiphys.ir.scalars import resolve_plain


@given(st.from_regex(r"[-+.0-9a-zA-Z_:]{1,12}", fullmatch=True))
def test_as_pyyaml(text: str) -> None:
    """Dates alone differ: JSON has none, so they stay text."""
    try:
        expected = yaml.safe_load(f"- {text}")
    except (yaml.YAMLError, ValueError):
        return
    if isinstance(expected, list) and isinstance(expected[0], str | int | float | bool | None):
        assert repr(resolve_plain(text)) == repr(expected[0])


@pytest.mark.parametrize("name", ["n", "y", "on", "off", "no", "1", "1.5", "null", "~", "2024-01-01"])
def test_parameters_may_have_any_name(name: str) -> None:
    """The SDK quotes what its own library would not read as a string."""
    inputs = {"parameters": {name: {"parameterType": "STRING"}}}
    body = {"pipelineInfo": {"name": "p"}, "root": {"dag": {"tasks": {}}, "inputDefinitions": inputs}}
    assert list(load(yaml.safe_dump(body)).spec.root.input_definitions.parameters) == [name]


def test_values_keep_their_types() -> None:
    body = {"a": 1, "b": 1.0, "c": "1", "d": True, "e": None, "f": "true", "g": 10**30, "h": "1e3", "i": 1e300}
    default = {"parameterType": "STRUCT", "defaultValue": body}
    pipeline = {
        "pipelineInfo": {"name": "p"},
        "root": {"dag": {"tasks": {}}, "inputDefinitions": {"parameters": {"x": default}}},
    }
    found = load(yaml.safe_dump(pipeline)).spec.root.input_definitions.parameters["x"].default_value
    assert {key: (type(value), value) for key, value in found.items()} == {
        key: (type(value), value) for key, value in body.items()
    }


def test_a_number_of_a_million_digits() -> None:
    with pytest.raises(ValueError, match="of this length"):
        resolve_plain("1" * 1_000_000)
