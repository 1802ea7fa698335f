"""What unscripted outputs of a compiled pipeline hold: something of their type."""

from __future__ import annotations

import json
from typing import Any

from tiphys.messages.decisions import StartPod
from tiphys.simulate.values import PipelineValues, PlainValues

OUTPUTS = {
    "parameters": {
        name: {"outputFile": f"/tmp/kfp/outputs/{name}", "parameterType": kind}
        for name, kind in {
            "text": "STRING",
            "count": "NUMBER_INTEGER",
            "rate": "NUMBER_DOUBLE",
            "flag": "BOOLEAN",
            "items": "LIST",
            "map": "STRUCT",
        }.items()
    },
    "artifacts": {"model": {"artifacts": [{"name": "model", "uri": "s3://b/k"}]}},
}


class Spec:
    """Enough of an IR: no components."""

    class spec:
        components: dict[str, Any] = {}


def python_pod(text: str) -> StartPod:
    return StartPod("n", "wf.n", "wf-n", {"name": "train"}, [{"name": "main", "args": ["--executor_input", text]}])


def test_defaults_are_json_of_the_type() -> None:
    values = PipelineValues(Spec())  # type: ignore[arg-type]
    pod = python_pod(json.dumps({"outputs": OUTPUTS}))
    made = {
        name: json.loads(values.default(pod, "train", name))
        for name in ("text", "count", "rate", "flag", "items", "map", "model")
    }
    assert made == {
        "text": "out_train_text",
        "count": 0,
        "rate": 0.0,
        "flag": False,
        "items": ["out_train_items_0", "out_train_items_1"],
        "map": {},
        "model": [{"name": "model", "uri": "s3://b/k"}],
    }


def test_scripted_values_are_written_as_the_component_would() -> None:
    values = PipelineValues(Spec())  # type: ignore[arg-type]
    pod = python_pod(json.dumps({"outputs": OUTPUTS}))
    assert values.text(pod, "text", "{{x}}") == '"\\u007b\\u007bx}}"'
    container = StartPod("n", "wf.n", "wf-n", {"name": "count"}, [{"name": "main", "args": ["x"]}])
    assert values.text(container, "text", "plain") == "plain"
    assert values.text(container, "items", [1]) == "[1]"


def test_input_that_was_never_completed_is_no_obstacle() -> None:
    values = PipelineValues(Spec())  # type: ignore[arg-type]
    assert values.default(python_pod("{{=nonsense}}"), "train", "x") == '"out_train_x"'


def test_plain_manifests_know_only_text() -> None:
    pod = python_pod("{}")
    assert PlainValues().default(pod, "train(0:a)", "loss") == "out_train_0_a__loss"
    assert PlainValues().text(pod, "loss", 0.5) == "0.5"
