"""Keys of artifacts, and the one way from a key to a path: nothing leads outside its root."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tiphys.errors import ArtifactError

RESERVED: Final = ".tiphys"
"""The folder of a root in which descriptions and unfinished work lie; no name in a key may end so."""

_LONGEST_KEY: Final = 4096
_LONGEST_NAME: Final = 255


def normal_key(key: str) -> str:
    """The key as a relative path, or `ArtifactError` when it could lead elsewhere.

    >>> normal_key("/runs//a/model")
    'runs/a/model'
    """
    if "\0" in key or len(key.encode("utf-8", "surrogatepass")) > _LONGEST_KEY:
        raise ArtifactError(f"key {key[:80]!r} is too long or holds a NUL")
    try:
        key.encode("utf-8")
    except UnicodeEncodeError:
        raise ArtifactError(f"key {key[:80]!r} is not valid Unicode") from None
    names = [name for name in key.split("/") if name not in ("", ".")]
    if not names:
        raise ArtifactError("the key of an artifact is empty")
    for name in names:
        if name == "..":
            raise ArtifactError(f"key {key[:80]!r} leads outside of its folder")
        if name.endswith(RESERVED):
            raise ArtifactError(f"key {key[:80]!r} holds a name that ends in {RESERVED}, which is reserved")
        if len(os.fsencode(name)) > _LONGEST_NAME:
            raise ArtifactError(f"key {key[:80]!r} holds a name of more than {_LONGEST_NAME} bytes")
    return "/".join(names)


def path_below(root: Path, key: str) -> Path:
    """The path of a key below `root`; refuses a symbolic link on the way."""
    path = root
    for name in normal_key(key).split("/"):
        if path.is_symlink():
            raise ArtifactError(f"{path} is a symbolic link inside an artifact store")
        path = path / name
    return path


def mapped(root: Path, absolute: str) -> Path:
    """Where an absolute path of a container lies below `root`.

    >>> str(mapped(Path("/run/pod"), "/tmp/../tmp/out"))
    '/run/pod/tmp/out'
    """
    clean = os.path.normpath("/" + absolute.lstrip("/"))
    return root / clean.lstrip("/")
