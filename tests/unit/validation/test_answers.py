"""Argo's answers in its corners; the bulk is in the recorded answers (tests/conformance)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tiphys.manifest.decoding import read
from tiphys.manifest.fields import WORKFLOW
from tiphys.manifest.yaml import dump, load_documents
from tiphys.validation.answers import answers, check_all, getters_of, validate_workflow

POD = {"name": "pod", "container": {"image": "a"}}
USE = {"name": "use", "inputs": {"parameters": [{"name": "x"}]}, "container": {"image": "a"}}


def _workflow(*templates: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "w"},
        "spec": {"entrypoint": "main", "templates": list(templates), **spec},
    }


def _dag(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {"name": "main", "dag": {"tasks": [{"template": "pod", **task} for task in tasks]}}


def _library(*templates: dict[str, Any], kind: str = "WorkflowTemplate") -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "lib"}, "spec": {"templates": list(templates)}}


REFUSED = load_documents((Path(__file__).parent / "refused.yaml").read_text(encoding="utf-8"))[0].data


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["message"][:40])
def test_what_argo_refuses(case: dict[str, Any]) -> None:
    workflow = {"kind": "Workflow", "metadata": {"name": "w"}, "spec": {"entrypoint": "main", **case["spec"]}}
    assert validate_workflow(workflow) == case["message"]


ACCEPTED: list[dict[str, Any]] = [
    _workflow(_dag({"name": "a"}, {"name": "b", "depends": "a &&"}), POD),
    _workflow(
        {"name": "main", "container": {"image": "a", "args": ["{{nosuch}}", "{{=1 +}}", "{{=nosuch.x}}"]}}
    ),
    _workflow({"name": "main", "steps": [[{"name": "a-{{workflow.name}}", "template": "pod"}]]}, POD),
    _workflow(_dag({"name": "a", "when": "what ever"}), POD),
    _workflow({"name": "main", "suspend": {}, "retryStrategy": {"limit": "many"}}),
]


@pytest.mark.parametrize("workflow", ACCEPTED, ids=range(len(ACCEPTED)))
def test_what_argo_accepts_without_a_closer_look(workflow: dict[str, Any]) -> None:
    assert validate_workflow(workflow) is None


def test_templates_are_taken_from_other_objects() -> None:
    step = {"name": "a", "templateRef": {"name": "lib", "template": "pod"}}
    workflow = _workflow({"name": "main", "steps": [[step]]})
    where = "templates.main.steps[0].a template reference lib.pod not found"
    assert validate_workflow(workflow, [_library(POD)]) is None
    assert validate_workflow(workflow, [_library()]) == where
    assert validate_workflow(workflow, [_library(POD, kind="ClusterWorkflowTemplate")]) == where
    # what a reference has stored is found by its bare name from then on
    step_by_name = {"name": "b", "template": "pod"}
    later = _workflow({"name": "main", "steps": [[step], [step_by_name]]})
    assert validate_workflow(later, [_library(POD)]) is None


def test_modes_differ_in_what_may_be_missing() -> None:
    workflow = _workflow(POD, entrypoint="pod", arguments={"parameters": [{"name": "x"}]})
    message = "spec.arguments.x.value or spec.arguments.x.valueFrom is required"
    assert validate_workflow(workflow) == validate_workflow(workflow, mode="submit") == message
    assert validate_workflow(workflow, mode="lint") is None


def test_parsing_is_part_of_the_answers() -> None:
    found = answers(dump(_workflow({**POD, "containr": {}}, entrypoint="pod")))
    assert (
        found["strictParse"] == 'error unmarshaling JSON: while decoding JSON: json: unknown field "containr"'
    )
    assert found["controller"] == "ok"
    assert (
        answers("a: [1")["yamlError"]
        == "error converting YAML to JSON: yaml: line 1: did not find expected ',' or ']'"
    )
    assert answers("a: 1\nb: %")["yamlError"].endswith(
        "yaml: line 2: found character that cannot start any token"
    )
    assert answers("kind: Pod") == {"kind": "Pod", "kindError": 'kind "Pod"'}
    twice = "kind: Workflow\nspec: {}\nspec: {}"
    assert answers(twice)["strictParse"].endswith(
        'yaml: unmarshal errors:\n  line 3: key "spec" already set in map'
    )


def test_all_errors_can_be_gathered_with_their_places() -> None:
    broken = {"name": "use", "inputs": {"parameters": [{"name": "x"}]},
              "container": {"image": "a", "args": ["{{inputs.parameters.y}} {{workflow.z}}"]}}  # fmt: skip
    main = _dag(
        {"name": "a", "template": "nope"}, {"name": "b", "template": "use"}, {"name": "c", "depends": "a"}
    )
    workflow = read(_workflow(main, POD, broken, podGC={"strategy": "x"}), WORKFLOW)
    found = check_all(workflow, "Workflow", getters_of([]), "lint")
    assert [(error.origin.path if error.origin else None, error.messages) for error in found] == [
        (
            ("spec", "templates", 0, "dag", "tasks", 0),
            ("templates.main.tasks.a template name 'nope' undefined",),
        ),
        (
            ("spec", "templates", 2),
            (
                "templates.main.tasks.b templates.use: failed to resolve {{inputs.parameters.y}}",
                "templates.main.tasks.b templates.use: failed to resolve {{workflow.z}}",
            ),
        ),
        (
            ("spec", "templates", 0, "dag", "tasks", 0),
            ("templates.main.tasks.a template name 'nope' undefined",),
        ),
        (
            ("spec", "templates", 0, "dag", "tasks", 1),
            ("templates.main.tasks.b templates.use inputs.parameters.x was not supplied",),
        ),
        (("spec", "podGC"), ("podGC.strategy unknown strategy 'x'",)),
    ]


def test_a_long_chain_is_no_trouble() -> None:
    tasks = [
        {"name": f"t{number}", **({"depends": f"t{number - 1}"} if number else {})} for number in range(3000)
    ]
    assert validate_workflow(_workflow(_dag(*tasks), POD)) is None
