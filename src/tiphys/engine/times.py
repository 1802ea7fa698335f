"""Times as Kubernetes writes them: RFC 3339 in UTC, whole seconds."""

from __future__ import annotations

from datetime import UTC, datetime

from tiphys.manifest import timestamps


def rfc3339(seconds: float) -> str:
    """A time (seconds since the epoch) as text.

    >>> rfc3339(946684860.5)
    '2000-01-01T00:01:00Z'
    """
    return datetime.fromtimestamp(int(seconds // 1), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_rfc3339(text: str) -> float:
    """The time that a text says, in seconds since the epoch; raises `ManifestError` in Go's words."""
    canonical = timestamps.canonical(text)
    return datetime.strptime(canonical, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
