"""Where the absolute paths of a container lie on this machine.

Each container has a root folder; below it lie the paths that its template declares. A path below a
volume mount lies in the volume's folder, the longest mount path first, as Argo and Kubernetes see it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tiphys.artifacts.keys import mapped

_MOST_LINKS: Final = 40


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume mounted into a container: `source` is a folder or file of this machine."""

    path: str
    source: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The root folder of a container, and what is mounted over it."""

    root: Path
    mounts: Sequence[Mount] = ()

    def mount_of(self, path: str) -> Mount | None:
        """The volume mount that holds a path, if one does (Argo's FindOverlappingVolume)."""
        clean = posixpath.normpath(path)
        found = [each for each in self.mounts if clean == each.path or clean.startswith(each.path.rstrip("/") + "/")]
        return max(found, key=lambda each: len(each.path), default=None)

    def real(self, path: str) -> Path:
        """The place of an absolute path of the container."""
        mount = self.mount_of(path)
        if mount is None:
            return mapped(self.root, path)
        rest = posixpath.relpath(posixpath.normpath(path), mount.path)
        return Path(mount.source) if rest == "." else mapped(Path(mount.source), rest)

    def inside(self, path: str) -> Path:
        """`real`, with links followed as the container would follow them: none leads out.

        Raises `ValueError` for a link that runs in a circle.
        """
        mount = self.mount_of(path)
        top = self.root if mount is None else Path(mount.source)
        place = self.real(path)
        return place if place == top else _followed(top, place.relative_to(top).parts)


def _followed(top: Path, parts: Sequence[str]) -> Path:
    pending, at, links = list(reversed(parts)), top, 0
    while pending:
        name = pending.pop()
        if name == "..":
            at = at if at == top else at.parent
            continue
        if not (at / name).is_symlink():
            at = at / name
            continue
        links += 1
        if links > _MOST_LINKS:
            raise ValueError(f"{at / name} is a link in a circle")
        text = str((at / name).readlink())
        if text == str(top) or text.startswith(f"{top}/"):
            text = text[len(str(top)) :] or "/"
        at = top if text.startswith("/") else at
        pending.extend(part for part in reversed(text.split("/")) if part not in ("", "."))
    return at
