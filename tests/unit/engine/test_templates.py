from __future__ import annotations

from typing import Any

import pytest

from tiphys.engine.environment import Environment
from tiphys.engine.run import Run
from tiphys.engine.templates import Templates, merge_defaults, template_type
from tiphys.errors import NodeError


def container(name: str, image: str = "alpine") -> dict[str, Any]:
    return {"name": name, "container": {"image": image}}


def workflow_template(name: str, *templates: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"templates": list(templates), **spec}}


@pytest.fixture
def environment() -> Environment:
    inner = {
        "name": "dag",
        "dag": {"tasks": [{"name": "own", "template": "leaf"}, {"name": "in", "inline": {"container": {}}}]},
    }
    return Environment(
        workflow_templates={"shared": workflow_template("shared", inner, container("leaf", "shared"))},
        cluster_workflow_templates={
            "everywhere": workflow_template("everywhere", container("leaf", "cluster"))
        },
    )


def make(environment: Environment, *templates: dict[str, Any], **spec: Any) -> tuple[Run, Templates]:
    run = Run("wf", "default", "u", 0.0, {"spec": {}}, {"templates": list(templates), **spec})
    return run, Templates(run, environment)


def test_a_name_is_looked_up_in_the_workflow(environment: Environment) -> None:
    run, templates = make(environment, container("a"))
    found = templates.resolve(templates.base(), {"template": "a"})
    assert found.template["container"]["image"] == "alpine"
    assert found.base.template_scope == "local/wf"
    assert run.stored_templates == {}


def test_pod_metadata_of_the_workflow_joins_its_templates(environment: Environment) -> None:
    own = {**container("a"), "metadata": {"labels": {"x": "mine"}}}
    metadata = {"labels": {"x": "theirs", "y": "theirs"}}
    _, templates = make(environment, own, podMetadata=metadata)
    found = templates.resolve(templates.base(), {"template": "a"})
    assert found.template["metadata"]["labels"] == {"x": "mine", "y": "theirs"}


def test_names_in_a_workflow_template_are_looked_up_there(environment: Environment) -> None:
    run, templates = make(environment, container("leaf", "local"))
    outer = templates.resolve(templates.base(), {"templateRef": {"name": "shared", "template": "dag"}})
    inner = templates.resolve(outer.base, {"name": "own", "template": "leaf"})
    assert inner.template["container"]["image"] == "shared"
    assert inner.base.template_scope == "namespaced/shared"
    assert set(run.stored_templates) == {
        "namespaced/shared/dag",
        "namespaced/shared/inline/in",
        "namespaced/shared/leaf",
    }


def test_what_was_stored_is_used_though_the_workflow_template_changed(environment: Environment) -> None:
    _, templates = make(environment)
    reference = {"templateRef": {"name": "shared", "template": "leaf"}}
    templates.resolve(templates.base(), reference)
    environment.workflow_templates["shared"] = workflow_template("shared", container("leaf", "changed"))
    assert templates.resolve(templates.base(), reference).template["container"]["image"] == "shared"


def test_a_cluster_scope_is_its_own(environment: Environment) -> None:
    run, templates = make(environment)
    reference = {"templateRef": {"name": "everywhere", "template": "leaf", "clusterScope": True}}
    found = templates.resolve(templates.base(), reference)
    assert found.base is templates.base("cluster/everywhere")
    assert list(run.stored_templates) == ["cluster/everywhere/leaf"]


def test_the_workflow_of_a_workflow_template_ref_has_no_name(environment: Environment) -> None:
    run, templates = make(environment, container("a"))
    run.manifest = {"spec": {"workflowTemplateRef": {"name": "x"}}}
    assert templates.base().template_scope == "local/"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"template": "no"}, "template no not found"),
        ({}, "failed to get a template"),
        ({"templateRef": {"name": "no", "template": "a"}}, "workflow template no not found"),
        (
            {"templateRef": {"name": "shared", "template": "no"}},
            "template no not found in workflow template shared",
        ),
        ({"inline": {"name": "x"}}, "template 'x' type is unknown"),
    ],
)
def test_what_is_not_there(environment: Environment, reference: dict[str, Any], message: str) -> None:
    _, templates = make(environment)
    with pytest.raises(NodeError) as caught:
        templates.resolve(templates.base(), reference)
    assert caught.value.message == message


def test_defaults_lie_below_the_template() -> None:
    defaults = {
        "retryStrategy": {"limit": "2"},
        "container": {"image": "d", "env": [{"name": "A", "value": "d"}]},
    }
    template = {"name": "a", "container": {"image": "t", "env": [{"name": "B", "value": "t"}]}}
    assert merge_defaults(defaults, template) == {
        "name": "a",
        "retryStrategy": {"limit": "2"},
        "container": {"image": "t", "env": [{"name": "B", "value": "t"}, {"name": "A", "value": "d"}]},
    }


def test_defaults_for_another_type_do_not_count() -> None:
    merged = merge_defaults({"container": {"image": "d"}, "timeout": "1m"}, {"script": {"source": "x"}})
    assert template_type(merged) == "script"
    assert merged == {"script": {"source": "x"}, "timeout": "1m"}


def test_defaults_are_merged_once_a_template(environment: Environment) -> None:
    _, templates = make(environment, container("a"), templateDefaults={"timeout": "1m"})
    template = templates.resolve(templates.base(), {"template": "a"}).template
    assert templates.with_defaults(template) is templates.with_defaults(template)
    assert templates.with_defaults(template)["timeout"] == "1m"
