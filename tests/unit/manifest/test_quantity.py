"""Quantities are written as Kubernetes writes them (answers of k8s.io/apimachinery 0.35.4)."""

from __future__ import annotations

import pytest

from tiphys.errors import ManifestError
from tiphys.manifest.quantity import canonical

KUBERNETES_WRITES = {
    "0": "0", "00": "0", "1": "1", "+1": "+1", "-1": "-1", "1.5": "1500m", "1.500": "1.500", "0.5": "500m",
    ".5": "500m", "5.": "5.", ".": "0", "1000m": "1", "1500m": "1500m", "100m": "100m", "1e3": "1e3",
    "1E3": "1E3", "1e5": "100e3", "1e-3": "1e-3", "1000": "1k", "1000k": "1M", "1Ki": "1Ki", "1.5Ki": "1536",
    "0.5Ki": "512", "1024Ki": "1Mi", "1000Ki": "1000Ki", "2048Mi": "2Gi", "1.5Gi": "1536Mi",
    "9Ei": "9223372036854775807",
    "0.0000000001": "1n", "3e-10": "1e-9", "1e400": "10e399", "1000E": "1",
}  # fmt: skip


@pytest.mark.parametrize("text", KUBERNETES_WRITES)
def test_spelling(text: str) -> None:
    assert canonical(text) == KUBERNETES_WRITES[text]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must match"),
        ("1_0", "must match"),
        ("1kk", "suffix"),
        ("--1", "suffix"),
        ("Ei", "numeric"),
        ("1e99999", "suffix"),
    ],
)
def test_what_is_no_quantity_is_refused(text: str, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        canonical(text)
