"""Times of Kubernetes' objects in their canonical spelling (RFC 3339, UTC, whole seconds)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from tiphys.errors import ManifestError

_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|([-+])(\d\d):(\d\d))\Z", re.ASCII
)


def canonical(text: str) -> str:
    """Return a time as Kubernetes writes it; raise `ManifestError` in Go's words when it is none.

    >>> canonical("2024-01-01T02:00:00.5+02:00")
    '2024-01-01T00:00:00Z'
    """
    found = _TIME.match(text)
    try:
        if found is None:
            raise ValueError(text)
        moment = datetime(*(int(part) for part in found.groups()[:6]), tzinfo=UTC)  # type: ignore[misc,arg-type]
        if found[7]:
            offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
            moment = moment - offset if found[7] == "+" else moment + offset
    except (ValueError, OverflowError):
        raise ManifestError(
            f'parsing time "{text}" as "2006-01-02T15:04:05Z07:00": cannot parse "{text}" as "2006"'
        ) from None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
