"""HTTP templates, done as Argo's agent does them.

The result is the body of the answer; the node succeeds on a 2xx, or as `successCondition` says. What
cannot be asked at all is a Failed node with the reason.
"""

from __future__ import annotations

import base64
import binascii
import http
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tiphys.artifacts.http import REDIRECTS, closing, connect
from tiphys.errors import ArtifactError, ExecutorError, ExpressionError
from tiphys.expressions.expr import evaluate_bool
from tiphys.messages.events import TaskReported
from tiphys.messages.outputs import Outputs

Json = Any
Secrets = Mapping[str, Mapping[str, str]]

_LARGEST_ANSWER: Final = 4 << 20
_MOST_REDIRECTS: Final = 10
_DEFAULT_SECONDS: Final = 30.0 * 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    body: str
    headers: Mapping[str, list[str]]


def do(node_id: str, template: Mapping[str, Json], secrets: Secrets) -> TaskReported:
    """Ask, and judge the answer."""
    settings = template["http"]
    try:
        answer = ask(settings, _headers(settings, secrets))
        complaint = _complaint(settings, answer)
    except (ArtifactError, ExecutorError, ExpressionError) as error:
        return TaskReported(node_id, "Failed", error.message)
    outputs = Outputs(result=answer.body)
    return TaskReported(node_id, "Failed" if complaint else "Succeeded", complaint, outputs)


def ask(settings: Mapping[str, Json], headers: Sequence[tuple[str, str]]) -> Answer:
    """Send the request of a template, and follow where the server points."""
    url, method = str(settings.get("url", "")), str(settings.get("method") or "GET").upper()
    body: bytes | None = _body(settings)
    seconds = float(settings.get("timeoutSeconds") or _DEFAULT_SECONDS)
    for _ in range(_MOST_REDIRECTS):
        connection, path = connect(url, seconds, verify=not settings.get("insecureSkipVerify"))
        with closing(connection):
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            location = answer.getheader("Location")
            if answer.status in REDIRECTS and location:
                if answer.status not in (
                    http.HTTPStatus.TEMPORARY_REDIRECT,
                    http.HTTPStatus.PERMANENT_REDIRECT,
                ):
                    method, body = ("HEAD" if method == "HEAD" else "GET"), None
                url = urllib.parse.urljoin(url, location)
                continue
            data = answer.read(_LARGEST_ANSWER + 1)
        if len(data) > _LARGEST_ANSWER:
            raise ExecutorError(f"the answer of {url} is larger than {_LARGEST_ANSWER} bytes")
        found: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            found.setdefault("-".join(part.capitalize() for part in name.split("-")), []).append(value)
        return Answer(answer.status, data.decode("utf-8", "replace"), found)
    raise ExecutorError(f'{method.capitalize()} "{url}": stopped after {_MOST_REDIRECTS} redirects')


def _complaint(settings: Mapping[str, Json], answer: Answer) -> str:
    condition = str(settings.get("successCondition") or "")
    if not condition:
        return "" if 200 <= answer.status < 300 else f"received non-2xx response code: {answer.status}"
    scope = {
        "request": {
            "method": str(settings.get("method") or ""),
            "url": str(settings.get("url") or ""),
            "body": str(settings.get("body") or ""),
            "headers": {str(each["name"]): [str(each.get("value") or "")] for each in settings.get("headers") or []},
        },
        "response": {"statusCode": answer.status, "body": answer.body, "headers": dict(answer.headers)},
    }
    return "" if evaluate_bool(condition, scope) else f"successCondition '{condition}' evaluated false"


def _body(settings: Mapping[str, Json]) -> bytes:
    source = settings.get("bodyFrom")
    if source and source.get("bytes") is not None:
        try:
            return base64.b64decode(str(source["bytes"]), validate=True)
        except binascii.Error as error:
            raise ExecutorError(f"bodyFrom.bytes is not base64: {error}") from error
    return str(settings.get("body") or "").encode()


def _headers(settings: Mapping[str, Json], secrets: Secrets) -> list[tuple[str, str]]:
    found = []
    for header in settings.get("headers") or []:
        value = str(header.get("value") or "")
        reference = (header.get("valueFrom") or {}).get("secretKeyRef")
        if reference:
            name, key = str(reference.get("name", "")), str(reference.get("key", ""))
            if name not in secrets:
                raise ExecutorError(f'secrets "{name}" not found')
            if key not in secrets[name]:
                raise ExecutorError(f"secret '{name}' does not have the key '{key}'")
            value = secrets[name][key]
        found.append((str(header.get("name", "")), value))
    return found
