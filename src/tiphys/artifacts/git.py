"""Artifacts from git repositories: a clone without hooks, without exotic transports, without questions."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tiphys.errors import ArtifactError

_SECONDS: Final = 900
_TRANSPORT: Final = re.compile(r"^(https?://|ssh://|git://|file://|/|[\w.-]+@[\w.-]+:)")
_SAFE_CONFIG: Final = (
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.http.allow=always",
    "protocol.ssh.allow=always",
    "protocol.git.allow=always",
    "protocol.file.allow=always",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "submodule.recurse=false",
)


def clone(git: Mapping[str, Any], target: Path, password: str = "", username: str = "") -> None:
    """Clone `git.repo` into `target` and check out `git.revision`, as Argo's git driver does."""
    repository, revision = str(git.get("repo", "")), str(git.get("revision") or "")
    if not _TRANSPORT.match(repository):
        raise ArtifactError(f"git repository {repository[:200]!r} is not an address that git artifacts may use")
    if revision.startswith("-") or not revision.isprintable():
        raise ArtifactError(f"git revision {revision[:200]!r} is not a name")
    arguments = ["clone", "--no-checkout"]
    if depth := git.get("depth"):
        arguments.append(f"--depth={int(depth)}")
    if git.get("singleBranch"):
        arguments += ["--single-branch", f"--branch={git.get('branch') or 'HEAD'}"]
    _git([*arguments, "--", repository, str(target)], username, password)
    for refspec in git.get("fetch") or []:
        if str(refspec).startswith("-"):
            raise ArtifactError(f"git refspec {refspec!r} is not a name")
        _git(["-C", str(target), "fetch", "origin", str(refspec)], username, password)
    _git(["-C", str(target), "checkout", "--force", _commit(target, revision), "--"], username, password)
    if not git.get("disableSubmodules"):
        update = ["-C", str(target), "submodule", "update", "--init", "--recursive", "--force"]
        _git(update, username, password)


def _commit(target: Path, revision: str) -> str:
    if not revision:
        return "HEAD"
    for name in (f"refs/remotes/origin/{revision}", revision):
        words = ["git", "-C", str(target), "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
        found = subprocess.run(  # noqa: S603 (a list; the revision cannot be an option)
            words, capture_output=True, text=True, env=_environment("", ""), check=False
        )
        if found.returncode == 0:
            return found.stdout.strip()
    raise ArtifactError(f"git revision {revision} was not found in the repository")


def _git(arguments: list[str], username: str, password: str) -> None:
    words = ["git"]
    for setting in _SAFE_CONFIG:
        words += ["-c", setting]
    if password:
        helper = '!f() { echo "username=$TIPHYS_GIT_USERNAME"; echo "password=$TIPHYS_GIT_PASSWORD"; }; f'
        words += ["-c", "credential.helper=", "-c", f"credential.helper={helper}"]
    try:
        done = subprocess.run(  # noqa: S603 (a list; what comes from outside stands behind `--` or was checked)
            [*words, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            env=_environment(username, password),
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise ArtifactError("git is not installed", remedy="install git to use git artifacts") from None
    except subprocess.TimeoutExpired:
        raise ArtifactError(f"git took longer than {_SECONDS} s") from None
    if done.returncode:
        raise ArtifactError(f"git failed: {done.stderr.strip()[-500:]}")


def _environment(username: str, password: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SSH_AUTH_SOCK") if name in os.environ}
    return {
        **kept,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ASKPASS": "/bin/false",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "TIPHYS_GIT_USERNAME": username,
        "TIPHYS_GIT_PASSWORD": password,
    }
