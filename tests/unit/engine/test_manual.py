from __future__ import annotations

from typing import Any

import pytest

from tiphys.engine import manual
from tiphys.engine.field_selector import parse_field_selector
from tiphys.engine.run import Node, Run
from tiphys.errors import BadInput
from tiphys.messages.outputs import Outputs
from tiphys.messages.phases import NodePhase, NodeType

SUPPLIED: dict[str, Any] = {"name": "o", "valueFrom": {"supplied": {}}, "globalName": "g"}


def suspended(name: str, *parameters: dict[str, Any], **fields: Any) -> Node:
    outputs = Outputs(parameters=list(parameters)) if parameters else None
    return Node(
        f"id-{name}", f"wf.{name}", name, NodeType.SUSPEND, NodePhase.RUNNING, outputs=outputs, **fields
    )


def make_run(*nodes: Node) -> Run:
    return Run("wf", "default", "u", 0.0, {}, nodes={node.id: node for node in nodes})


def test_resume_ends_all_suspended_nodes() -> None:
    done = Node("id-x", "wf.x", "x", NodeType.SUSPEND, NodePhase.FAILED)
    changes = manual.resume(make_run(suspended("a"), suspended("b", message="m"), done))
    assert [(each.node.display_name, each.phase, each.message) for each in changes] == [
        ("a", NodePhase.SUCCEEDED, ""),
        ("b", NodePhase.SUCCEEDED, "m; "),
    ]


def test_resume_takes_defaults_and_refuses_where_there_are_none() -> None:
    with_default = {"name": "o", "valueFrom": {"supplied": {}, "default": "d"}}
    changes = manual.resume(make_run(suspended("a", with_default)))
    assert changes[0].outputs is not None
    assert changes[0].outputs.parameters == [{"name": "o", "value": "d"}]

    run = make_run(suspended("a", with_default), suspended("b", SUPPLIED))
    with pytest.raises(BadInput, match="raw output parameter 'o' has not been set"):
        manual.resume(run)


def test_set_supplies_outputs_and_tells_of_global_ones() -> None:
    run = make_run(suspended("a", SUPPLIED), suspended("b", SUPPLIED))
    (change,) = manual.set_nodes(run, "displayName=b", values={"o": "v"})
    assert change.node.display_name == "b"
    assert change.phase is None
    assert change.outputs is not None
    assert change.outputs.parameters == [{"name": "o", "value": "v", "globalName": "g"}]
    assert change.global_parameters == ({"name": "o", "value": "v", "globalName": "g"},)
    assert run.nodes["id-b"].outputs is not None
    assert run.nodes["id-b"].outputs.parameters == [SUPPLIED]


@pytest.mark.parametrize(
    ("selector", "values", "message"),
    [
        ("", {}, "'set' currently only targets suspend nodes"),
        ("displayName=x", {"o": "v"}, "no suspend nodes matching nodeFieldSelector: displayName=x"),
        ("displayName=a", {"p": "v"}, "node is not expecting output parameter 'p'"),
        ("displayName=b", {"o": "v"}, "node is not expecting any raw parameters"),
        ("displayName=c", {"o": "v"}, "because it does not use valueFrom.raw or it was already set"),
    ],
)
def test_what_cannot_be_set(selector: str, values: dict[str, str], message: str) -> None:
    run = make_run(suspended("a", SUPPLIED), suspended("b"), suspended("c", {"name": "o", "value": "v"}))
    with pytest.raises(BadInput) as caught:
        manual.set_nodes(run, selector, values=values)
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("displayName=a", True),
        ("displayName==a,phase=Running", True),
        ("displayName=a,phase!=Running", False),
        ("name=wf.a", True),
        ("id!=id-a", False),
        ("templateName=t", False),
        ("templateRef.name=shared", True),
        ("inputs.parameters.x.value=a\\,b\\=c", True),
        ("nosuch=", True),
        ("nosuch!=", False),
        (",", True),
    ],
)
def test_field_selectors(selector: str, found: bool) -> None:
    node = suspended(
        "a",
        template_ref={"name": "shared", "template": "other"},
        inputs={"parameters": [{"name": "x", "value": "a,b=c"}]},
    )
    assert parse_field_selector(selector).matches(node) is found


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("phase", "invalid selector: 'phase'; can't understand 'phase'"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        ("a=b\\c", "invalid field selector: invalid escape sequence: \\c"),
        ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
    ],
)
def test_broken_field_selectors(selector: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_field_selector(selector)
    assert caught.value.message == message
