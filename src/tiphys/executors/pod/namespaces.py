"""A view of the file system for one container, by Linux namespaces: no helper program is needed.

The container's root folder becomes `/`; this machine's folders are bound into it, but not `/tmp`, and
not where the container has its own. It maps paths; it is no wall against hostile code.
"""

from __future__ import annotations

import ctypes
import os
import platform
import posixpath
import stat
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tiphys.executors.pod.layout import Mount

PRIVATE: Final = ("/tmp", "/argo", "/mainctrfs")  # noqa: S108 (names inside the sandbox)
"""Folders of which a container never sees this machine's."""

_TEMPORARY: Final = "/tmp/"  # noqa: S108 (a name inside the sandbox)
_CLONE_NEWNS: Final = 0x00020000
_CLONE_NEWUSER: Final = 0x10000000
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
_MNT_DETACH: Final = 2
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41, "ppc64le": 203, "s390x": 217, "riscv64": 41}


@dataclass(slots=True)
class View:
    """What to bind where: folders to make, links to make, and mounts in order.

    `whole` is False when nothing but `/tmp` is the container's own: then `/` stays this machine's.
    """

    whole: bool = True
    folders: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    binds: list[Mount] = field(default_factory=list)


def plan(mounts: Sequence[Mount], own: Iterable[str], visible: Iterable[str] = ()) -> View:
    """The view of a container with these volume mounts.

    `own` are absolute paths that must be the container's own (declared outputs and inputs);
    `visible` are paths of this machine that it sees although they lie in a private folder.
    """
    own = [posixpath.normpath(each) for each in own]
    if not mounts and all(each.startswith(_TEMPORARY) for each in own):
        return View(whole=False, binds=[Mount(path, path) for path in visible])
    view = View()
    closed = {posixpath.normpath(path) for path in PRIVATE}
    open_chain: set[str] = {"/"}
    for path in (*closed, *(posixpath.normpath(each) for each in own), *(each.path for each in mounts)):
        parent = posixpath.dirname(path)
        while parent != "/" and not _below_any(parent, closed):
            open_chain.add(parent)
            parent = posixpath.dirname(parent)
    mounted = {each.path for each in mounts}
    for folder in sorted(open_chain):
        _open(folder, open_chain, closed | {posixpath.normpath(each) for each in own} | mounted, view)
    for path in visible:
        view.binds.append(Mount(path, path))
    view.binds.extend(sorted(mounts, key=lambda each: each.path.count("/")))
    return view


def _open(folder: str, chain: set[str], closed: set[str], view: View) -> None:
    """Bind each entry of a folder of this machine, but those that the container has for itself."""
    if not Path(folder).is_dir() or Path(folder).is_symlink():
        return
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        path = posixpath.join(folder, entry.name)
        if path in closed:
            continue
        if entry.is_symlink():
            view.links.append((path, str(Path(path).readlink())))
        elif path in chain:
            view.folders.append(path)
        else:
            view.binds.append(Mount(path, path))


def _below_any(path: str, folders: Iterable[str]) -> bool:
    return any(path == each or path.startswith(f"{each}/") for each in folders)


def prepare(root: Path, view: View) -> list[Path]:
    """Make the folders and files on which the view is mounted; gives those that were made."""
    made: list[Path] = []
    _make_folders(root, "/tmp", made)  # noqa: S108 (inside the sandbox)
    (root / "tmp").chmod(0o1777)
    for path in view.folders:
        _make_folders(root, path, made)
    for path, text in view.links:
        place = root / path.lstrip("/")
        _make_folders(root, posixpath.dirname(path), made)
        if not place.is_symlink() and not place.exists():
            place.symlink_to(text)
            made.append(place)
    for bind in view.binds:
        place = root / bind.path.lstrip("/")
        if Path(bind.source).is_dir():
            _make_folders(root, bind.path, made)
        elif not place.exists():
            _make_folders(root, posixpath.dirname(bind.path), made)
            place.touch()
            made.append(place)
    return made


def clear(made: Iterable[Path]) -> None:
    """Remove what `prepare` made and nobody used."""
    for path in reversed(list(made)):
        try:
            if path.is_symlink() or path.is_file():
                path.unlink()
            else:
                path.rmdir()
        except OSError:
            continue  # not empty: the container wrote there


def enter(root: Path, view: View) -> None:
    """Move this process into the view. Raises `OSError` where the kernel does not allow it."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0 and _call(libc.unshare, _CLONE_NEWNS, may_fail=True):
        pass
    else:
        _call(libc.unshare, _CLONE_NEWNS | _CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _mount(libc, "none", "/", _MS_REC | _MS_PRIVATE)
    if not view.whole:
        _enter_temporary(libc, root, view)
        return
    _mount(libc, str(root), str(root), _MS_BIND | _MS_REC)
    for bind in view.binds:
        target = str(root / bind.path.lstrip("/"))
        _mount(libc, bind.source, target, _MS_BIND | _MS_REC)
        if bind.read_only:
            _mount(libc, "none", target, _MS_BIND | _MS_REMOUNT | _MS_RDONLY)
    os.chdir(root)
    number = _PIVOT_ROOT.get(platform.machine())
    if number is None:
        os.chroot(root)
    else:
        _call(libc.syscall, ctypes.c_long(number), b".", b".")
        _call(libc.umount2, b".", _MNT_DETACH)
    os.chdir("/")


def _enter_temporary(libc: ctypes.CDLL, root: Path, view: View) -> None:
    """Have a `/tmp` of our own; what is visible in it is held open before it is covered."""
    held = [os.open(bind.source, os.O_PATH) for bind in view.binds]
    _mount(libc, str(root / "tmp"), _TEMPORARY, _MS_BIND)
    for descriptor, bind in zip(held, view.binds, strict=True):
        _mount(libc, f"/proc/self/fd/{descriptor}", bind.path, _MS_BIND | _MS_REC)
        os.close(descriptor)


def is_offered() -> bool:
    """Whether this machine lets us have such views; tried in a child of a single-threaded process."""
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory(prefix="tiphys-") as folder:
        root = Path(folder).resolve()
        made = prepare(root, View(binds=[Mount("/usr", "/usr")]))
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                enter(root, View(binds=[Mount("/usr", "/usr")]))
                code = 0 if Path("/usr").is_dir() else 1
            except (OSError, AttributeError):
                code = 1
            finally:
                os._exit(code)
        offered = os.waitpid(pid, 0)[1] == 0
        clear(made)
    return offered


def _mount(libc: ctypes.CDLL, source: str, target: str, flags: int) -> None:
    _call(libc.mount, os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None, about=target)


def _call(function: ctypes._NamedFuncPointer, *arguments: object, may_fail: bool = False, about: str = "") -> bool:
    if function(*arguments) == 0:
        return True
    if may_fail:
        return False
    number = ctypes.get_errno()
    raise OSError(number, f"{function.__name__}: {os.strerror(number)}", about or None)


def _make_folders(root: Path, path: str, made: list[Path]) -> None:
    at = root
    for name in path.strip("/").split("/"):
        at = at / name
        try:
            status = at.lstat()
        except FileNotFoundError:
            at.mkdir(mode=0o755)
            made.append(at)
            continue
        if not stat.S_ISDIR(status.st_mode):
            raise OSError(f"{at} is in the way")
