"""Which rule speaks about which pod."""

from __future__ import annotations

import pytest

from tiphys.engine.run import Node, Run
from tiphys.errors import BadInput
from tiphys.messages.phases import NodePhase, NodeType
from tiphys.simulate.outcomes import Rules, Subject, rule_from_record

OWNER = Run("wf", "default", "u", 0.0, {})


def subject(name: str, display: str, *, retried: bool = False, run: int = 0) -> Subject:
    flag = {"retried": True} if retried else None
    node = Node(name, name, display, NodeType.POD, NodePhase.PENDING, node_flag=flag)
    return Subject(node, OWNER, "pod", run)


@pytest.mark.parametrize(
    ("rule", "pod"),
    [
        ("A", subject("wf.A", "A")),
        ("wf.A", subject("wf.A", "A")),
        ("[0].a", subject("wf[0].a", "a")),
        ("A", subject("wf.A(0:x)", "A(0:x)")),
        ("A(0:x)", subject("wf.A(0:x)", "A(0:x)")),
        ("A(0:x)", subject("wf.A(0:x)(2)", "A(0:x)(2)", retried=True)),
        ("A", subject("wf.A(0:x)(2)", "A(0:x)(2)", retried=True)),
        ("wf.A(1)", subject("wf.A(1)", "A(1)", retried=True)),
        ("B(1:b).t", subject("wf.B(1:b).t", "t")),
        ("t", subject("wf.B(1:b).t", "t")),
        ("wf", subject("wf", "wf")),
    ],
)
def test_a_node_goes_by_many_names(rule: str, pod: Subject) -> None:
    assert rule_from_record({"node": rule}).matches(pod)


@pytest.mark.parametrize(
    "record",
    [{"node": "B"}, {"node": "A", "attempt": 0}, {"node": "A", "run": 0}, {"template": "other"}],
)
def test_everything_asked_for_must_hold(record: dict[str, object]) -> None:
    assert not rule_from_record(record).matches(subject("wf.A(1)", "A(1)", retried=True, run=1))


def test_the_first_rule_that_matches_wins() -> None:
    script = Rules(
        [
            rule_from_record({"node": "A", "attempt": 0, "phase": "Failed", "exitCode": 3}),
            rule_from_record({"node": "A", "phase": "Error"}),
        ]
    )
    first = script.outcome(subject("wf.A(0)", "A(0)", retried=True))
    second = script.outcome(subject("wf.A(1)", "A(1)", retried=True))
    assert first is not None
    assert second is not None
    assert (first.phase, first.exit_code, second.phase) == ("Failed", 3, "Error")
    assert script.outcome(subject("wf.B", "B")) is None


def test_an_unknown_ending_is_refused() -> None:
    with pytest.raises(BadInput, match="'Sad' is not how a pod ends"):
        rule_from_record({"phase": "Sad"})
