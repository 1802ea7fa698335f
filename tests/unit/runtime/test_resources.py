"""Resource and data templates against the run's own objects."""

from typing import Any

import pytest

from tiphys.runtime.api import start_run
from tiphys.runtime.submission import Submission
from tiphys.settings import Settings
from tiphys.store.port import Store

CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: "{{workflow.name}}-vol"}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


def resource(
    name: str, action: str, manifest: str, outputs: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    parameters = [{"name": key, "valueFrom": {"jsonPath": path}} for key, path in (outputs or {}).items()]
    return {
        "name": name,
        "resource": {"action": action, "manifest": manifest, **more},
        "outputs": {"parameters": parameters},
    }


def run(settings: Settings, store: Store, workflow: Any, *templates: dict[str, Any]) -> dict[str, Any]:
    """Run templates one after the other; gives the nodes by name."""
    names = [template["name"] for template in templates]
    tasks = [
        {"name": name, "template": name, **({"depends": names[index - 1]} if index else {})}
        for index, name in enumerate(names)
    ]
    result = start_run(Submission([workflow(tasks, {}, templates=list(templates))]), settings, store=store)
    return {node.display_name: node for node in result.run.nodes.values()}


def values(node: Any) -> dict[str, Any]:
    return {each["name"]: each.get("value") for each in node.outputs.parameters}


def test_a_claim_is_a_folder_that_pods_share(settings: Settings, store: Store, workflow: Any) -> None:
    outputs = {"name": "{.metadata.name}", "size": "{.status.capacity.storage}"}
    mounts = [{"name": "v", "mountPath": "/data"}]
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "{{workflow.name}}-vol"}}]

    def pod(name: str, script: str) -> dict[str, Any]:
        container = {"image": "any", "command": ["sh", "-c", script], "volumeMounts": mounts}
        return {"name": name, "volumes": volumes, "container": container}

    nodes = run(
        settings,
        store,
        workflow,
        resource("make", "create", CLAIM, outputs, successCondition="status.phase == Bound"),
        pod("write", "echo kept > /data/file"),
        pod("read", "grep kept /data/file"),
        resource("drop", "delete", CLAIM),
    )
    assert {
        name: str(node.phase) for name, node in nodes.items() if name in ("make", "write", "read", "drop")
    } == {
        "make": "Succeeded",
        "write": "Succeeded",
        "read": "Succeeded",
        "drop": "Succeeded",
    }
    assert values(nodes["make"])["size"] == "1Gi"
    assert not list((settings.state_dir / "volumes").glob("*-vol"))


def test_objects_are_applied_patched_and_read(settings: Settings, store: Store, workflow: Any) -> None:
    config = "{{kind: ConfigMap, metadata: {{name: conf}}, data: {data}}}"
    show = {
        "name": "show",
        "container": {
            "image": "any",
            "command": ["sh", "-c", 'test "$A$B" = 13'],
            "env": [
                {"name": key.upper(), "valueFrom": {"configMapKeyRef": {"name": "conf", "key": key}}}
                for key in "ab"
            ],
        },
    }
    nodes = run(
        settings,
        store,
        workflow,
        resource("make", "apply", config.format(data="{a: '1', b: '2'}")),
        resource("patch", "patch", config.format(data="{b: '3'}"), mergeStrategy="merge"),
        resource("get", "get", config.format(data="{}"), {"a": "{.data.a}", "b": "{.data.b}"}),
        show,
    )
    assert values(nodes["get"]) == {"a": "1", "b": "3"}
    assert str(nodes["show"].phase) == "Succeeded"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (resource("t", "get", "{kind: ConfigMap, metadata: {name: no}}"), "NotFound"),
        (resource("t", "create", "{kind: Job, metadata: {name: j}}"), "no controller on this machine"),
        (resource("t", "create", "{metadata: {name: j}}"), "Kind and name are both required"),
        (resource("t", "create", CLAIM, successCondition="status.phase == Lost"), "success condition"),
        (resource("t", "create", CLAIM, failureCondition="status.phase == Bound"), "failure condition"),
        (resource("t", "create", "{kind: ConfigMap, metadata: {name: ../x}}"), "not the name of an object"),
    ],
)
def test_what_fails(
    settings: Settings, store: Store, workflow: Any, template: dict[str, Any], message: str
) -> None:
    nodes = run(settings, store, workflow, template)
    assert str(nodes["t"].phase) == "Failed"
    assert message in nodes["t"].message


def test_two_makers_clash(settings: Settings, store: Store, workflow: Any) -> None:
    nodes = run(settings, store, workflow, resource("a", "create", CLAIM), resource("b", "create", CLAIM))
    assert str(nodes["b"].phase) == "Failed"
    assert "AlreadyExists" in nodes["b"].message


def test_data_templates_list_and_filter(settings: Settings, store: Store, workflow: Any) -> None:
    make = {
        "name": "make",
        "container": {
            "image": "any",
            "command": ["sh", "-c", "mkdir /tmp/o; touch /tmp/o/a.csv /tmp/o/b.txt"],
        },
        "outputs": {
            "artifacts": [
                {"name": "o", "path": "/tmp/o", "archive": {"none": {}}, "s3": {"key": "some/folder"}}
            ]
        },
    }
    data = {
        "name": "list",
        "data": {
            "source": {"artifactPaths": {"name": "x", "s3": {"key": "some/folder"}}},
            "transformation": [{"expression": "filter(data, {# endsWith '.csv'})"}],
        },
    }
    nodes = run(settings, store, workflow, make, data)
    assert str(nodes["list"].phase) == "Succeeded", nodes["list"].message
    assert nodes["list"].outputs.result == '["some/folder/a.csv"]'
