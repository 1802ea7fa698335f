"""kubectl's JSON path templates."""

import pytest

from tiphys.errors import ExecutorError
from tiphys.executors.kubectl_path import render

DATA = {
    "kind": "List",
    "metadata": {"name": "x", "labels": {"app.kubernetes.io/name": "n"}},
    "items": [
        {"name": "a", "size": 3, "tags": ["p", "q"], "ready": True},
        {"name": "b", "size": 7, "tags": [], "ready": False},
    ],
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.kind}", "List"),
        ("{$.kind}", "List"),
        ("{.metadata.name} is {.kind}", "x is List"),
        ("{.items[0].name}", "a"),
        ("{.items[-1].name}", "b"),
        ("{.items[*].name}", "a b"),
        ("{.items[0:1].name}", "a"),
        ("{.items[0].tags}", '["p","q"]'),
        ("{.metadata}", '{"labels":{"app.kubernetes.io/name":"n"},"name":"x"}'),
        (r"{.metadata.labels.app\.kubernetes\.io/name}", None),
        (r"{.metadata.labels['app.kubernetes.io/name']}", "n"),
        ("{..name}", "x a b"),
        ('{.items[?(@.name=="b")].size}', "7"),
        ("{.items[?(@.size>5)].name}", "b"),
        ("{.items[?(@.tags)].name}", "a b"),
        ('{range .items[*]}{.name}={.size}{"\\n"}{end}', "a=3\nb=7\n"),
        ("{.nothing.here}", ""),
        ("{.items[0].ready}", "true"),
        ("plain", "plain"),
    ],
)
def test_paths(template: str, text: str | None) -> None:
    if text is None:
        with pytest.raises(ExecutorError):
            render(template, DATA)
    else:
        assert render(template, DATA) == text


def test_the_whole_object() -> None:
    assert render("{}", {"a": 1}) == '{"a":1}'
    assert render("{.}", {"a": 1}) == '{"a":1}'


@pytest.mark.parametrize(
    "template", ["{.a", "{range .items[*]}{.name}", "{end}", "{.items[9].name}", "{.a[?]}"]
)
def test_what_makes_no_sense(template: str) -> None:
    with pytest.raises(ExecutorError):
        render(template, DATA)
