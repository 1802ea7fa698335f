"""What Argo tells of metrics that are wrong, in a condition of the workflow."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.simulate.simulation import simulate


def complaint(metric: dict[str, Any], outcomes: dict[str, Any] | None = None) -> str:
    template = {
        "name": "main",
        "container": {"image": "busybox", "command": ["work"]},
        "outputs": {"parameters": [{"name": "o", "valueFrom": {"path": "/o"}}]},
        "metrics": {"prometheus": [{"name": "m", "help": "h", **metric}]},
    }
    workflow = {
        "kind": "Workflow",
        "metadata": {"name": "wf"},
        "spec": {"entrypoint": "main", "templates": [template]},
    }
    found = simulate(workflow, outcomes=outcomes).run.conditions
    return next((str(each["message"]) for each in found if each["type"] == "MetricsError"), "")


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ({"counter": {"value": "1"}}, ""),
        ({"gauge": {"value": "{{duration}}"}}, ""),
        ({"gauge": {"value": "{{duration}}", "realtime": True}}, ""),
        ({"counter": {"value": "x"}, "when": "{{status}} == Failed"}, ""),
        (
            {"counter": {"value": "{{outputs.parameters.o}}"}},
            """could not construct metric 'm': strconv.ParseFloat: parsing "out_wf_o": invalid syntax""",
        ),
        (
            {"gauge": {"value": "1", "realtime": True}},
            "real time metrics can only be used with metric variables",
        ),
        (
            {"gauge": {"value": "{{status}}", "realtime": True}},
            "'status' is not available as a real time metric",
        ),
    ],
)
def test_complaints(metric: dict[str, Any], said: str) -> None:
    assert complaint(metric) == said


def test_the_value_may_be_an_output() -> None:
    metric = {"histogram": {"value": "{{outputs.parameters.o}}", "buckets": [1, 2]}}
    assert complaint(metric, {"wf": {"outputs": {"o": "1.5"}}}) == ""
