from __future__ import annotations

from typing import Any

import pytest

from tiphys.engine import specification
from tiphys.engine.environment import Environment
from tiphys.engine.run import Run
from tiphys.errors import NodeError


def make_run(spec: dict[str, Any]) -> Run:
    return Run("wf", "default", "u", 0.0, {"spec": spec})


def make_environment(spec: dict[str, Any], defaults: dict[str, Any] | None = None) -> Environment:
    template = {"metadata": {"name": "shared"}, "spec": spec}
    return Environment(workflow_templates={"shared": template}, workflow_defaults=defaults)


REFERENCE = {"workflowTemplateRef": {"name": "shared"}}


def parameter(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields}


def test_the_spec_is_read_as_argo_reads_it() -> None:
    spec = specification.prepare(
        make_run({"entrypoint": "a", "nosuch": 1, "arguments": {"parameters": [parameter("n", value=3)]}}),
        Environment(),
    )
    assert spec == {"entrypoint": "a", "arguments": {"parameters": [{"name": "n", "value": "3"}]}}


def test_a_workflow_lies_over_its_workflow_template() -> None:
    shared = {
        "entrypoint": "a",
        "templates": [{"name": "a", "container": {"image": "x"}}],
        "arguments": {"parameters": [parameter("p", value="theirs"), parameter("q", value="theirs")]},
        "hooks": {"exit": {"template": "theirs"}, "other": {"template": "theirs"}},
        "suspend": True,
    }
    own = {
        **REFERENCE,
        "arguments": {"parameters": [parameter("p", value="mine")]},
        "hooks": {"exit": {"template": "mine"}},
    }
    run = make_run(own)
    spec = specification.prepare(run, make_environment(shared))
    assert spec["entrypoint"] == "a"
    assert spec["arguments"]["parameters"] == [
        {"name": "p", "value": "mine"},
        {"name": "q", "value": "theirs"},
    ]
    assert spec["hooks"]["exit"]["template"] == "mine"
    assert spec["hooks"]["other"]["template"] == "theirs"
    assert "suspend" not in spec
    assert run.labels == {"workflows.argoproj.io/workflow-template": "shared"}


def test_value_and_value_from_of_different_places_do_not_mix() -> None:
    shared = {
        "arguments": {
            "parameters": [parameter("p", valueFrom={"configMapKeyRef": {"name": "c", "key": "k"}})]
        }
    }
    own = {**REFERENCE, "arguments": {"parameters": [parameter("p", value="mine")]}}
    spec = specification.prepare(make_run(own), make_environment(shared))
    assert spec["arguments"]["parameters"] == [{"name": "p", "value": "mine"}]


def test_artifacts_of_one_store_keep_what_the_workflow_leaves_out() -> None:
    shared = {"arguments": {"artifacts": [{"name": "a", "s3": {"bucket": "b", "key": "theirs"}}]}}
    own = {**REFERENCE, "arguments": {"artifacts": [{"name": "a", "s3": {"key": "mine"}}]}}
    spec = specification.prepare(make_run(own), make_environment(shared))
    assert spec["arguments"]["artifacts"] == [{"name": "a", "s3": {"bucket": "b", "key": "mine"}}]


def test_defaults_lie_below_everything() -> None:
    defaults = {
        "metadata": {"labels": {"x": "default", "y": "default"}},
        "spec": {"parallelism": 3, "serviceAccountName": "default", "hooks": {"exit": {"template": "d"}}},
    }
    run = make_run({"serviceAccountName": "mine"})
    run.labels = {"x": "mine"}
    spec = specification.prepare(run, make_environment({}, defaults))
    assert spec["parallelism"] == 3
    assert spec["serviceAccountName"] == "mine"
    assert spec["hooks"]["exit"]["template"] == "d"
    assert run.labels == {"x": "mine", "y": "default"}


def test_an_unknown_workflow_template() -> None:
    with pytest.raises(NodeError) as caught:
        specification.prepare(make_run({"workflowTemplateRef": {"name": "no"}}), Environment())
    assert caught.value.message == 'workflowtemplate.argoproj.io "no" not found'


def test_variables_are_filled_in_but_not_in_templates() -> None:
    spec = {
        "templates": [{"name": "{{workflow.name}}"}],
        "onExit": "{{workflow.name}}-{{nosuch}}",
        "priority": 1,
    }
    filled = specification.fill_in(spec, {"workflow.name": "wf"})
    assert filled == {"templates": [{"name": "{{workflow.name}}"}], "onExit": "wf-{{nosuch}}", "priority": 1}


def test_metadata_becomes_labels_annotations_and_variables() -> None:
    run = make_run({})
    run.stored_spec = {
        "workflowMetadata": {
            "labels": {"a": "1"},
            "annotations": {"b": "any thing"},
            "labelsFrom": {"c": {"expression": "workflow.name + workflow.labels.a"}},
        }
    }
    variables = {"workflow.name": "wf"}
    known = specification.apply_metadata(run, variables)
    assert run.labels == {"a": "1", "c": "wf1"}
    assert run.annotations == {"b": "any thing"}
    assert known == {
        "workflow.labels.a": "1",
        "workflow.annotations.b": "any thing",
        "workflow.labels.c": "wf1",
    }
    assert variables == {"workflow.name": "wf", **known}


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (
            {"labels": {"a": "no label"}},
            'invalid label value "no label" for label "a": a valid label must be',
        ),
        ({"labels": {"a": "x" * 64}}, "must be no more than 63 bytes"),
        ({"labelsFrom": {"a": {"expression": "1 + 1"}}}, "but must be a string"),
        ({"labelsFrom": {"a": {"expression": "("}}}, 'failed to compile function for expression "("'),
        ({"labelsFrom": {"a": {"expression": "'no label'"}}}, "and expression \"'no label'\": a valid label"),
    ],
)
def test_labels_that_cannot_be(metadata: dict[str, Any], message: str) -> None:
    run = make_run({})
    run.stored_spec = {"workflowMetadata": metadata}
    with pytest.raises(NodeError) as caught:
        specification.apply_metadata(run, {})
    assert message in caught.value.message
