"""Paths, as Go's package path takes them apart."""

from __future__ import annotations

from tiphys.expressions.functions.signature import B, S, Table, function


def clean(path: str) -> str:
    """path.Clean: the shortest path that means the same.

    >>> clean("/a/../b//c/."), clean(""), clean("../x")
    ('/b/c', '.', '../x')
    """
    rooted = path.startswith("/")
    kept: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            kept.append(part)
        elif kept and kept[-1] != "..":
            kept.pop()
        elif not rooted:
            kept.append("..")
    return ("/" if rooted else "") + "/".join(kept) or "."


def base(path: str) -> str:
    if not path:
        return "."
    stripped = path.rstrip("/")
    return stripped.rpartition("/")[2] if stripped else "/"


def directory(path: str) -> str:
    head, slash, _ = path.rpartition("/")
    return clean(head + slash)


def extension(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""


FUNCTIONS: Table = {}
for _prefix in ("", "os"):
    for _name, _call in (("Base", base), ("Dir", directory), ("Clean", clean), ("Ext", extension)):
        FUNCTIONS[_prefix + _name if _prefix else _name.lower()] = function(_call, S, output=S)
    FUNCTIONS[_prefix + "IsAbs" if _prefix else "isAbs"] = function(lambda path: path.startswith("/"), S, output=B)
