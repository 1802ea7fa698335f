"""What kfp, kfp-kubernetes and our own section say of pods and of the run."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.errors import CompileError, Unsupported

from .playing import Pipeline, given, literal_argument, play, task

OPTIONAL = {"parameterType": "STRING", "isOptional": True}


def pod(config: dict[str, Any], arguments: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    """The template of a pod as it runs, under `platforms.kubernetes`; with the spec that patches gave."""
    p = Pipeline(**parameters)
    p.python("t")
    p.task("t")
    p.platforms = {"kubernetes": {"deploymentSpec": {"executors": {"exec-t": config}}}}
    workflow = p.compile()
    played = play(workflow, lambda path, _: {}, arguments)
    assert played.phase == "Succeeded", [node.message for node in played.run.nodes.values()]
    return {**played.templates["t"], "main": played.containers["t"]}


def parameter(name: str) -> dict[str, Any]:
    return {"componentInputParameter": name}


def constant(value: Any) -> dict[str, Any]:
    return {"runtimeValue": {"constant": value}}


def test_environment() -> None:
    found = pod(
        {
            "secretAsEnv": [
                {
                    "secretNameParameter": parameter("s"),
                    "keyToEnv": [{"secretKey": "k", "envVar": "A"}],
                    "optional": True,
                },
                {"secretName": "old", "keyToEnv": [{"secretKey": "k", "envVar": "B"}]},
            ],
            "configMapAsEnv": [
                {"configMapNameParameter": constant("cm"), "keyToEnv": [{"configMapKey": "k", "envVar": "C"}]}
            ],
            "fieldPathAsEnv": [{"name": "D", "fieldPath": "metadata.name"}],
        },
        s={"parameterType": "STRING", "defaultValue": "dyn", "isOptional": True},
    )
    sources = {each["name"]: each.get("valueFrom") for each in found["main"]["env"]}
    assert sources["A"] == {"secretKeyRef": {"name": "dyn", "key": "k", "optional": True}}
    assert sources["B"] == {"secretKeyRef": {"name": "old", "key": "k"}}
    assert sources["C"] == {"configMapKeyRef": {"name": "cm", "key": "k"}}
    assert sources["D"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_volumes() -> None:
    found = pod(
        {
            "secretAsVolume": [{"secretNameParameter": constant("certs"), "mountPath": "/c", "optional": True}],
            "configMapAsVolume": [{"configMapName": "conf", "mountPath": "/f"}],
            "pvcMount": [
                {"constant": "old", "mountPath": "/old"},
                {"pvcNameParameter": parameter("pvc"), "mountPath": "/new", "subPath": "a/b"},
            ],
            "emptyDirMounts": [{"volumeName": "e", "mountPath": "/e", "medium": "Memory", "sizeLimit": "1Gi"}],
            "enabledSharedMemory": {"volumeName": "shm", "size": "2Gi"},
            "genericEphemeralVolume": [
                {
                    "volumeName": "g",
                    "mountPath": "/g",
                    "accessModes": ["ReadWriteOnce"],
                    "size": "5Gi",
                    "defaultStorageClass": True,
                    "metadata": {"labels": {"a": "b"}},
                }
            ],
        },
        {"pvc": '"mine"'},
        pvc="STRING",
    )
    volumes = {each["name"]: each for each in found["volumes"]}
    mounts = {each["mountPath"]: each for each in found["main"]["volumeMounts"]}
    assert volumes["certs"]["secret"] == {"secretName": "certs", "optional": True}
    assert volumes["conf"]["configMap"] == {"name": "conf", "optional": False}
    assert volumes["old"]["persistentVolumeClaim"] == {"claimName": "old"}
    assert volumes[mounts["/new"]["name"]]["persistentVolumeClaim"] == {"claimName": "mine"}
    assert mounts["/new"]["subPath"] == "a/b"
    assert volumes["e"]["emptyDir"] == {"medium": "Memory", "sizeLimit": "1Gi"}
    assert (volumes["shm"]["emptyDir"]["sizeLimit"], mounts["/dev/shm"]["name"]) == ("2Gi", "shm")
    template = volumes["g"]["ephemeral"]["volumeClaimTemplate"]
    assert template["metadata"] == {"labels": {"a": "b"}}
    assert template["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "5Gi"}},
    }


def test_placement_that_is_known() -> None:
    found = pod(
        {
            "nodeSelector": {"labels": {"zone": "eu"}},
            "tolerations": [
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": "30"},
                {"tolerationJson": constant([{"key": "b"}])},
            ],
            "nodeAffinity": [
                {"matchExpressions": [{"key": "arch", "operator": "In", "values": ["arm64"]}]},
                {"matchFields": [{"key": "metadata.name", "operator": "Exists"}], "weight": 10.0},
            ],
            "podAffinity": [{"matchPodLabels": {"a": "b"}, "topologyKey": "zone", "anti": True, "weight": 5}],
        }
    )
    assert found["nodeSelector"] == {"zone": "eu"}
    assert found["tolerations"] == [
        {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
        {"key": "b"},
    ]
    node = found["affinity"]["nodeAffinity"]
    assert node["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] == [
        {"matchExpressions": [{"key": "arch", "operator": "In", "values": ["arm64"]}]}
    ]
    assert node["preferredDuringSchedulingIgnoredDuringExecution"][0]["weight"] == 10
    anti = found["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert anti[0]["podAffinityTerm"] == {"labelSelector": {"matchLabels": {"a": "b"}}, "topologyKey": "zone"}


def spec_of(config: dict[str, Any], arguments: dict[str, str] | None = None, **parameters: Any) -> dict[str, Any]:
    """The patch that Argo lays over the pod."""
    import json

    patch: dict[str, Any] = json.loads(pod(config, arguments, **parameters)["podSpecPatch"])
    return patch


@pytest.mark.parametrize(
    ("value", "tolerations"),
    [
        ({"key": "a"}, [{"key": "fixed"}, {"key": "a"}]),
        ([{"key": "a"}, {"key": "b"}], None),
        ([], [{"key": "fixed"}]),
    ],
)
def test_tolerations_that_the_run_decides(value: Any, tolerations: Any) -> None:
    config = {"tolerations": [{"key": "fixed"}, {"tolerationJson": parameter("t")}]}
    patch = spec_of(config, {"t": literal_argument(value, "STRUCT")}, t="STRUCT")
    assert patch["tolerations"] == (tolerations or [{"key": "fixed"}, *value])


def test_selectors_and_affinity_that_the_run_decides() -> None:
    config = {
        "nodeSelector": {"nodeSelectorJson": parameter("s")},
        "nodeAffinity": [{"nodeAffinityJson": parameter("a")}],
    }
    patch = spec_of(config, {"s": '{"disk":"ssd"}', "a": '{"x":[]}'}, s="STRUCT", a="STRUCT")
    assert patch == {"nodeSelector": {"disk": "ssd"}, "affinity": {"nodeAffinity": {"x": []}}}


def test_names_that_may_be_missing() -> None:
    config = {
        "secretAsEnv": [{"secretNameParameter": parameter("s"), "keyToEnv": [{"secretKey": "k", "envVar": "A"}]}],
        "secretAsVolume": [{"secretNameParameter": parameter("s"), "mountPath": "/s"}],
        "imagePullSecret": [{"secretNameParameter": parameter("s")}, {"secretName": "always"}],
    }
    without = spec_of(config, s=OPTIONAL)
    assert without["imagePullSecrets"] == [{"name": "always"}]
    assert without["volumes"] == []
    assert without["containers"] == [{"name": "main", "env": [], "volumeMounts": []}]
    given_ = spec_of(config, {"s": '"creds"'}, s=OPTIONAL)
    assert given_["imagePullSecrets"] == [{"name": "creds"}, {"name": "always"}]
    assert given_["volumes"][0]["secret"]["secretName"] == "creds"
    assert given_["containers"][0]["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "creds"


def test_the_rest_of_a_pod() -> None:
    found = pod(
        {
            "podMetadata": {"labels": {"a": "1"}, "annotations": {"b": "2"}},
            "imagePullPolicy": "Always",
            "emptyDirMounts": [{"volumeName": "e", "mountPath": "/e"}],
            "activeDeadlineSeconds": "60",
            "securityContext": {"runAsUser": "1000", "runAsNonRoot": True},
            "initContainers": [
                {
                    "name": "i",
                    "image": "busybox",
                    "command": ["sh"],
                    "env": [{"name": "A", "value": "b"}],
                    "volumeMounts": [{"volumeName": "e", "mountPath": "/e"}],
                    "restartPolicy": "Always",
                    "resources": {"limits": {"cpu": "1"}},
                }
            ],
        }
    )
    assert found["metadata"]["labels"] == {"a": "1"}
    assert found["metadata"]["annotations"]["b"] == "2"
    assert (found["main"]["imagePullPolicy"], found["activeDeadlineSeconds"]) == ("Always", 60)
    assert found["main"]["securityContext"] == {"runAsUser": 1000, "runAsNonRoot": True}
    [init] = found["initContainers"]
    assert (init["restartPolicy"], init["volumeMounts"]) == ("Always", [{"name": "e", "mountPath": "/e"}])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"imagePullPolicy": "Sometimes"}, "no policy for pulling"),
        ({"securityContext": {"runAsUser": 0, "runAsNonRoot": True}}, "runAsUser 0 is root"),
        ({"secretAsEnv": [{"keyToEnv": [{"secretKey": "k", "envVar": "A"}]}]}, "a secret has no name"),
        ({"secretAsPet": []}, "unknown field `secretAsPet`"),
    ],
)
def test_settings_that_mean_nothing(config: dict[str, Any], message: str) -> None:
    with pytest.raises(Exception, match=message):
        pod(config)


def test_resources() -> None:
    p = Pipeline(mem="STRING", gpu="STRING", n="NUMBER_INTEGER", image="STRING")
    p.python("known")
    p.python("later")
    p.python("old")
    p.executors["exec-known"]["container"]["resources"] = {
        "resourceCpuLimit": "1",
        "cpuLimit": 1.0,
        "resourceMemoryRequest": "64Mi",
        "accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": "1"},
    }
    p.executors["exec-old"]["container"]["resources"] = {
        "cpuLimit": 0.5,
        "memoryLimit": 2.0,
        "accelerator": {"type": "nvidia.com/gpu", "count": "2"},
    }
    a = "{{$.inputs.parameters['pipelinechannel--%s']}}"
    p.executors["exec-later"]["container"] |= {
        "image": a % "image",
        "resources": {
            "resourceCpuLimit": "1",
            "resourceMemoryLimit": a % "mem",
            "accelerator": {"resourceType": a % "gpu", "resourceCount": a % "n"},
        },
    }
    p.task("known")
    p.task("old")
    p.task("later", given={f"pipelinechannel--{name}": f"@{name}" for name in ("mem", "gpu", "n", "image")})
    arguments = {"mem": '"1Gi"', "gpu": '"amd.com/gpu"', "n": "2", "image": '"alpine:3"'}
    found = play(p.compile(), lambda path, _: {}, arguments).containers
    assert found["known"]["resources"] == {
        "limits": {"cpu": "1", "nvidia.com/gpu": "1"},
        "requests": {"memory": "64Mi"},
    }
    assert found["old"]["resources"]["limits"] == {"cpu": "500m", "memory": "2G", "nvidia.com/gpu": "2"}
    assert found["later"]["image"] == "alpine:3"
    assert found["later"]["resources"]["limits"] == {"cpu": "1", "memory": "1Gi", "amd.com/gpu": "2"}


def test_a_component_that_is_told_its_settings() -> None:
    p = Pipeline()
    p.python("t", inputs={"config": {"parameterType": "TASK_CONFIG", "isOptional": True}})
    p.components["comp-t"]["taskConfigPassthroughs"] = [
        {"field": "RESOURCES"},
        {"field": "ENV", "applyToTask": True},
        {"field": "KUBERNETES_TOLERATIONS"},
    ]
    p.executors["exec-t"]["container"] |= {
        "env": [{"name": "E", "value": "v"}],
        "resources": {"resourceCpuLimit": "2"},
    }
    p.platforms = {"kubernetes": {"deploymentSpec": {"executors": {"exec-t": {"tolerations": [{"key": "x"}]}}}}}
    p.task("t")
    played = play(p.compile(), lambda path, _: {})
    assert played.given("t")["config"] == {
        "resources": {"limits": {"cpu": "2"}},
        "env": [{"name": "E", "value": "v"}],
        "tolerations": [{"key": "x"}],
    }
    assert "resources" not in played.containers["t"]
    assert {"name": "E", "value": "v"} in played.containers["t"]["env"]
    assert "tolerations" not in played.templates["t"]


@pytest.mark.parametrize("applied", [True, False])
def test_a_component_that_is_told_what_the_run_decides(applied: bool) -> None:
    p = Pipeline(mem="STRING", word="STRING", s=OPTIONAL)
    p.python("t", inputs={"word": "STRING", "config": {"parameterType": "TASK_CONFIG", "isOptional": True}})
    p.components["comp-t"]["taskConfigPassthroughs"] = [
        {"field": "RESOURCES", "applyToTask": applied},
        {"field": "ENV", "applyToTask": applied},
    ]
    p.executors["exec-t"]["container"] |= {
        "env": [{"name": "E", "value": "v"}, {"name": "W", "value": "{{$.inputs.parameters['word']}}"}],
        "resources": {
            "resourceCpuLimit": "2",
            "resourceMemoryLimit": "{{$.inputs.parameters['pipelinechannel--mem']}}",
        },
    }
    secret = {"secretNameParameter": parameter("s"), "keyToEnv": [{"secretKey": "k", "envVar": "A"}]}
    p.platforms = {"kubernetes": {"deploymentSpec": {"executors": {"exec-t": {"secretAsEnv": [secret]}}}}}
    p.task("t", given={"word": "@word", "pipelinechannel--mem": "@mem"})
    played = play(p.compile(), lambda path, _: {}, {"mem": '"1Gi"', "word": '"hi \\"you\\""', "s": '"name"'})
    told = {
        "resources": {"limits": {"cpu": "2", "memory": "1Gi"}},
        "env": [
            {"name": "E", "value": "v"},
            {"name": "W", "value": 'hi "you"'},
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "name", "key": "k"}}},
        ],
    }
    assert played.given("t")["config"] == told
    main = played.containers["t"]
    if applied:
        assert main["resources"] == told["resources"]
        assert {each["name"]: each for each in told["env"]}.items() <= {
            each["name"]: each for each in main["env"]
        }.items()
    else:
        assert "resources" not in main
        assert not {"E", "W", "A"} & {each["name"] for each in main.get("env", [])}


def test_settings_of_the_run() -> None:
    p = Pipeline()
    p.python("t", inputs={"ws": "STRING"})
    p.python("u")
    p.task("t", given={"ws": ["{{$.workspace_path}}/x"]})
    p.task("u")
    p.platforms = {
        "kubernetes": {
            "pipelineConfig": {
                "resourceTtlOnCompletion": 10,
                "activeDeadlineSeconds": 20,
                "workspace": {"size": "1Gi", "kubernetes": {"pvcSpecPatch": {"storageClassName": "fast"}}},
            }
        }
    }
    workflow = p.compile()
    spec = workflow["spec"]
    assert (spec["ttlStrategy"], spec["activeDeadlineSeconds"]) == ({"secondsAfterCompletion": 10}, 20)
    [claim] = spec["volumeClaimTemplates"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
        "storageClassName": "fast",
    }
    mounted = {t["name"]: t["container"].get("volumeMounts") for t in spec["templates"] if "container" in t}
    assert mounted == {"t": [{"name": "kfp-workspace", "mountPath": "/kfp-workspace"}], "u": None}
    constant_ = spec["templates"][0]["dag"]["tasks"][0]["arguments"]["parameters"][0]["value"]
    assert constant_ == '"/kfp-workspace/x"'


def test_the_size_of_the_workspace_must_be_known() -> None:
    p = Pipeline()
    p.python("t")
    p.task("t")
    p.platforms = {"kubernetes": {"pipelineConfig": {"workspace": {"size": "{{$.inputs.parameters['x']}}"}}}}
    with pytest.raises(Unsupported, match="size of the workspace"):
        p.compile()


def test_claims() -> None:
    inputs = {
        "pvc_name": OPTIONAL,
        "pvc_name_suffix": OPTIONAL,
        "access_modes": "LIST",
        "size": "STRING",
        "storage_class_name": {"parameterType": "STRING", "defaultValue": "", "isOptional": True},
        "annotations": {"parameterType": "STRUCT", "isOptional": True},
        "volume_name": OPTIONAL,
    }
    p = Pipeline(size="STRING")
    p.container("createpvc", inputs=inputs, outputs={"name": "STRING"})
    p.container("deletepvc", inputs={"pvc_name": "STRING"})
    for name in ("createpvc", "deletepvc"):
        p.executors[f"exec-{name}"]["container"]["image"] = f"argostub/{name}"
    p.python("t")
    p.task(
        "createpvc",
        given={
            "pvc_name_suffix": ["-x"],
            "access_modes": [["ReadWriteMany"]],
            "size": "@size",
            "annotations": [{"a": "b"}],
        },
    )
    p.task("t", after=["createpvc"])
    p.task("deletepvc", given={"pvc_name": "createpvc.name"}, after=["t"])
    mount = {"mountPath": "/d", "pvcNameParameter": given("createpvc.name")}
    p.platforms = {"kubernetes": {"deploymentSpec": {"executors": {"exec-t": {"pvcMount": [mount]}}}}}
    templates = {each["name"]: each for each in p.compile()["spec"]["templates"]}
    create, delete = templates["createpvc"]["resource"], templates["deletepvc"]["resource"]
    assert (create["action"], delete["action"]) == ("create", "delete")
    assert "volumeName" not in create["manifest"]
    assert '"name":{{=toJson(workflow.name + fromJSON(inputs.parameters.pvc_name_suffix))}}' in create["manifest"]
    assert templates["createpvc"]["outputs"]["parameters"][0]["valueFrom"] == {"jsonPath": "{.metadata.name}"}
    claim = next(iter(templates["t"]["volumes"]))["persistentVolumeClaim"]["claimName"]
    assert claim == "{{=fromJSON(inputs.parameters['setting--1'])}}"
    root = templates["root"]["dag"]["tasks"]
    assert "toJson(tasks.createpvc.outputs.parameters.name)" in root[1]["arguments"]["parameters"][0]["value"]


def test_retries_and_caching() -> None:
    p = Pipeline(x="STRING")
    p.python("t", inputs={"x": "STRING"})
    p.python("c", inputs={"x": "STRING"})
    retry = {"maxRetryCount": 3, "backoffDuration": "5s", "backoffFactor": 2.0, "backoffMaxDuration": "60s"}
    p.task("t", given={"x": "@x"}, retryPolicy=retry)
    p.task("t-2", "t", given={"x": "@x"}, retryPolicy={"maxRetryCount": 1.0, "backoffDuration": "0s"})
    p.task("c", given={"x": "@x"}, cachingOptions={"enableCache": True, "cacheKey": "k"})
    p.task("c-2", "c", given={"x": "@x"}, cachingOptions={"enableCache": True})
    templates = {each["name"]: each for each in p.compile()["spec"]["templates"]}
    assert templates["t"]["retryStrategy"] == {
        "limit": "3",
        "backoff": {"duration": "5s", "factor": "2", "cap": "60s"},
    }
    assert templates["t-2"]["retryStrategy"] == {"limit": "1"}
    memoize = templates["c"]["memoize"]
    assert memoize["cache"] == {"configMap": {"name": "test-cache"}}
    assert memoize["key"].isalnum()
    assert "memoize" not in templates["c-2"]


def test_a_cached_task_that_retries() -> None:
    p = Pipeline()
    p.python("t")
    cache = {"enableCache": True, "cacheKey": "k"}
    p.task("t", cachingOptions=cache, retryPolicy={"maxRetryCount": 1})
    with pytest.raises(Unsupported, match=r"hangs on Argo 4\.1"):
        p.compile()


def test_our_own_section() -> None:
    p = Pipeline()
    for name in ("a", "b"):
        p.python(name)
    p.dag("group-1", {"b": task("b")})
    p.task("a")
    p.task("group-1")
    p.platforms = {
        "argo": {
            "deploymentSpec": {
                "executors": {
                    "exec-a": {
                        "template": {
                            "container": {"image": "mine:1", "env": [{"name": "A", "value": "b"}]},
                            "tolerations": [{"key": "k", "tolerationSeconds": 3.0}],
                            "retryStrategy": {"limit": "2"},
                        },
                        "task": {"continueOn": {"failed": True}},
                    }
                }
            },
            "config": {
                "apiVersion": "tiphys.io/v1",
                "workflow": {"parallelism": 4.0, "podGC": {"strategy": "OnPodSuccess"}},
                "dags": {
                    "root": {"dag": {"failFast": True}, "tasks": {"group-1": {"depends": "a.Failed"}}},
                    "comp-group-1": {"template": {"parallelism": 1.0}},
                },
            },
        }
    }
    workflow = p.compile()
    templates = {each["name"]: each for each in workflow["spec"]["templates"]}
    assert (workflow["spec"]["parallelism"], workflow["spec"]["podGC"]) == (4, {"strategy": "OnPodSuccess"})
    a = templates["a"]
    assert (a["container"]["image"], a["container"]["command"][0]) == ("mine:1", "sh")
    assert a["tolerations"] == [{"key": "k", "tolerationSeconds": 3}]
    assert a["retryStrategy"] == {"limit": "2"}
    assert templates["group-1"]["parallelism"] == 1
    root = templates["root"]["dag"]
    assert root["failFast"] is True
    assert root["tasks"][1]["depends"] == "a.Failed"
    played = play(workflow, lambda path, _: None if path.startswith("a") else {})
    assert (played.phase, played.states()["group-1"]) == ("Succeeded", "Succeeded")


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({"dags": {"root": {"tasks": {"nosuch": {"depends": "t"}}}}}, CompileError, "which has no such task"),
        ({"dags": {"root": {"tusks": {}}}}, Exception, "unknown field `tusks`"),
        ({"apiVersion": "tiphys.io/v9"}, Unsupported, "tiphys.io/v9"),
    ],
)
def test_a_section_that_is_wrong(config: dict[str, Any], error: type[Exception], message: str) -> None:
    p = Pipeline()
    p.python("t")
    p.task("t")
    p.platforms = {"argo": {"config": config}}
    with pytest.raises(error, match=message):
        p.compile()


def test_depends_and_dependencies_in_one_dag() -> None:
    p = Pipeline()
    for name in ("a", "b", "c"):
        p.python(name)
        p.task(name)
    tasks = {"b": {"depends": "a.Failed"}, "c": {"dependencies": ["a"]}}
    p.platforms = {"argo": {"config": {"dags": {"root": {"tasks": tasks}}}}}
    with pytest.raises(CompileError, match="Argo refuses both in one DAG"):
        p.compile()


def test_continue_on_where_results_are_read() -> None:
    """Argo refuses `continueOn` beside `depends`: the needs of the task say the same then."""
    p = Pipeline()
    for name in ("a", "b", "c"):
        p.python(name)
    p.task("a")
    p.task("b", after=["a"])
    p.task("c", after=["b"], triggerPolicy={"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"})
    p.platforms = {"argo": {"config": {"dags": {"root": {"tasks": {"a": {"continueOn": {"failed": True}}}}}}}}
    workflow = p.compile()
    tasks = {each["name"]: each for each in workflow["spec"]["templates"][0]["dag"]["tasks"]}
    assert "continueOn" not in tasks["a"]
    assert tasks["b"]["depends"] == "(a || a.Failed)"
    played = play(workflow, lambda path, _: None if path == "a" else {})
    assert (played.phase, played.states()["b"]) == ("Succeeded", "Succeeded")


@pytest.mark.parametrize(
    ("failing", "phase"),
    [((), "Succeeded"), (("b",), "Succeeded"), (("a", "b"), "Succeeded"), (("d",), "Failed")],
)
def test_continue_on_of_a_last_task_where_results_are_read(failing: tuple[str, ...], phase: str) -> None:
    p = Pipeline()
    for name in ("a", "b", "c", "d"):
        p.python(name)
        p.task(name)
    p.task("c", after=["a"], triggerPolicy={"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"})
    p.platforms = {"argo": {"config": {"dags": {"root": {"tasks": {"b": {"continueOn": {"failed": True}}}}}}}}
    played = play(p.compile(), lambda path, _: None if path in failing else {})
    assert played.phase == phase
    assert {name: played.states()[name] for name in "abcd"} == {
        name: "Failed" if name in failing else "Succeeded" for name in "abcd"
    }


def test_a_value_in_a_setting_of_ours() -> None:
    p = Pipeline(mem="STRING")
    p.python("t")
    p.task("t", given={"argo--mem": "@mem"})
    template = {"nodeSelector": {"size": "{{inputs.parameters.argo--mem}}"}}
    p.platforms = {"argo": {"deploymentSpec": {"executors": {"exec-t": {"template": template}}}}}
    played = play(p.compile(), lambda path, _: {}, {"mem": "large"})
    assert played.templates["t"]["nodeSelector"] == {"size": "large"}


def test_a_patch_beside_ours() -> None:
    p = Pipeline(x="STRING")
    p.container("t", inputs={"x": "STRING"}, command=["echo", "{{$.inputs.parameters['x']}}"])
    p.task("t", given={"x": "@x"})
    section = {"deploymentSpec": {"executors": {"exec-t": {"template": {"podSpecPatch": "{}"}}}}}
    p.platforms = {"argo": section}
    with pytest.raises(Unsupported, match="podSpecPatch"):
        p.compile()
