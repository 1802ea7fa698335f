"""HTTP templates against a real server on loopback."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tiphys.messages.events import TaskReported
from tiphys.runtime import http_task


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked; `/status/N` answers with N, `/to/X` points to X."""

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        status = int(self.path.rpartition("/")[2]) if self.path.startswith("/status/") else 200
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        text = f"{self.command} {self.path} {self.headers.get('X-Key', '')} {body}".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("x-kind", "echo")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = answer

    def log_message(self, format: str, *args: Any) -> None:
        return None


@pytest.fixture
def url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def do(settings: dict[str, Any]) -> TaskReported:
    return http_task.do("node", {"http": settings}, {"creds": {"key": "hush"}})


def test_the_body_is_the_result(url: str) -> None:
    report = do({"url": f"{url}/a?b=1", "method": "POST", "body": "ü"})
    assert (report.phase, report.message) == ("Succeeded", "")
    assert report.outputs is not None
    assert report.outputs.result == "POST /a?b=1  ü"


def test_headers_may_come_from_secrets(url: str) -> None:
    reference = {"secretKeyRef": {"name": "creds", "key": "key"}}
    report = do({"url": url, "headers": [{"name": "X-Key", "valueFrom": reference}]})
    assert report.outputs is not None
    assert report.outputs.result == "GET / hush "
    missing = {"secretKeyRef": {"name": "no", "key": "key"}}
    assert (
        do({"url": url, "headers": [{"name": "X-Key", "valueFrom": missing}]}).message
        == 'secrets "no" not found'
    )


def test_other_answers_fail(url: str) -> None:
    report = do({"url": f"{url}/status/404"})
    assert (report.phase, report.message) == ("Failed", "received non-2xx response code: 404")


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("response.statusCode == 404", ""),
        ("response.body contains 'status'", ""),
        ("response.headers['X-Kind'][0] == 'echo'", ""),
        ("request.method == 'PUT'", ""),
        ("response.statusCode == 200", "successCondition 'response.statusCode == 200' evaluated false"),
    ],
)
def test_conditions_judge(url: str, condition: str, message: str) -> None:
    report = do({"url": f"{url}/status/404", "method": "PUT", "successCondition": condition})
    assert (report.phase, report.message) == ("Failed" if message else "Succeeded", message)


def test_a_condition_that_cannot_be_evaluated_fails(url: str) -> None:
    assert do({"url": url, "successCondition": "response.("}).phase == "Failed"


def test_redirects_are_followed(url: str) -> None:
    report = do({"url": f"{url}/to/there", "method": "POST", "body": "lost"})
    assert report.outputs is not None
    assert report.outputs.result == "GET /there  "


def test_bytes_are_decoded(url: str) -> None:
    report = do({"url": url, "method": "POST", "bodyFrom": {"bytes": "aGk="}})
    assert report.outputs is not None
    assert report.outputs.result == "POST /  hi"


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/", "file:///etc/passwd", "http://127.0.0.1:1/", "nonsense", "http://[/"]
)
def test_what_cannot_be_asked_is_said(url: str) -> None:
    report = do({"url": url, "timeoutSeconds": 2})
    assert report.phase == "Failed"
    assert report.message
