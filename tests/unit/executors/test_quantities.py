"""Kubernetes' quantities as numbers."""

from decimal import Decimal

import pytest

from tiphys.errors import ExecutorError
from tiphys.executors.quantities import bytes_of, cores_of, requested


@pytest.mark.parametrize(
    ("text", "value"), [("2", 2.0), ("500m", 0.5), ("1.5", 1.5), ("1e2", 100.0), ("0", 0.0), ("100u", 0.0001)]
)
def test_cores(text: str, value: float) -> None:
    assert cores_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1Ki", 1024), ("1.5Gi", 3 << 29), ("1k", 1000), ("2M", 2_000_000), ("1.2", 2), ("1E", 10**18)],
)
def test_bytes(text: str, value: int) -> None:
    assert bytes_of(text) == value


@pytest.mark.parametrize("text", ["", "x", "1Q", "1..2", ".", "1 Gi", "--1"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ExecutorError):
        cores_of(text)


def test_requests_stand_before_limits() -> None:
    containers = [
        {"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "4"}}},
        {"resources": {"limits": {"cpu": "500m"}}},
        {},
    ]
    assert requested(containers, "cpu") == Decimal("1.5")
