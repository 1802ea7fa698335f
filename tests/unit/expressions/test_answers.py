"""Expressions, texts and conditions give what Argo gave, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tiphys.errors import ExpressionError
from tiphys.expressions import tags, when

ANSWERS = Path(__file__).parent / "answers"
MODES: dict[str, dict[str, Any]] = {
    "strict": {"allow_unresolved": False},
    "lenient": {"allow_unresolved": True},
    "late": {"allow_unresolved": False, "strict_prefixes": ["inputs"]},
}


def load(name: str) -> Any:
    return yaml.safe_load((ANSWERS / f"{name}.yaml").read_text(encoding="utf-8"))


SCOPE = load("scope")
TOPICS = sorted({path.stem for path in ANSWERS.glob("*.yaml")} - {"scope", "tags", "when"})
EXPRESSIONS = [
    pytest.param(source, verdict, answer, id=f"{topic}:{source}")
    for topic in TOPICS
    for verdict, answers in load(topic).items()
    for source, answer in answers.items()
]
TEXTS = [
    pytest.param(case["text"], MODES[mode], answer, id=f"{mode}:{case['text']}")
    for case in load("tags")
    for said, answer in case.items()
    if said != "text"
    for mode in (MODES if said == "always" else [said])
]
CONDITIONS = [
    pytest.param(source, verdict, answer, id=source)
    for verdict, answers in load("when").items()
    for source, answer in answers.items()
]


@pytest.mark.parametrize(("source", "verdict", "answer"), EXPRESSIONS)
def test_expression(source: str, verdict: str, answer: str) -> None:
    text = "{{=" + source + "}}"
    if verdict == "gives":
        assert tags.replace(text, SCOPE, allow_unresolved=False) == answer
        return
    with pytest.raises(tags.UnresolvedTag) as caught:
        tags.replace(text, SCOPE, allow_unresolved=False)
    assert caught.value.message.split("\n")[0].removeprefix("failed to evaluate expression: ") == answer


@pytest.mark.parametrize(("text", "mode", "answer"), TEXTS)
def test_text(text: str, mode: dict[str, Any], answer: dict[str, Any]) -> None:
    for replace in (tags.replace, lambda text, *rest, **mode: tags.replace_tree([text], *rest, **mode)[0]):
        if "gives" in answer:
            assert replace(text, SCOPE, **mode) == answer["gives"]
            continue
        with pytest.raises(tags.UnresolvedTag) as caught:
            replace(text, SCOPE, **mode)
        if "Cannot find end tag" not in answer["fails"]:  # which shows the text around, and so the list
            assert caught.value.message.split("\n")[0] == answer["fails"]
        assert caught.value.missing_variable is answer["waits"]


@pytest.mark.parametrize(("source", "verdict", "answer"), CONDITIONS)
def test_condition(source: str, verdict: str, answer: Any) -> None:
    if verdict == "gives":
        assert when.evaluate(source) is answer
        return
    with pytest.raises(ExpressionError) as caught:
        when.evaluate(source)
    assert caught.value.message == answer
