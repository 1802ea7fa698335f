"""URLs taken apart and put together, as Go's net/url does."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any

from tiphys.expressions.functions.signature import M, S, Table, function
from tiphys.expressions.go_quote import quote
from tiphys.expressions.go_values import GoPanic, from_bytes, kind_of, to_bytes

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PATH = frozenset(to_bytes(_UNRESERVED + "$&+,/:;=@"))
_HOST = frozenset(to_bytes(_UNRESERVED + "!$&'()*+,;=:[]<>\""))
_USER = frozenset(to_bytes(_UNRESERVED + "$&+,;="))
_FRAGMENT = frozenset(to_bytes(_UNRESERVED + "$&+,/:;=?@!()*"))
_ESCAPE = re.compile(rb"%(?:([0-9A-Fa-f]{2})|.{0,2})", re.DOTALL)
_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")


class _Bad(Exception):
    """Why a text is no URL."""


def _unescape(text: str, *, host: bool = False) -> str:
    data = to_bytes(text)

    def decode(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            raise _Bad(f"invalid URL escape {quote(from_bytes(match[0]))}")
        if host and match[1][0] < ord("8") and match[0] != b"%25":
            raise _Bad(f"invalid URL escape {quote(from_bytes(match[0]))}")
        return bytes.fromhex(match[1].decode())

    if host:
        _check_host(data)
    return from_bytes(_ESCAPE.sub(decode, data))


def _check_host(data: bytes) -> None:
    at = 0
    while at < len(data):
        if data[at] == ord("%"):
            escape = data[at : at + 3]
            if _ESCAPE.fullmatch(escape) is None or len(escape) < 3 or (escape[1] < ord("8") and escape != b"%25"):
                raise _Bad(f"invalid URL escape {quote(from_bytes(escape))}")
            at += 3
        elif data[at] < 0x80 and data[at] not in _HOST:
            raise _Bad(f"invalid character {quote(chr(data[at]))} in host name")
        else:
            at += 1


def _escape(text: str, plain: frozenset[int]) -> str:
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in to_bytes(text))


@dataclass(slots=True)
class Url:
    """What Go's url.URL holds."""

    scheme: str = ""
    opaque: str = ""
    user: str | None = None  # escaped, with the password
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""


def parse(text: str) -> Url:
    """url.Parse; raises `GoPanic` with its words."""
    head, _, fragment = text.partition("#")
    try:
        url = _parse(head)
    except _Bad as bad:
        raise GoPanic(f"parse {quote(head)}: {bad}") from None
    try:
        url.fragment = _unescape(fragment)
    except _Bad as bad:
        raise GoPanic(f"parse {quote(text)}: {bad}") from None
    return url


def _parse(text: str) -> Url:
    if any(byte < 0x20 or byte == 0x7F for byte in to_bytes(text)):
        raise _Bad("net/url: invalid control character in URL")
    if text == "*":
        return Url(path="*")
    url = Url()
    scheme = _SCHEME.match(text)
    if scheme is not None:
        url.scheme = scheme[0][:-1].lower()
        text = text[scheme.end() :]
    elif text.startswith(":"):
        raise _Bad("missing protocol scheme")
    rest, _, url.query = text.partition("?")
    if not rest.startswith("/"):
        if url.scheme:
            url.opaque = rest
            return url
        if ":" in rest.partition("/")[0]:
            raise _Bad("first path segment in URL cannot contain colon")
    if rest.startswith("//") and (url.scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        _set_authority(url, authority)
    url.path = _unescape(rest)
    return url


def _set_authority(url: Url, authority: str) -> None:
    user, at, host = authority.rpartition("@")
    url.host = _host(url.scheme, host)
    if not at:
        return
    if _USERINFO.fullmatch(user) is None:
        raise _Bad("net/url: invalid userinfo")
    name, colon, password = user.partition(":")
    url.user = _escape(_unescape(name), _USER) + (colon and ":" + _escape(_unescape(password), _USER))


def _check_port(port: str) -> None:
    if port and re.fullmatch(r":[0-9]*", port) is None:
        raise _Bad(f"invalid port {quote(port)} after host")


def _host(scheme: str, host: str) -> str:
    bracket = host.rfind("[")
    if bracket > 0:
        raise _Bad("invalid IP-literal")
    if bracket == 0:
        return _ip_literal(host)
    first = host.find(":")
    if first >= 0:
        strict = scheme in ("http", "https")
        _check_port(host[first if strict else host.rfind(":") :])
    return _unescape(host, host=True)


def _ip_literal(host: str) -> str:
    close = host.rfind("]")
    if close < 0:
        raise _Bad("missing ']' in host")
    port = host[close + 1 :]
    _check_port(port)
    name = _unescape(host[1:close], host=True)
    address = name.partition("%")[0]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        raise _Bad(f"invalid host: ParseAddr({quote(name)}): unable to parse IP") from None
    if parsed.version == 4:
        raise _Bad("invalid IP-literal")
    return f"[{name}]{port}"


def _hostname(host: str) -> str:
    if host.startswith("[") and "]" in host:
        return host[1 : host.index("]")]
    name, colon, port = host.rpartition(":")
    return name if colon and (not port or port.isdecimal()) else host


def _url_parse(text: str) -> dict[str, Any]:
    try:
        url = parse(text)
    except GoPanic as panic:
        raise GoPanic(f"unable to parse url: {panic.message}") from None
    return {
        "scheme": url.scheme,
        "host": url.host,
        "hostname": _hostname(url.host),
        "path": url.path,
        "query": url.query,
        "opaque": url.opaque,
        "fragment": url.fragment,
        "userinfo": url.user or "",
    }


def _text(parts: dict[str, Any], key: str) -> str:
    value = parts.get(key, "")
    if value is None:
        raise GoPanic("runtime error: invalid memory address or nil pointer dereference")
    if type(value) is not str:
        raise GoPanic(f"unable to parse {key} key, must be of type string, but {kind_of(value)} found")
    return value


def _url_join(parts: dict[str, Any]) -> str:
    names = ("scheme", "host", "path", "query", "opaque", "fragment")
    scheme, host, path, query, opaque, fragment = (_text(parts, name) for name in names)
    info = _text(parts, "userinfo")
    user: str | None = None
    if info:
        try:
            user = parse(f"proto://{info}@host").user
        except GoPanic as panic:
            raise GoPanic(f"unable to parse userinfo in dict: {panic.message}") from None
    return join(Url(scheme, opaque, user, host, path, query, fragment))


def join(url: Url) -> str:
    """URL.String."""
    text = f"{url.scheme}:" if url.scheme else ""
    if url.opaque:
        text += url.opaque
    else:
        named = url.host or url.user is not None
        if (url.scheme and url.path) or named:
            text += "//" + ("" if url.user is None else f"{url.user}@") + _escape_host(url.host)
        path = "*" if url.path == "*" else _escape(url.path, _PATH)
        if path and not path.startswith("/") and url.host:
            text += "/"
        if not text and ":" in path.partition("/")[0]:
            text = "./"
        text += path
    if url.query:
        text += f"?{url.query}"
    return text + (f"#{_escape(url.fragment, _FRAGMENT)}" if url.fragment else "")


def _escape_host(host: str) -> str:
    return _escape(host, _HOST)


FUNCTIONS: Table = {
    "urlParse": function(_url_parse, S, output=M),
    "urlJoin": function(_url_join, M, output=S),
}
