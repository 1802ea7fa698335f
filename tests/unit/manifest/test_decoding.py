"""Objects are held as Go holds them, and refused in Go's words."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.errors import ManifestError
from tiphys.manifest.decoding import decode, misfits, read
from tiphys.manifest.encoding import encode, to_text
from tiphys.manifest.fields import WORKFLOW, WORKFLOW_SPEC


def _cannot(what: str, where: str, type: str) -> str:
    return f"json: cannot unmarshal {what} into Go struct field {where} of type {type}"


_NO_QUANTITY = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

# What Go says to a Workflow with this spec, after "error unmarshaling JSON: while decoding JSON: "
REFUSED: list[tuple[Any, str]] = [
    ({"parallelism": "x"}, _cannot("string", "WorkflowSpec.spec.parallelism", "int64")),
    ({"parallelism": 1.5}, _cannot("number 1.5", "WorkflowSpec.spec.parallelism", "int64")),
    ({"podGC": []}, _cannot("array", "WorkflowSpec.spec.podGC", "v1alpha1.PodGC")),
    (
        {"templates": [{"script": {"command": [["a"]]}}]},
        _cannot("array", "ScriptTemplate.spec.templates.script.Container.command", "string"),
    ),
    (
        {"templates": [{"archiveLocation": {"s3": {"accessKeySecret": {"key": []}}}}]},
        _cannot(
            "array",
            "SecretKeySelector.spec.templates.archiveLocation.s3.S3Bucket.accessKeySecret.key",
            "string",
        ),
    ),
    (
        {"templates": [{"steps": [[{"arguments": {"parameters": [{"name": True}]}}]]}]},
        _cannot("bool", "Template.spec.templates.steps.arguments.parameters.name", "string"),
    ),
    (
        {"templates": [{"steps": [{"name": "a"}]}]},
        _cannot("object", "Template.spec.templates.steps", "[]map[string]interface {}"),
    ),
    ({"templates": [{"steps": [[{"depends": "a"}]]}]}, 'json: unknown field "depends"'),
    ({"templates": [{"plugin": {}}]}, "expected exactly one key, got 0"),
    (
        {"templates": [{"dag": {"tasks": [{"hooks": []}]}}]},
        _cannot("array", "DAGTask.spec.templates.dag.tasks.hooks", "v1alpha1.LifecycleHooks"),
    ),
    (
        {"metrics": {"prometheus": "x"}},
        _cannot("string", "Metrics.spec.metrics.prometheus", "[]*v1alpha1.Prometheus"),
    ),
    ({"podResources": {"limits": {"cpu": "1x"}}}, _NO_QUANTITY),
    ({"podResources": {"limits": {"cpu": "1kk"}}}, "unable to parse quantity's suffix"),
    (
        {"templates": [{"activeDeadlineSeconds": 1.5}]},
        _cannot("number 1.5", "Template.spec.templates.activeDeadlineSeconds", "int32"),
    ),
    # what reads itself stops the reading: its error wins over one that came before
    ({"parallelism": "x", "templates": [{"plugin": {}}]}, "expected exactly one key, got 0"),
]


@pytest.mark.parametrize(("spec", "message"), REFUSED)
def test_wrong_types_are_refused_in_gos_words(spec: Any, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        decode({"spec": spec}, WORKFLOW)
    assert caught.value.message == f"error unmarshaling JSON: while decoding JSON: {message}"


def test_unknown_fields_are_refused_only_when_strict() -> None:
    spec = {"entrypont": "a", "entrypoint": "b"}
    assert decode(spec, WORKFLOW_SPEC)["entrypoint"] == "b"
    with pytest.raises(ManifestError, match='json: unknown field "entrypont"'):
        decode(spec, WORKFLOW_SPEC, strict=True)


def test_numbers_become_strings_where_go_knows_the_type() -> None:
    container = {"command": [1, True, 1.5, 10**20], "env": [{"name": "a", "value": 5}]}
    read_back = decode({"container": container}, "v1alpha1.Template")["container"]
    assert read_back["command"] == ["1", "true", "1.5", "1e+20"]
    assert read_back["env"] == [{"name": "a", "value": "5"}]
    with pytest.raises(ManifestError, match="cannot unmarshal number"):
        decode({"container": container}, "v1alpha1.Template", coerce=False)
    with pytest.raises(ManifestError, match="cannot unmarshal number"):
        decode({"script": container}, "v1alpha1.Template")  # below an embedded struct Go forgets the type


def test_names_are_found_without_regard_to_case() -> None:
    assert decode({"Name": "a", "FAILFAST": True}, "v1alpha1.Template")["name"] == "a"


def test_fields_stand_in_gos_order_and_empty_ones_go() -> None:
    template = {"container": {"args": [], "image": "a"}, "steps": [], "name": "x", "daemon": False}
    assert list(decode(template, "v1alpha1.Template")) == [
        "name", "inputs", "outputs", "metadata", "daemon", "container"]  # fmt: skip
    assert decode(template, "v1alpha1.Template")["container"] == {"name": "", "image": "a", "resources": {}}
    assert read(template, "v1alpha1.Template")["steps"] == []


def test_encoding_twice_changes_nothing() -> None:
    once = decode({"withItems": [1, None, {"b": 1, "a": 2}], "name": "x"}, "v1alpha1.WorkflowStep")
    assert once == {"name": "x", "arguments": {}, "withItems": [1, None, {"a": 2, "b": 1}]}
    assert encode(once, "v1alpha1.WorkflowStep") == once


def test_gos_text_escapes_what_html_knows() -> None:
    assert to_text({"a": "<&>\u2028\x7fé😀\x01"}) == '{"a":"\\u003c\\u0026\\u003e\\u2028\x7fé😀\\u0001"}'


def test_misfits_are_all_found_with_their_paths() -> None:
    spec = {
        "entrypont": "a",
        "parallelism": "x",
        "templates": [
            {"steps": [[{"name": "a", "depends": "b", "arguments": {"parametrs": []}}]], "plugin": {}},
            {"container": {"args": [1]}},
        ],
    }
    found = {(each.kind, each.path): each.is_ignored for each in misfits(spec, WORKFLOW_SPEC)}
    steps = ("templates", 0, "steps", 0, 0)
    assert found == {
        ("unknown-field", ("entrypont",)): False,
        ("wrong-type", ("parallelism",)): False,
        ("wrong-type", ("templates", 0, "plugin")): False,
        ("unknown-field", (*steps, "depends")): False,
        ("unknown-field", (*steps, "arguments", "parametrs")): True,
        ("wrong-type", ("templates", 1, "container", "args", 0)): False,
    }
