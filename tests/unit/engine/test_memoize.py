from __future__ import annotations

import json

import pytest

from tiphys.engine import memoize
from tiphys.engine.environment import ConfigMap, Environment
from tiphys.engine.run import Node
from tiphys.errors import NodeError
from tiphys.messages.outputs import Outputs
from tiphys.messages.phases import NodePhase, NodeType

LABEL = {"workflows.argoproj.io/configmap-type": "Cache"}
NOON = 946728000.0  # 2000-01-01T12:00:00Z


def section(key: str = "k-1", max_age: str = "") -> dict[str, object]:
    return {"key": key, "maxAge": max_age, "cache": {"configMap": {"name": "cache"}}}


def make_node() -> Node:
    return Node(
        "wf-1",
        "wf.a",
        "a",
        NodeType.POD,
        NodePhase.SUCCEEDED,
        outputs=Outputs(
            parameters=[{"name": "o", "valueFrom": {"path": "/o"}, "value": "<x>"}], exit_code="0"
        ),
        memoization_status={"hit": False, "key": "k-1", "cacheName": "cache"},
    )


def test_what_was_saved_is_found_again() -> None:
    environment = Environment()
    saved = memoize.save(environment, "default", make_node(), NOON)
    assert saved is not None
    assert saved.cache == "cache"

    found = memoize.look_up(environment, "default", section(), NOON + 60)

    assert found.hit
    assert found.status == {"hit": True, "key": "k-1", "cacheName": "cache"}
    assert found.outputs is not None
    assert found.outputs.parameters == [{"name": "o", "value": "<x>", "valueFrom": {"path": "/o"}}]
    config_map = environment.config_map("cache")
    assert config_map is not None
    assert config_map.labels == LABEL
    assert config_map.data["k-1"] == (
        '{"nodeID":"wf-1","outputs":{"parameters":[{"name":"o","value":"\\u003cx\\u003e",'
        '"valueFrom":{"path":"/o"}}],"exitCode":"0"},'
        '"creationTimestamp":"2000-01-01T12:00:00Z","lastHitTimestamp":"2000-01-01T12:01:00Z"}'
    )


def test_a_node_without_memoization_is_not_saved() -> None:
    node = make_node()
    node.memoization_status = None
    assert memoize.save(Environment(), "default", node, NOON) is None


@pytest.mark.parametrize(("max_age", "hit"), [("30s", False), ("60s", True), ("", True), ("1h", True)])
def test_old_entries_are_no_hit(max_age: str, hit: bool) -> None:
    environment = Environment()
    memoize.save(environment, "default", make_node(), NOON)
    found = memoize.look_up(environment, "default", section(max_age=max_age), NOON + 60)
    assert found.hit is hit
    assert (found.outputs is not None) is hit


def test_an_unknown_cache_or_key_is_a_miss() -> None:
    environment = Environment()
    assert not memoize.look_up(environment, "default", section(), NOON).hit
    memoize.save(environment, "default", make_node(), NOON)
    other = memoize.look_up(environment, "default", section("other"), NOON)
    assert not other.hit
    assert other.save is None


def test_an_entry_without_outputs_is_a_hit_all_the_same() -> None:
    data = {"k-1": json.dumps({"nodeID": "x", "outputs": None, "creationTimestamp": "2000-01-01T00:00:00Z"})}
    environment = Environment(config_maps=[ConfigMap("cache", data=data, labels=LABEL)])
    found = memoize.look_up(environment, "default", section(), NOON)
    assert found.hit
    assert found.outputs is None


@pytest.mark.parametrize(
    ("key", "max_age", "labels", "message"),
    [
        ("a_b", "", LABEL, "invalid cache key: a_b"),
        ("", "", LABEL, "invalid cache key: "),
        ("k-1", "60", LABEL, 'invalid maxAge: time: missing unit in duration "60"'),
        (
            "k-1",
            "",
            {},
            "memoization configmap doesn't have workflows.argoproj.io/configmap-type label",
        ),
        (
            "k-1",
            "",
            {"workflows.argoproj.io/configmap-type": "Parameter"},
            "memoization configmap doesn't have label workflows.argoproj.io/configmap-type = Cache",
        ),
    ],
)
def test_what_cannot_be_used(key: str, max_age: str, labels: dict[str, str], message: str) -> None:
    environment = Environment(config_maps=[ConfigMap("cache", labels=labels)])
    with pytest.raises(NodeError) as caught:
        memoize.look_up(environment, "default", section(key, max_age), NOON)
    assert caught.value.message.removesuffix(", refusing to use it") == message


def test_a_broken_entry_is_an_error() -> None:
    environment = Environment(config_maps=[ConfigMap("cache", data={"k-1": "{"}, labels=LABEL)])
    with pytest.raises(NodeError, match="malformed cache entry: could not unmarshal JSON"):
        memoize.look_up(environment, "default", section(), NOON)
