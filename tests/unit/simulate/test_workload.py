"""From what a user has to a workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tiphys.errors import BadInput
from tiphys.simulate.workload import workload_of

TEMPLATE: dict[str, Any] = {"name": "main", "container": {"image": "busybox", "command": ["true"]}}
SPEC: dict[str, Any] = {
    "entrypoint": "main",
    "arguments": {"parameters": [{"name": "p", "value": "1"}, {"name": "q", "value": "2"}]},
    "templates": [TEMPLATE],
}
WORKFLOW: dict[str, Any] = {"kind": "Workflow", "metadata": {"generateName": "wf-"}, "spec": SPEC}
TEXT = """
kind: ConfigMap
metadata: {name: settings}
---
kind: Workflow
metadata: {name: wf}
spec: {entrypoint: main, templates: [{name: main, container: {image: busybox, command: ["true"]}}]}
"""


def test_a_manifest_is_taken_as_it_is() -> None:
    assert workload_of(WORKFLOW).workflow["spec"]["entrypoint"] == "main"


def test_arguments_are_laid_over() -> None:
    parameters = workload_of(WORKFLOW, {"q": [1], "p": "new"}).workflow["spec"]["arguments"]["parameters"]
    assert {each["name"]: each["value"] for each in parameters} == {"p": "new", "q": "[1]"}
    assert SPEC["arguments"]["parameters"][1]["value"] == "2"


def test_text_and_files_may_hold_several_documents(tmp_path: Path) -> None:
    path = tmp_path / "wf.yaml"
    path.write_text(TEXT)
    for source in (TEXT, path, str(path)):
        loaded = workload_of(source)
        assert loaded.workflow["metadata"]["name"] == "wf"
        assert [each["metadata"]["name"] for each in loaded.resources] == ["settings"]


def test_a_cron_workflow_stands_for_the_workflow_it_makes() -> None:
    cron = {
        "kind": "CronWorkflow",
        "metadata": {"name": "nightly"},
        "spec": {"schedules": ["0 0 * * *"], "workflowSpec": SPEC},
    }
    loaded = workload_of(cron)
    assert (loaded.workflow["kind"], loaded.workflow["metadata"]["name"]) == ("Workflow", "nightly")
    assert loaded.workflow["spec"]["templates"][0]["name"] == "main"


def test_a_workflow_template_is_referred_to() -> None:
    loaded = workload_of({"kind": "WorkflowTemplate", "metadata": {"name": "wt"}, "spec": SPEC}, {"p": "9"})
    assert loaded.workflow["spec"]["workflowTemplateRef"] == {"name": "wt"}
    assert [each["kind"] for each in loaded.resources] == ["WorkflowTemplate"]


@pytest.mark.parametrize("thing", [42, {"kind": "Pod"}, "no-such-file.yaml", []])
def test_what_is_no_workflow_is_refused(thing: object) -> None:
    with pytest.raises(BadInput):
        workload_of(thing)
