"""Artifacts by HTTP: fetched with GET, saved with PUT, as Argo's http driver does.

Addresses of cloud metadata services are refused, also behind a redirect or a name.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import shutil
import socket
import ssl
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tiphys.artifacts.folder import NoSuchArtifact
from tiphys.errors import ArtifactError

Header = tuple[str, str]

_FORBIDDEN: Final = tuple(ipaddress.ip_network(text) for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32"))
_MOST_REDIRECTS: Final = 10
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TIMEOUT: Final = 60.0


def basic_authorization(username: str, password: str) -> Header:
    """The header of HTTP basic authentication."""
    token = base64.b64encode(f"{username}:{password}".encode()).decode()
    return "Authorization", f"Basic {token}"


def fetch(url: str, target: Path, headers: Sequence[Header] = ()) -> None:
    """Write the answer to a GET into `target`."""
    for _ in range(_MOST_REDIRECTS):
        connection, path = connect(url)
        with closing(connection):
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            if answer.status in REDIRECTS and (location := answer.getheader("Location")):
                further = urllib.parse.urljoin(url, location)
                if urllib.parse.urlsplit(further).netloc != urllib.parse.urlsplit(url).netloc:
                    headers = [each for each in headers if each[0].lower() != "authorization"]
                url = further
                continue
            _check(url, answer, "loading content from")
            with target.open("wb") as file:
                shutil.copyfileobj(answer, file, 1 << 20)
            return
    raise ArtifactError(f"loading content from {url} failed: more than {_MOST_REDIRECTS} redirects")


def put(source: Path, url: str, headers: Sequence[Header] = ()) -> None:
    """Send a file with PUT."""
    connection, path = connect(url)
    with closing(connection), source.open("rb") as file:
        size = str(source.stat().st_size)
        connection.request("PUT", path, body=file, headers={"Content-Length": size, **dict(headers)})
        _check(url, connection.getresponse(), "saving content to")


def checked_address(host: str, port: int) -> tuple[str, int]:
    """The address to connect to; a name is looked up once, and the answer is what is used."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ArtifactError(f"{host} cannot be found: {error}") from error
    address = ipaddress.ip_address(str(found[0][4][0]).split("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if any(address in network for network in _FORBIDDEN):
        raise ArtifactError(f"{host} ({address}) is a metadata address, which artifacts may not be read from")
    return str(found[0][4][0]), port


def connect(url: str, timeout: float = _TIMEOUT, *, verify: bool = True) -> tuple[http.client.HTTPConnection, str]:
    """A connection to the host of a URL, looked up once, and the path to ask it for."""
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise ArtifactError(f"{url} is not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArtifactError(f"{url} is not an http or https address")
    address = checked_address(parts.hostname, port)
    path = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.hostname, port, timeout=timeout)
        context = ssl.create_default_context()
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            plain = socket.create_connection(address, timeout=timeout)
            connection.sock = context.wrap_socket(plain, server_hostname=parts.hostname)
        except OSError as error:
            raise ArtifactError(f"cannot connect to {url}: {error}") from error
    else:
        connection = http.client.HTTPConnection(parts.hostname, port, timeout=timeout)
        try:
            connection.sock = socket.create_connection(address, timeout=timeout)
        except OSError as error:
            raise ArtifactError(f"cannot connect to {url}: {error}") from error
    return connection, path


class closing:
    """Closes the connection, and turns what HTTP and sockets raise into `ArtifactError`."""

    def __init__(self, connection: http.client.HTTPConnection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.connection.close()
        if isinstance(error, http.client.HTTPException | OSError):
            raise ArtifactError(f"{self.connection.host}: {error or type(error).__name__}") from error


def _check(url: str, answer: http.client.HTTPResponse, doing: str) -> None:
    if answer.status == http.HTTPStatus.NOT_FOUND:
        raise NoSuchArtifact(f"{answer.status} {answer.reason}")
    if not 200 <= answer.status < 300:
        raise ArtifactError(f"{doing} {url} failed with reason: {answer.status} {answer.reason}")
