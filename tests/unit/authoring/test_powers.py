"""Where each power lands among Argo's own fields, and what it refuses."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from kfp import dsl

from tiphys import argo
from tiphys.errors import AuthoringError

from .components import clean, train

TEMPLATES: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "affinity adds up": (
        lambda t: argo.node_affinity(argo.pod_affinity(t, {}), {}),
        {"affinity": {"podAffinity": {}, "nodeAffinity": {}}},
    ),
    "scheduling": (
        lambda t: argo.scheduler(argo.priority_class(t, "p"), "s"),
        {"priorityClassName": "p", "schedulerName": "s"},
    ),
    "service account": (
        lambda t: argo.service_account(t, "a", mount_token=False),
        {"serviceAccountName": "a", "automountServiceAccountToken": False},
    ),
    "security": (
        lambda t: argo.pod_security_context(argo.security_context(t, {"run_as_user": 1}), {"fsGroup": 2}),
        {"container": {"securityContext": {"runAsUser": 1}}, "securityContext": {"fsGroup": 2}},
    ),
    "env": (
        lambda t: argo.env(argo.env(t, A=1, B=True, C=0.5), {"name": "D", "value": "d"}, A="2"),
        {
            "container": {
                "env": [
                    {"name": "A", "value": "2"},
                    {"name": "B", "value": "true"},
                    {"name": "C", "value": "0.5"},
                    {"name": "D", "value": "d"},
                ]
            }
        },
    ),
    "env from": (
        lambda t: argo.env_from(t, {"secretRef": {"name": "s"}}, "configMapRef: {name: c}"),
        {"container": {"envFrom": [{"secretRef": {"name": "s"}}, {"configMapRef": {"name": "c"}}]}},
    ),
    "env by reference": (
        lambda t: argo.env(t, A={"secretKeyRef": {"name": "s", "key": "k"}}),
        {"container": {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]}},
    ),
    "containers": (
        lambda t: argo.sidecar(argo.init_container(argo.init_container(t, name="a"), name="b"), {"name": "s"}),
        {"initContainers": [{"name": "a"}, {"name": "b"}], "sidecars": [{"name": "s"}]},
    ),
    "volumes": (
        lambda t: argo.volume(t, {"name": "v", "emptyDir": {}}, "/v", read_only=True, sub_path="x"),
        {
            "volumes": [{"name": "v", "emptyDir": {}}],
            "container": {"volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": True, "subPath": "x"}]},
        },
    ),
    "resources": (
        lambda t: argo.resources(t, limits={"example.com/fpga": 1, "cpu": 0.5}),
        {"container": {"resources": {"limits": {"example.com/fpga": "1", "cpu": "0.5"}}}},
    ),
    "metadata": (
        lambda t: argo.labels(argo.annotations(argo.labels(t, {"a": 1}), {"b": "x"}), {"c": "y"}),
        {"metadata": {"labels": {"a": "1", "c": "y"}, "annotations": {"b": "x"}}},
    ),
    "locks": (
        lambda t: argo.semaphore(argo.mutex(argo.mutex(t, "a"), "b", database=True), "m", "k", namespace="n"),
        {
            "synchronization": {
                "mutexes": [{"name": "a"}, {"name": "b", "database": True}],
                "semaphores": [{"configMapKeyRef": {"name": "m", "key": "k"}, "namespace": "n"}],
            }
        },
    ),
    "memoize": (
        lambda t: argo.memoize(t, "k", max_age="1h", cache="c"),
        {"memoize": {"key": "k", "maxAge": "1h", "cache": {"configMap": {"name": "c"}}}},
    ),
    "retry": (
        lambda t: argo.retry(t, 3, policy="Always", wait="1s", factor=2, max_wait="1m", max_duration="1h"),
        {
            "retryStrategy": {
                "limit": 3,
                "retryPolicy": "Always",
                "backoff": {"duration": "1s", "factor": 2, "cap": "1m", "maxDuration": "1h"},
            }
        },
    ),
    "timeouts": (
        lambda t: argo.timeout(t, 5, total="1h", pending="1m"),
        {"activeDeadlineSeconds": 5, "timeout": "1h", "pendingTimeout": "1m"},
    ),
    "hosts": (
        lambda t: argo.host_aliases(t, {"ip": "1.1.1.1", "hostnames": ["a"]}),
        {"hostAliases": [{"ip": "1.1.1.1", "hostnames": ["a"]}]},
    ),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_template(compile_ir: Any, name: str) -> None:
    say, expected = TEMPLATES[name]

    @dsl.pipeline
    def pipeline() -> None:
        say(train(rate=0.1))

    assert compile_ir(pipeline)[1]["deploymentSpec"]["executors"]["exec-train"]["template"] == expected


def test_pod_spec(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        t = train(rate=0.1)
        argo.runtime_class(t, "gvisor")
        argo.dns(t, policy="None", config={"nameservers": ["1.1.1.1"]})
        argo.image_pull_secrets(t, "a", {"name": "b"})
        argo.host_network(t)
        argo.topology_spread(t, {"maxSkew": 1, "topologyKey": "zone"})
        argo.pod_spec_patch(t, "shareProcessNamespace: true")
        argo.retry(t, 2, memory="2Gi")

    template = compile_ir(pipeline)[1]["deploymentSpec"]["executors"]["exec-train"]["template"]
    memory = "{{=(asInt(retries) + 1) * 2}}Gi"
    assert json.loads(template["podSpecPatch"]) == {
        "runtimeClassName": "gvisor",
        "dnsPolicy": "None",
        "dnsConfig": {"nameservers": ["1.1.1.1"]},
        "imagePullSecrets": [{"name": "a"}, {"name": "b"}],
        "hostNetwork": True,
        "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone"}],
        "shareProcessNamespace": True,
        "containers": [{"name": "main", "resources": {"limits": {"memory": memory}, "requests": {"memory": memory}}}],
    }
    assert template["retryStrategy"] == {"limit": 2, "expression": "lastRetry.exitCode == '137'"}


WHO = "{{=let v = workflow.parameters['who']; len(v) > 1 && v startsWith '\"' && v endsWith '\"' ? fromJSON(v) : v}}"


def test_run(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline(who: str = "x") -> None:
        train(rate=0.1)
        argo.volume_claim("w", "1Gi", storage_class="fast", access_modes=["ReadWriteMany"])
        argo.volume_claim("f", claim={"spec": {"volumeName": "v"}})
        argo.ttl(1, failure=2)
        argo.pod_gc("OnPodSuccess", delay="1m")
        argo.archive_logs()
        argo.mutex("run", who)
        argo.metrics("run", {"name": "n", "help": "h", "counter": {"value": 1}})

    assert compile_ir(pipeline)[1]["config"]["workflow"] == {
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "w"},
                "spec": {
                    "accessModes": ["ReadWriteMany"],
                    "resources": {"requests": {"storage": "1Gi"}},
                    "storageClassName": "fast",
                },
            },
            {"metadata": {"name": "f"}, "spec": {"volumeName": "v"}},
        ],
        "ttlStrategy": {"secondsAfterCompletion": 1, "secondsAfterFailure": 2},
        "podGC": {"strategy": "OnPodSuccess", "deleteDelayDuration": "1m"},
        "archiveLogs": True,
        "synchronization": {"mutexes": [{"name": WHO}]},
        "metrics": {"prometheus": [{"name": "n", "help": "h", "counter": {"value": "1"}}]},
    }


REFUSED = {
    "memory": (lambda t: argo.retry(t, memory="lots"), "not an amount"),
    "policy": (lambda t: argo.retry(t, policy="OnFail"), "Did you mean `OnFailure`"),
    "timeout": (argo.timeout, "says nothing"),
    "claim": (lambda t: argo.volume_claim("x"), "neither a size nor a claim"),
    "pod gc": (lambda t: argo.pod_gc("OnPod"), "is not known"),
    "two patches": (
        lambda t: argo.runtime_class(argo.template(t, podSpecPatch="a: {{b}}: c"), "x"),
        "is no YAML that could be joined",
    ),
    "an object for text": (lambda t: argo.labels(t, {"a": {"b": 1}}), "`labels.a` is text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    say, message = REFUSED[name]

    def pipeline() -> None:
        say(clean())

    with pytest.raises(AuthoringError, match=message):
        dsl.pipeline(pipeline)


def test_values_in_settings_of_the_run(compile_ir: Any) -> None:
    @dsl.pipeline
    def inner(most: int = 2):
        clean()
        argo.workflow(activeDeadlineSeconds=most)

    section = compile_ir(inner)[1]
    assert section["config"]["workflow"] == {"activeDeadlineSeconds": "{{=string(workflow.parameters['most'])}}"}

    def outer() -> None:
        inner(most=3)

    with pytest.raises(AuthoringError, match="which is none of the run's"):
        dsl.pipeline(outer)
