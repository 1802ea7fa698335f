from __future__ import annotations

import json
from typing import Any

import pytest

from tiphys.engine.environment import Environment
from tiphys.engine.pods import PodRequest, build_pod
from tiphys.engine.run import Node, Run
from tiphys.errors import NodeError
from tiphys.manifest.decoding import decode
from tiphys.manifest.fields import TEMPLATE, WORKFLOW_SPEC
from tiphys.messages.decisions import StartPod
from tiphys.messages.phases import NodePhase, NodeType

S3 = {"s3": {"endpoint": "e", "bucket": "b", "keyFormat": "{{workflow.name}}/{{pod.name}}"}}
VARIABLES = {"workflow.name": "wf", "workflow.parameters.x": "X"}


def make_request(template: dict[str, Any], spec: dict[str, Any] | None = None, **fields: Any) -> PodRequest:
    run = Run("wf", "default", "uid", 0.0, {}, decode(spec or {}, WORKFLOW_SPEC))
    node = Node("wf-1", "wf.a", "a", NodeType.POD, NodePhase.PENDING, started_at=100.0)
    defaults: dict[str, Any] = {
        "run": run,
        "environment": Environment(artifact_repository=S3),
        "node": node,
        "node_name": "wf.a",
        "template": decode({"name": "t", **template}, TEMPLATE),
        "variables": VARIABLES,
        "now": 100.0,
        "volumes": run.stored_spec.get("volumes") or [],
    }
    return PodRequest(**{**defaults, **fields})


def build(template: dict[str, Any], spec: dict[str, Any] | None = None, **fields: Any) -> StartPod:
    pod = build_pod(make_request(template, spec, **fields))
    assert pod is not None
    return pod


def container(**fields: Any) -> dict[str, Any]:
    return {"container": {"image": "alpine", "command": ["c"], **fields}}


def test_the_smallest_pod() -> None:
    pod = build(container(args=["{{workflow.parameters.x}}"]))
    assert pod.containers == [{"name": "main", "image": "alpine", "command": ["c"], "args": ["X"]}]
    assert pod.spec == {"restartPolicy": "Never"}
    assert pod.main == ("main",)
    assert pod.pod_name.startswith("wf-t-")
    assert pod.init_containers == []
    assert pod.deadline is None


def test_a_script_is_called_by_its_path() -> None:
    pod = build({"script": {"image": "python", "command": ["python"], "source": "print(1)"}})
    assert pod.containers == [
        {
            "name": "main",
            "image": "python",
            "command": ["python"],
            "args": ["/argo/staging/script"],
            "volumeMounts": [{"mountPath": "/argo/staging", "name": "argo-staging"}],
        }
    ]
    assert pod.template["script"]["source"] == "print(1)"


def test_a_container_set_shares_its_mounts() -> None:
    pod = build(
        {
            "containerSet": {
                "volumeMounts": [{"name": "w", "mountPath": "/w"}],
                "containers": [
                    {"name": "a", "image": "i"},
                    {"name": "main", "image": "i", "dependencies": ["a"]},
                ],
            },
            "volumes": [{"name": "w", "emptyDir": {}}],
        }
    )
    mounts = [{"mountPath": "/w", "name": "w"}]
    assert [each.get("volumeMounts") for each in pod.containers] == [mounts, mounts]
    assert all("dependencies" not in each for each in pod.containers)
    assert pod.main == ("a", "main")
    assert pod.spec["volumes"] == [{"name": "w", "emptyDir": {}}]


def test_init_containers_and_sidecars_can_mirror_the_mounts() -> None:
    mounts = [{"mountPath": "/v", "name": "v"}]
    pod = build(
        {
            **container(volumeMounts=mounts),
            "initContainers": [{"name": "i", "image": "i", "mirrorVolumeMounts": True}],
            "sidecars": [{"name": "s", "image": "s"}],
        },
        {"volumes": [{"name": "v", "configMap": {"name": "c"}}]},
    )
    assert pod.init_containers == [{"name": "i", "image": "i", "volumeMounts": mounts}]
    assert [each["name"] for each in pod.containers] == ["main", "s"]
    assert pod.main == ("main",)


def test_a_volume_may_be_a_claim_of_the_run() -> None:
    request = make_request(container(volumeMounts=[{"name": "pv", "mountPath": "/pv"}]))
    claim = {"name": "pv", "persistentVolumeClaim": {"claimName": "wf-pv"}}
    request.run.persistent_volume_claims.append(claim)
    pod = build_pod(request)
    assert pod is not None
    assert pod.spec["volumes"] == [claim]


def test_an_unknown_volume_is_an_error() -> None:
    with pytest.raises(NodeError, match="volume 'no' not found in workflow spec"):
        build(container(volumeMounts=[{"name": "no", "mountPath": "/x"}]))


def test_input_artifacts_lie_in_a_volume_unless_the_users_own_is_there() -> None:
    place = {"s3": {"key": "k"}}
    pod = build(
        {
            **container(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
            "volumes": [{"name": "v", "emptyDir": {}}],
            "inputs": {
                "parameters": [{"name": "p", "value": "1"}],
                "artifacts": [
                    {"name": "a", "path": "/in/./a", **place},
                    {"name": "b", "path": "/v/b", **place},
                    {"name": "c", "path": "/c", "optional": True},
                ],
            },
        }
    )
    assert pod.containers[0]["volumeMounts"] == [
        {"mountPath": "/v", "name": "v"},
        {"mountPath": "/in/a", "name": "input-artifacts", "subPath": "a"},
    ]
    assert pod.spec["volumes"][-1] == {"emptyDir": {}, "name": "input-artifacts"}
    assert "parameters" not in pod.template["inputs"]
    assert len(pod.template["inputs"]["artifacts"]) == 3


def test_an_artifact_may_not_climb_out_of_its_directory() -> None:
    with pytest.raises(NodeError, match="Directory traversal is not permitted"):
        build(
            {**container(), "inputs": {"artifacts": [{"name": "a", "path": "/s/../x", "raw": {"data": ""}}]}}
        )


def test_outputs_go_to_the_default_place() -> None:
    pod = build({**container(), "outputs": {"artifacts": [{"name": "a", "path": "/a"}]}})
    location = pod.template["archiveLocation"]
    assert location["s3"] == {"endpoint": "e", "bucket": "b", "key": f"wf/{pod.pod_name}"}
    assert location["archiveLogs"] is False


def test_secrets_of_stores_become_volumes() -> None:
    store = {
        "key": "k",
        "endpoint": "e",
        "bucket": "b",
        "accessKeySecret": {"name": "cred", "key": "access"},
        "secretKeySecret": {"name": "cred", "key": "secret"},
    }
    pod = build({**container(), "outputs": {"artifacts": [{"name": "a", "path": "/a", "s3": store}]}})
    items = [{"key": key, "path": key} for key in ("access", "secret")]
    assert pod.spec["volumes"] == [{"name": "cred", "secret": {"items": items, "secretName": "cred"}}]


def test_the_template_wins_over_its_boundary_and_that_over_the_workflow() -> None:
    spec = {
        "nodeSelector": {"w": "1"},
        "tolerations": [{"key": "w"}],
        "affinity": {"podAffinity": {}},
        "schedulerName": "w",
        "podPriorityClassName": "w",
        "hostAliases": [{"ip": "1.1.1.1"}],
    }
    pod = build(
        {**container(), "nodeSelector": {"t": "1"}, "hostAliases": [{"ip": "2.2.2.2"}]},
        spec,
        boundary={"nodeSelector": {"b": "1"}, "tolerations": [{"key": "b"}]},
    )
    assert pod.spec["nodeSelector"] == {"t": "1"}
    assert pod.spec["tolerations"] == [{"key": "b"}]
    assert pod.spec["affinity"] == {"podAffinity": {}}
    assert pod.spec["schedulerName"] == "w"
    assert pod.spec["priorityClassName"] == "w"
    assert [each["ip"] for each in pod.spec["hostAliases"]] == ["1.1.1.1", "2.2.2.2"]


def test_labels_and_annotations_of_workflow_and_template() -> None:
    spec = {"podMetadata": {"labels": {"a": "w", "b": "w"}}}
    pod = build(
        {**container(), "metadata": {"labels": {"a": "t"}, "annotations": {"x": "{{workflow.name}}"}}}, spec
    )
    assert pod.labels == {"a": "t", "b": "w"}
    assert pod.annotations == {"x": "wf"}


def test_patches_of_the_workflow_come_before_those_of_the_template() -> None:
    patch = {"containers": [{"name": "main", "resources": {"limits": {"cpu": "0.5"}}}], "hostNetwork": None}
    pod = build(
        {**container(), "podSpecPatch": json.dumps(patch)},
        {"podSpecPatch": "hostNetwork: true\nterminationGracePeriodSeconds: 5\n"},
    )
    assert pod.containers[0]["resources"] == {"limits": {"cpu": "500m"}}
    assert pod.spec == {"restartPolicy": "Never", "terminationGracePeriodSeconds": 5}


@pytest.mark.parametrize("patch", ["containers: x", "{", "[]", "containers: [{image: i}]"])
def test_a_patch_that_is_none(patch: str) -> None:
    with pytest.raises(NodeError, match="Error applying PodSpecPatch"):
        build({**container(), "podSpecPatch": patch})


@pytest.mark.parametrize(
    ("own", "workflow", "on_exit", "seconds"),
    [
        (None, None, False, None),
        (30, None, False, 30),
        ("30", None, False, 30),
        (30, 120.0, False, 20),
        (10, 120.0, False, 10),
        (None, 120.0, False, 20),
        (30, 120.0, True, 30),
    ],
)
def test_active_deadlines(own: Any, workflow: float | None, on_exit: bool, seconds: int | None) -> None:
    deadline = {} if own is None else {"activeDeadlineSeconds": own}
    pod = build({**container(), **deadline}, workflow_deadline=workflow, on_exit=on_exit)
    assert pod.spec.get("activeDeadlineSeconds") == seconds
    assert pod.deadline == (None if on_exit else workflow)


def test_without_time_left_there_is_no_pod() -> None:
    assert build_pod(make_request(container(), workflow_deadline=100.5)) is None


def test_a_timeout_counts_from_the_nodes_start() -> None:
    assert build({**container(), "timeout": "1m"}, now=110.0).spec["activeDeadlineSeconds"] == 50
    with pytest.raises(NodeError, match="exceeded its deadline"):
        build({**container(), "timeout": "10s"}, now=109.0)
    with pytest.raises(NodeError, match="timeout"):
        build({**container(), "timeout": "10s"}, now=111.0)


def test_a_deadline_that_is_no_number() -> None:
    with pytest.raises(NodeError, match=r"value '\{\{x\}\}' cannot be resolved to an int"):
        build({**container(), "activeDeadlineSeconds": "{{x}}"})


def test_a_resource_may_name_the_workflow_as_its_owner() -> None:
    manifest = "kind: ConfigMap\nmetadata:\n  name: x\n"
    pod = build({"resource": {"action": "create", "manifest": manifest, "setOwnerReference": True}})
    assert "uid: uid" in pod.template["resource"]["manifest"]
    assert pod.containers[0]["command"] == ["argoexec", "resource", "create"]


def test_a_data_template_is_argos_own_work() -> None:
    data = {
        "source": {"artifactPaths": {"name": "a", "s3": {"key": "k"}}},
        "transformation": [{"expression": "data"}],
    }
    pod = build({"data": data})
    command, kind, text = pod.containers[0]["command"]
    assert (command, kind) == ("argoexec", "data")
    assert json.loads(text)["transformation"] == [{"expression": "data"}]


def test_retries_keep_off_the_hosts_that_failed() -> None:
    request = make_request(container())
    retry = Node("wf-0", "wf.a", "a", NodeType.RETRY, NodePhase.RUNNING, children=["wf-1", "wf-2"])
    failed = Node("wf-1", "wf.a(0)", "a(0)", NodeType.POD, NodePhase.FAILED, host_node_name="h1")
    running = Node("wf-2", "wf.a(1)", "a(1)", NodeType.POD, NodePhase.PENDING)
    request.run.nodes = {node.id: node for node in (retry, failed, running)}
    strategy = {"affinity": {"nodeAntiAffinity": {}}}
    pod = build(container(), run=request.run, retry=(retry, strategy))
    required = pod.spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert required["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "NotIn", "values": ["h1"]}]}
    ]


def test_an_executors_account_brings_its_token() -> None:
    template = {**container(), "executor": {"serviceAccountName": "e"}, "automountServiceAccountToken": False}
    pod = build(template, {"serviceAccountName": "sa"})
    assert pod.spec["serviceAccountName"] == "sa"
    assert pod.spec["automountServiceAccountToken"] is False
    assert pod.spec["volumes"] == [
        {"name": "exec-sa-token", "secret": {"secretName": "e.service-account-token"}}
    ]
    with pytest.raises(NodeError, match=r"executor\.serviceAccountName must not be empty"):
        build({**container(), "automountServiceAccountToken": False})
