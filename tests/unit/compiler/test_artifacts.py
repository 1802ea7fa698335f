"""Artifacts travel by their URIs: single ones, lists, imported ones, through groups."""

from __future__ import annotations

from typing import Any

import pytest

from tiphys.compiler.artifact_root import ArtifactRoot
from tiphys.errors import CompileError, Unsupported

from .playing import Pipeline, Played, loop, play, task

ROOT = "s3://bucket/w"


def artifact(path: str, given: dict[str, Any]) -> dict[str, Any]:
    """What the lines in the pod hand out: the artifact they were told of, with some metadata."""
    outputs = given.get("outputs", {}).get("artifacts", {})
    return {name: [{**each["artifacts"][0], "metadata": {"by": path}}] for name, each in outputs.items()}


def inputs(played: Played, path: str) -> dict[str, dict[str, Any]]:
    """Argo's input artifacts of a pod, by name."""
    return {each["name"]: each for each in (played.templates[path].get("inputs") or {}).get("artifacts", [])}


def made() -> Pipeline:
    p = Pipeline()
    p.python("make", gives={"out": "system.Dataset"})
    p.python("use", takes={"d": "system.Dataset"})
    return p


def test_a_single_artifact() -> None:
    p = made()
    p.task("make")
    p.task("use", artifacts={"d": "make.out"}, after=["make"])
    played = play(p.compile(), artifact)
    [given] = played.pods["use"]["inputs"]["artifacts"]["d"]["artifacts"]
    assert given["type"] == {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"}
    assert given["metadata"] == {"by": "make"}
    place = inputs(played, "use")["d"]
    assert given["uri"] == f"s3://bucket/{place['s3']['key']}"
    assert place["path"] == given["uri"].replace("s3://", "/s3/")
    [output] = played.templates["make"]["outputs"]["artifacts"]
    assert (output["path"], output["s3"]["key"]) == (place["path"], place["s3"]["key"])
    told = played.pods["make"]["outputs"]["artifacts"]["out"]
    assert (told["path"], told["artifacts"][0]["uri"]) == (place["path"], given["uri"])


@pytest.mark.parametrize(
    ("root", "uri", "key"),
    [
        ("s3://b", "s3://b/w/make/out/", "w/make/out/"),
        ("s3://b/p/q", "s3://b/p/q/w/make/out/", "p/q/w/make/out/"),
    ],
)
@pytest.mark.parametrize("at_run", [False, True])
def test_the_root_may_be_known_only_to_the_run(root: str, uri: str, key: str, at_run: bool) -> None:
    p = made()
    p.task("make")
    p.task("use", artifacts={"d": "make.out"}, after=["make"])
    workflow = p.compile(artifact_root=None if at_run else root)
    played = play(workflow, artifact, {"artifact-root": root} if at_run else None)
    assert played.phase == "Succeeded"
    [given] = played.pods["use"]["inputs"]["artifacts"]["d"]["artifacts"]
    place = inputs(played, "use")["d"]
    assert given["uri"].startswith(uri)
    assert place["s3"]["key"].startswith(key)
    assert place["path"] == "/" + given["uri"].replace("://", "/")


def collected() -> Pipeline:
    p = Pipeline()
    p.python("make", inputs={"x": "STRING"}, gives={"out": "system.Dataset", "log": "system.Artifact"})
    many = {"artifactType": {"schemaTitle": "system.Dataset"}, "isArtifactList": True}
    p.python("use", takes={"ds": many, "logs": many})
    selectors = {
        name: {"artifactSelectors": [{"producerSubtask": "make", "outputArtifactKey": name}]} for name in ("out", "log")
    }
    p.dag(
        "for-loop-1",
        {"make": task("make", given={"x": "@item"})},
        {"artifacts": selectors},
        inputs={"item": "STRING"},
        gives={"out": "system.Dataset", "log": "system.Artifact"},
    )
    p.task("for-loop-1", **loop(["a", "b"], "item"))
    fields = {"triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}}
    p.task("use", artifacts={"ds": "for-loop-1.out", "logs": "for-loop-1.log"}, after=["for-loop-1"], **fields)
    return p


def test_a_list_of_artifacts_has_a_folder_of_its_own() -> None:
    played = play(collected().compile(), artifact)
    given = played.pods["use"]["inputs"]["artifacts"]
    assert [each["metadata"]["by"] for each in given["ds"]["artifacts"]] == [
        "for-loop-1[0]/make",
        "for-loop-1[1]/make",
    ]
    places = inputs(played, "use")
    assert places["ds"]["s3"]["key"] == "w/make/out"
    assert places["logs"]["path"] == "/s3/bucket/w/make/log"
    for each in given["ds"]["artifacts"]:
        assert each["uri"].replace("s3://", "/s3/").startswith(places["ds"]["path"] + "/")


def test_a_list_without_artifacts_fetches_nothing() -> None:
    played = play(collected().compile(), lambda path, given: None if "make" in path else {})
    assert (played.phase, played.pods["use"]["inputs"]["artifacts"]["ds"]) == ("Succeeded", {"artifacts": []})
    place = inputs(played, "use")["ds"]
    assert (place["s3"]["key"], place["optional"]) == ("", True)


def test_the_same_artifact_twice_is_fetched_once() -> None:
    p = made()
    p.python("both", takes={"a": "system.Dataset", "b": "system.Dataset"})
    p.task("make")
    p.task("both", artifacts={"a": "make.out", "b": "make.out"}, after=["make"])
    played = play(p.compile(), artifact)
    assert set(inputs(played, "both")) == {"a"}
    given = played.pods["both"]["inputs"]["artifacts"]
    assert given["a"] == given["b"]


def test_through_groups_and_out_again() -> None:
    p = made()
    out = {"out": {"artifactSelectors": [{"producerSubtask": "make", "outputArtifactKey": "out"}]}}
    p.dag("inner", {"make": task("make")}, {"artifacts": out}, gives={"out": "system.Dataset"})
    p.dag("outer", {"use": task("use", artifacts={"d": "@d"})}, takes={"d": "system.Dataset"})
    p.task("inner")
    p.task("outer", artifacts={"d": "inner.out"}, after=["inner"])
    workflow = p.compile()
    played = play(workflow, artifact)
    [given] = played.pods["outer/use"]["inputs"]["artifacts"]["d"]["artifacts"]
    assert given["metadata"] == {"by": "inner/make"}
    inner = next(t for t in workflow["spec"]["templates"] if t["name"] == "inner")
    assert inner["outputs"]["artifacts"] == [
        {"name": "out", "optional": True, "from": "{{tasks.make.outputs.artifacts.out}}"}
    ]


def importer(uri: Any, **fields: Any) -> Pipeline:
    p = made()
    p.component("importer", {"uri": "STRING"}, {}, {}, {"artifact": "system.Dataset"})
    p.executors["exec-importer"] = {
        "importer": {
            "artifactUri": {"runtimeParameter": "uri"},
            "typeSchema": {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"},
            **fields,
        }
    }
    if isinstance(uri, dict):
        p.root["inputDefinitions"] = {"parameters": {"uri": uri}}
        uri = "@uri"
    p.task("importer", given={"uri": uri})
    p.task("use", artifacts={"d": "importer.artifact"}, after=["importer"])
    return p


def test_an_importer_runs_no_pod() -> None:
    p = importer({"parameterType": "STRING"}, metadata={"owner": "me", "n": 1.0})
    played = play(p.compile(), artifact, {"uri": "s3://bucket/data/x.csv"})
    assert set(played.states()) == {"use"}
    [given] = played.pods["use"]["inputs"]["artifacts"]["d"]["artifacts"]
    assert (given["uri"], given["metadata"]) == ("s3://bucket/data/x.csv", {"owner": "me", "n": 1})
    place = inputs(played, "use")["d"]
    assert (place["s3"]["key"], place["path"]) == ("data/x.csv", "/s3/bucket/data/x.csv")


@pytest.mark.parametrize("spelt", ["constant", "default"])
def test_where_a_uri_points_to(spelt: str) -> None:
    def place(uri: str) -> dict[str, Any]:
        given = [uri] if spelt == "constant" else {"parameterType": "STRING", "defaultValue": uri, "isOptional": True}
        return inputs(play(importer(given).compile(), artifact), "use")["d"]

    gcs = place("gs://data/x/y.csv")
    assert (gcs["gcs"], gcs["path"]) == ({"bucket": "data", "key": "x/y.csv"}, "/gcs/data/x/y.csv")
    assert place("https://example.org/y.csv")["http"] == {"url": "https://example.org/y.csv"}


def test_a_model_in_an_image_is_a_volume() -> None:
    played = play(importer(["oci://reg.org/m:1"]).compile(), artifact)
    template, [container] = played.templates["use"], [played.containers["use"]]
    assert {"name": "image-d", "image": {"reference": "reg.org/m:1"}} in template["volumes"]
    assert container["volumeMounts"][0] == {
        "name": "image-d",
        "mountPath": "/oci/reg.org_m:1",
        "readOnly": True,
    }


def test_what_cannot_be_fetched() -> None:
    with pytest.raises(Unsupported, match="Argo cannot fetch `ftp://x/y`"):
        importer(["ftp://x/y"]).compile()


def test_a_loop_over_artifacts() -> None:
    p = collected()
    p.dag("for-loop-2", {"use-one": task("one", artifacts={"d": "@item"})}, takes={"item": "system.Dataset"})
    p.python("one", takes={"d": "system.Dataset"})
    items = {"artifactIterator": {"items": {"inputArtifact": "list"}, "itemInput": "item"}}
    p.task("for-loop-2", artifacts={"list": "for-loop-1.out"}, after=["for-loop-1"], **items)
    played = play(p.compile(), artifact)
    given = [played.pods[f"for-loop-2[{n}]/use-one"]["inputs"]["artifacts"]["d"]["artifacts"] for n in (0, 1)]
    assert [each[0]["metadata"]["by"] for each in given] == ["for-loop-1[0]/make", "for-loop-1[1]/make"]
    assert played.phase == "Succeeded"


def test_a_pipeline_that_takes_an_artifact() -> None:
    p = made()
    p.root["inputDefinitions"] = {"artifacts": {"d": {"artifactType": {"schemaTitle": "system.Dataset"}}}}
    p.task("use", artifacts={"d": "@d"})
    played = play(p.compile(), artifact, {"d": "s3://bucket/x"})
    [given] = played.pods["use"]["inputs"]["artifacts"]["d"]["artifacts"]
    assert (given["uri"], given["type"]) == ("s3://bucket/x", {"schemaTitle": "system.Dataset"})


def test_artifacts_in_the_command_of_a_container() -> None:
    p = Pipeline()
    p.python("make", gives={"out": "system.Dataset"})
    of, to = "$.inputs.artifacts['d']", "$.outputs.artifacts['o']"
    p.container(
        "copy",
        takes={"d": "system.Dataset"},
        gives={"o": "system.Dataset"},
        command=["cp", "{{" + of + ".path}}", "{{" + to + ".path}}"],
        args=[
            "{{" + of + ".uri}}",
            "{{" + of + ".metadata['by']}}",
            "--to={{" + to + ".uri}}",
            "{{" + of + ".name}}",
        ],
    )
    p.task("make")
    p.task("copy", artifacts={"d": "make.out"}, after=["make"])
    played = play(p.compile(), artifact)
    place, [output] = inputs(played, "copy")["d"], played.templates["copy"]["outputs"]["artifacts"]
    container = played.containers["copy"]
    assert container["command"][-3:] == ["cp", place["path"], output["path"]]
    uri, by, to_uri, name = container["args"]
    assert (uri, by, name) == ("s3:/" + place["path"].removeprefix("/s3"), "make", "out")
    assert to_uri == "--to=s3:/" + output["path"].removeprefix("/s3")
    assert any(mount["mountPath"] == output["path"].rsplit("/", 1)[0] for mount in container["volumeMounts"])


def test_a_root_that_is_none() -> None:
    p = made()
    p.task("make")
    with pytest.raises(CompileError, match="`file:///x` cannot be the root"):
        p.compile(artifact_root="file:///x")


def test_the_pipeline_s_own_root() -> None:
    assert ArtifactRoot("gs://b").local("u") == "'/' + replace(replace(u, 'gs://', 'gcs://'), '://', '/')"


MANY = {"artifactType": {"schemaTitle": "system.Dataset"}, "isArtifactList": True}


def handed(task: str, key: str = "out") -> dict[str, Any]:
    return {"artifacts": {"out": {"artifactSelectors": [{"producerSubtask": task, "outputArtifactKey": key}]}}}


def imports(p: Pipeline, uri: str) -> None:
    p.component("import", {}, {}, {}, {"artifact": "system.Dataset"})
    p.executors["exec-import"] = {"importer": {"artifactUri": {"constant": uri}}}


def test_an_import_in_a_sub_pipeline_is_still_fetched_as_one() -> None:
    p = made()
    imports(p, "gs://other/x")
    p.dag(
        "sub",
        {"import": task("import"), "make": task("make")},
        handed("import", "artifact"),
        gives={"out": "system.Dataset"},
    )
    p.task("sub")
    p.task("use", artifacts={"d": "sub.out"}, after=["sub"])
    place = inputs(play(p.compile(), artifact), "use")["d"]
    assert (place["gcs"], place["path"]) == ({"bucket": "other", "key": "x"}, "/gcs/other/x")


@pytest.mark.parametrize("cached", [True, False])
def test_a_list_of_what_is_not_in_a_folder_of_this_run(cached: bool) -> None:
    p = made()
    p.python("all", takes={"ds": MANY})
    imports(p, "s3://bucket/x")
    caching = {"cachingOptions": {"enableCache": True, "cacheKey": "k"}} if cached else {}
    body = {"make": task("make", **caching), "import": task("import")}
    outputs = handed("make") if cached else handed("import", "artifact")
    p.dag("for-loop-1", body, outputs, inputs={"item": "STRING"}, gives={"out": MANY})
    p.task("for-loop-1", **loop(["a", "b"], "item"))
    p.task("all", artifacts={"ds": "for-loop-1.out"}, after=["for-loop-1"])
    with pytest.raises(Unsupported, match="input `ds` is a list of artifacts that are imported or cached"):
        p.compile()


def test_imports_of_a_loop_one_by_one() -> None:
    p = made()
    imports(p, "s3://bucket/x")
    p.dag(
        "for-loop-1",
        {"import": task("import"), "make": task("make")},
        handed("import", "artifact"),
        inputs={"item": "STRING"},
        gives={"out": MANY},
    )
    p.task("for-loop-1", **loop(["a", "b"], "item"))
    p.dag("for-loop-2", {"use": task("use", artifacts={"d": "@one"})}, takes={"one": "system.Dataset"})
    each = {"artifactIterator": {"itemInput": "one", "items": {"inputArtifact": "list"}}}
    p.task("for-loop-2", artifacts={"list": "for-loop-1.out"}, after=["for-loop-1"], **each)
    played = play(p.compile(), artifact)
    assert inputs(played, "for-loop-2[1]/use")["d"]["s3"] == {"key": "x"}


@pytest.mark.parametrize(("items", "folder"), [(["a", "a"], "w/make/out"), (["a", "b"], "w")])
def test_a_list_of_what_several_components_made(items: list[str], folder: str) -> None:
    p = made()
    p.python("other", gives={"out": "system.Dataset"})
    p.python("all", takes={"ds": MANY})
    branches = {}
    for number, (name, condition) in enumerate([("make", "=="), ("other", "!=")]):
        p.dag(f"condition-{number}", {name: task(name)}, handed(name), gives={"out": "system.Dataset"})
        policy = {"condition": f"inputs.parameter_values['item'] {condition} 'a'"}
        branches[f"condition-{number}"] = task(f"condition-{number}", given={"item": "@item"}, triggerPolicy=policy)
    selectors = [{"producerSubtask": f"condition-{n}", "outputArtifactKey": "out"} for n in (0, 1)]
    chosen = {"artifacts": {"out": {"artifactSelectors": selectors}}}
    p.dag("branches", branches, chosen, inputs={"item": "STRING"}, gives={"out": "system.Dataset"})
    p.dag(
        "for-loop-1",
        {"branches": task("branches", given={"item": "@item"})},
        handed("branches"),
        inputs={"item": "STRING"},
        gives={"out": MANY},
    )
    p.task("for-loop-1", **loop(items, "item"))
    p.task("all", artifacts={"ds": "for-loop-1.out"}, after=["for-loop-1"])
    played = play(p.compile(), artifact)
    assert (played.phase, len(played.pods["all"]["inputs"]["artifacts"]["ds"]["artifacts"])) == ("Succeeded", 2)
    place = inputs(played, "all")["ds"]
    assert (place["s3"]["key"], place["path"]) == (folder, f"/s3/bucket/{folder}")
