"""What pods and groups need: every way of saying it, and that it is kept in the IR."""

import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import compiler, components, dsl
from kubernetes import client

from tiphys import argo
from tiphys.errors import AuthoringError

from .components import clean, predict, report, train

GPU = {"key": "gpu", "operator": "Exists", "effect": "NoSchedule", "tolerationSeconds": 30}


def template_of(section: dict[str, Any], executor: str) -> dict[str, Any]:
    return section["deploymentSpec"]["executors"][executor]["template"]


MODEL = client.V1Toleration(key="gpu", operator="Exists", effect="NoSchedule", toleration_seconds=30)
FORMS = {
    "dict": GPU,
    "model": MODEL,
    "dumped model": MODEL.to_dict(),
    "YAML": "{key: gpu, operator: Exists, effect: NoSchedule, tolerationSeconds: 30}",
    "list": [GPU],
    "YAML list": "- {key: gpu, operator: Exists, effect: NoSchedule, tolerationSeconds: 30}",
    "list of models": [MODEL],
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_an_object(compile_ir: Any, form: str) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        t = train(rate=0.1)
        argo.tolerations(t, FORMS[form])
        argo.tolerations(t, {"key": "spot"}, {"key": "spot"})

    assert template_of(compile_ir(pipeline)[1], "exec-train") == {"tolerations": [GPU, {"key": "spot"}]}


def test_template_and_patch(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        t = train(rate=0.1)
        argo.template(t, priority_class_name="high", affinity="nodeAffinity: {}", metadata={"labels": {"a_b": "c"}})
        argo.template(t, sidecars=[client.V1Container(name="s", image="i", image_pull_policy="Always")])
        argo.patch(t, {"container": {"env": [{"name": "A", "value": "1"}], "resources": None}})
        argo.patch(t, "container: {env: [{name: B, value: '2'}, {name: A, value: '3'}]}")

    assert template_of(compile_ir(pipeline)[1], "exec-train") == {
        "priorityClassName": "high",
        "affinity": {"nodeAffinity": {}},
        "metadata": {"labels": {"a_b": "c"}},
        "sidecars": [{"name": "s", "image": "i", "imagePullPolicy": "Always"}],
        "container": {
            "env": [{"name": "A", "value": "3"}, {"name": "B", "value": "2"}],
            "resources": None,
        },
    }


def test_values_of_the_run(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline(zone: str = "eu") -> None:
        first = clean()
        with dsl.ParallelFor([0.1, 0.2]) as rate:
            t = train(rate=rate)
            argo.template(t, nodeSelector={"zone": zone}, podSpecPatch=f"{{priority: {rate}, zone: {zone}}}")
        del first

    ir, section = compile_ir(pipeline)
    loop = ir["components"]["comp-for-loop-2"]["dag"]["tasks"]["train"]
    assert loop["inputs"]["parameters"]["argo--zone"] == {"componentInputParameter": "pipelinechannel--zone"}
    item = "argo--loop-item-param-1"
    priority = "{{inputs.parameters." + item + "}}"
    assert loop["inputs"]["parameters"][item] == {"componentInputParameter": "pipelinechannel--loop-item-param-1"}
    assert template_of(section, "exec-train") == {
        "nodeSelector": {"zone": "{{inputs.parameters.argo--zone}}"},
        "podSpecPatch": "{priority: " + priority + ", zone: {{inputs.parameters.argo--zone}}}",
    }


def test_groups_hand_down_to_their_pods(compile_ir: Any) -> None:
    @dsl.pipeline
    def inner() -> None:
        argo.template(predict(score=1.0), nodeSelector={"disk": "hdd", "cpu": "x"})

    @dsl.pipeline
    def pipeline() -> None:
        loop = dsl.ParallelFor([0.1, 0.2])
        with loop as rate:
            t = train(rate=rate)
            inner()
            branch = dsl.If(rate == 0.1)
            with branch:
                clean()
        argo.tolerations(loop, {"key": "a"})
        argo.tolerations(t, {"key": "b"})
        argo.template(loop, nodeSelector={"disk": "ssd"}, parallelism=2, retryStrategy={"limit": "1"})
        argo.template(branch, schedulerName="mine")
        report()

    ir, section = compile_ir(pipeline)
    del ir
    assert template_of(section, "exec-train") == {
        "tolerations": [{"key": "a"}, {"key": "b"}],
        "nodeSelector": {"disk": "ssd"},
    }
    assert template_of(section, "exec-predict")["nodeSelector"] == {"disk": "hdd", "cpu": "x"}
    assert template_of(section, "exec-clean")["schedulerName"] == "mine"
    assert template_of(section, "exec-clean")["tolerations"] == [{"key": "a"}]
    assert "exec-report" not in section["deploymentSpec"]["executors"]
    assert section["config"]["dags"]["comp-for-loop-2"]["template"] == {
        "parallelism": 2,
        "retryStrategy": {"limit": "1"},
    }


def test_fail_fast(compile_ir: Any) -> None:
    @dsl.pipeline
    def inner() -> None:
        train(rate=0.1)
        argo.fail_fast(False)

    @dsl.pipeline
    def pipeline() -> None:
        loop = dsl.ParallelFor([0.1, 0.2])
        with loop as rate:
            train(rate=rate)
        called, stopped = inner(), inner()
        argo.fail_fast(loop, False)
        argo.fail_fast(stopped, stop=True)
        argo.fail_fast(False)
        del called

    dags = compile_ir(pipeline)[1]["config"]["dags"]
    assert dags["comp-for-loop-2"] == {"dag": {"failFast": False}}
    assert dags["root"] == {"dag": {"failFast": False}}
    assert dags["comp-inner"] == {"dag": {"failFast": False}}
    assert dags["comp-inner-2"] == {"dag": {"failFast": False}, "template": {"failFast": True}}


def _nested() -> Any:
    @dsl.pipeline
    def deep() -> None:
        with dsl.ParallelFor([1, 2]) as number:
            a = clean()
            argo.tolerations(a, {"key": "deep"})
            b = clean()
            argo.depends(b, argo.failed(a))
            del number
        argo.workflow(parallelism=2, podGC={"strategy": "OnPodCompletion"}, volumes=[{"name": "d", "emptyDir": {}}])

    @dsl.pipeline
    def middle() -> None:
        loop = dsl.ParallelFor([1, 2])
        with loop:
            deep()
        argo.fail_fast(loop, False)
        argo.tolerations(clean(), {"key": "middle"})
        argo.run_when(deep(), "all_done", loop)

    @dsl.pipeline
    def pipeline() -> None:
        argo.tolerations(clean(), {"key": "outer"})
        middle()
        middle()
        argo.workflow(parallelism=9, volumes=[{"name": "o", "emptyDir": {}}])

    return pipeline


def _check_nested(ir: dict[str, Any], section: dict[str, Any]) -> None:
    executors = section["deploymentSpec"]["executors"]
    seen: dict[str, list[Any]] = {}

    def walk(component: dict[str, Any], path: str, dag: dict[str, Any]) -> None:
        for name, task in sorted(component["dag"]["tasks"].items()):
            inner = ir["components"][task["componentRef"]["name"]]
            where = f"{path}/{name}"
            seen[where] = [dag.get("tasks", {}).get(name)]
            if "dag" in inner:
                inner_dag = section["config"]["dags"].get(task["componentRef"]["name"], {})
                seen[where].append({part: inner_dag[part] for part in ("dag", "template") if part in inner_dag})
                walk(inner, where, inner_dag)
            else:
                seen[where].append(executors.get(inner["executorLabel"]))

    walk(ir["root"], "", section["config"]["dags"].get("root", {}))
    assert seen["/clean"][1] == {"template": {"tolerations": [{"key": "outer"}]}}
    for call in ("/middle", "/middle-2"):
        assert seen[f"{call}/clean"][1] == {"template": {"tolerations": [{"key": "middle"}]}}
        assert seen[f"{call}/for-loop-2"][1] == {"dag": {"failFast": False}}
        assert seen[f"{call}/deep-2"][0]["depends"].startswith("for-loop-2.Succeeded || ")
        for deep in (f"{call}/for-loop-2/deep", f"{call}/deep-2"):
            assert seen[deep][1] == {"template": {"parallelism": 2}}
            assert seen[f"{deep}/for-loop-2/clean"][1] == {"template": {"tolerations": [{"key": "deep"}]}}
            assert seen[f"{deep}/for-loop-2/clean-2"][1] == {"task": {"depends": "clean.Failed"}}
    assert section["config"]["workflow"] == {
        "parallelism": 9,
        "podGC": {"strategy": "OnPodCompletion"},
        "volumes": [{"name": "d", "emptyDir": {}}, {"name": "o", "emptyDir": {}}],
    }


def test_kept_through_nesting_and_renames(compile_ir: Any) -> None:
    _check_nested(*compile_ir(_nested()))


def test_kept_through_files(compile_ir: Any, tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    compiler.Compiler().compile(_nested(), str(file))
    loaded = components.load_component_from_file(str(file))
    _check_nested(*compile_ir(loaded))

    @dsl.pipeline
    def around() -> None:
        argo.tolerations(clean(), {"key": "around"})
        loaded()

    _, section = compile_ir(around)
    tolerations = [
        entry["template"]["tolerations"]
        for entry in section["deploymentSpec"]["executors"].values()
        if "tolerations" in entry.get("template", {})
    ]
    assert sorted(str(each) for each in tolerations) == sorted(
        str([{"key": key}]) for key in ["around", "outer", *["middle"] * 2, *["deep"] * 4]
    )
    assert {"failFast": False} in [entry.get("dag") for entry in section["config"]["dags"].values()]


def test_settings_of_a_sub_pipeline_reach_no_other_task(compile_ir: Any) -> None:
    """The stock SDK writes them under the labels that they had inside, too."""

    @dsl.pipeline
    def inner() -> None:
        argo.tolerations(clean(), {"key": "inner"})
        argo.tolerations(clean(), {"key": "inner-2"})

    @dsl.pipeline
    def pipeline() -> None:
        clean()
        inner()

    ir, section = compile_ir(pipeline)
    label = ir["components"][ir["root"]["dag"]["tasks"]["clean"]["componentRef"]["name"]]["executorLabel"]
    assert label not in section["deploymentSpec"]["executors"]
    assert len(section["deploymentSpec"]["executors"]) == 2


def test_runs_that_disagree(compile_ir: Any) -> None:
    @dsl.pipeline
    def inner() -> None:
        clean()
        argo.workflow(serviceAccountName="inner")

    def outer() -> None:
        inner()
        argo.workflow(serviceAccountName="outer")

    with pytest.warns(UserWarning, match="`serviceAccountName` of the run is set by sub-pipeline `inner`"):
        pipeline = dsl.pipeline(outer)
    assert compile_ir(pipeline)[1]["config"]["workflow"] == {"serviceAccountName": "outer"}


def test_numbers(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        t = train(rate=0.1)
        argo.template(t, activeDeadlineSeconds=2**53 + 1, retryStrategy={"limit": 3})

    template = template_of(compile_ir(pipeline)[1], "exec-train")
    assert template["activeDeadlineSeconds"] == str(2**53 + 1)
    assert template["retryStrategy"] == {"limit": 3}


def test_written_by_hand(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        t = train(rate=0.1)
        t.platform_config["argo"] = {"template": {"schedulerName": "mine"}}

    assert template_of(compile_ir(pipeline)[1], "exec-train") == {"schedulerName": "mine"}


def test_nothing_said(compile_ir: Any) -> None:
    @dsl.pipeline
    def pipeline() -> None:
        train(rate=0.1)

    assert compile_ir(pipeline)[1] == {}


def rewrite(workflow: dict[str, Any]) -> None:
    workflow["seen"] = True


def test_transform(compile_ir: Any) -> None:
    @dsl.pipeline
    def inner() -> None:
        clean()
        argo.transform(rewrite)

    @dsl.pipeline
    def pipeline() -> None:
        inner()

    assert compile_ir(pipeline)[1]["config"]["transforms"] == [f"{__name__}:rewrite"]
    assert pipeline.component_spec._tiphys_transforms == [rewrite]


REFUSED = {
    "unknown field": (lambda t: argo.template(t, tolerationz=[]), "Did you mean `tolerations`"),
    "unknown nested field": (
        lambda t: argo.template(t, container={"envv": []}),
        "field of `container` `envv`",
    ),
    "unknown field in a patch": (
        lambda t: argo.patch(t, {"nodeSelecter": {}}),
        "Did you mean `nodeSelector`",
    ),
    "an object for a list": (lambda t: argo.template(t, volumes={"name": "a"}), "`volumes` is a list"),
    "text for an object": (lambda t: argo.template(t, affinity="just text"), "`affinity` is an object"),
    "broken YAML": (lambda t: argo.tolerations(t, "a: [b"), "not YAML"),
    "not an object": (lambda t: argo.tolerations(t, 3), "must be an object"),
    "some object": (lambda t: argo.tolerations(t, object()), "not a Kubernetes object"),
    "nan": (lambda t: argo.template(t, parallelism=float("nan")), "not a number"),
    "no target": (lambda t: argo.tolerations(None, GPU), "neither a task nor a group"),
    "an artifact": (lambda t: argo.template(t, nodeSelector={"a": t.outputs["model"]}), "is an artifact"),
    "fail fast of a task": (lambda t: argo.fail_fast(t, False), "single task"),
    "transform": (lambda t: argo.transform("x"), "not a function"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    say, message = REFUSED[name]

    @dsl.component(base_image="python:3.11", install_kfp_package=False)
    def make(model: dsl.Output[dsl.Model]):
        pass

    def pipeline() -> None:
        say(make())

    with pytest.raises(AuthoringError, match=message) as caught:
        dsl.pipeline(pipeline)
    assert caught.value.place.file == __file__


def test_importer_has_no_pod() -> None:
    def pipeline() -> None:
        imported = dsl.importer(artifact_uri="s3://b/k", artifact_class=dsl.Dataset)
        argo.tolerations(imported, GPU)

    with pytest.raises(AuthoringError, match="runs no pod"):
        dsl.pipeline(pipeline)


def test_values_of_the_run_on_a_group() -> None:
    def pipeline(zone: str = "eu") -> None:
        loop = dsl.ParallelFor([1])
        with loop:
            clean()
        argo.template(loop, nodeSelector={"zone": zone})

    with pytest.raises(AuthoringError, match="cannot go into this setting"):
        dsl.pipeline(pipeline)


def test_stock_documents_load(tmp_path: Path) -> None:
    """What we write is a valid KFP pipeline: the SDK reads it without a word."""
    file = tmp_path / "stock.yaml"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiler.Compiler().compile(_nested(), str(file))
        assert components.load_component_from_text(file.read_text()).name == "pipeline"
    assert len(list(yaml.safe_load_all(file.read_text()))) == 2
