"""Readiness probes, for pods that others wait for: a daemon is Running once its probe succeeds."""

from __future__ import annotations

import http.client
import socket
import subprocess
from collections.abc import Mapping
from typing import Any

Json = Any

PERIOD_SECONDS = 0.1
_LONGEST_SECONDS = 5.0


def is_ready(probe: Mapping[str, Json], environ: Mapping[str, str], address: str) -> bool:
    """Whether the probe succeeds now; one of a kind that is not known always does."""
    seconds = min(float(probe.get("timeoutSeconds") or 1), _LONGEST_SECONDS)
    if get := probe.get("httpGet"):
        return _answers(get, str(get.get("host") or address), seconds)
    if tcp := probe.get("tcpSocket"):
        return _accepts(str(tcp.get("host") or address), int(tcp["port"]), seconds)
    if command := (probe.get("exec") or {}).get("command"):
        return _succeeds([str(word) for word in command], environ, seconds)
    return True


def _answers(get: Mapping[str, Json], host: str, seconds: float) -> bool:
    secure = str(get.get("scheme") or "HTTP").upper() == "HTTPS"
    make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = make(host, int(get["port"]), timeout=seconds)
    headers = {str(each["name"]): str(each.get("value") or "") for each in get.get("httpHeaders") or []}
    try:
        connection.request("GET", str(get.get("path") or "/"), headers=headers)
        return 200 <= connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _accepts(host: str, port: int, seconds: float) -> bool:
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError:
        return False
    return True


def _succeeds(words: list[str], environ: Mapping[str, str], seconds: float) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 (the author's probe)
            words, env=dict(environ), capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
