"""KFP's Python components: recognised by the command the SDK writes, and made ready for a plain pod.

The SDK's command is `sh -ec <program> <source>`, perhaps behind one that installs packages, or in images
that were built for the component `python3 -m kfp.dsl.executor_main`. Forms of the SDKs 2.0 to 2.17.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tiphys.compiler.epilogue import Around
from tiphys.errors import Unsupported
from tiphys.messages.component import Component

_MAIN: Final = re.compile(r"-m\s+kfp\.(?:dsl|components)\.executor_main\b")
_MODULE: Final = re.compile(r"kfp\.(?:dsl|components)\.executor_main\Z")
_WRITES_SOURCE: Final = 'printf "%s" "$0"'
_INSTALL: Final = re.compile(r"-m pip install ((?:'[^']*'|[^'&\n])*)")
_KFP: Final = re.compile(r"kfp(?:\[[^\]]*\])?==([^\s;]+)\Z")
_JOINTS: Final = ("<>", "<|>", "<~>", "<^>", "<%>")


@dataclass(frozen=True, slots=True)
class PythonCommand:
    """A command that hands out its results, and what the annotation says of it."""

    command: tuple[str, ...]
    component: Component


def python_command(
    command: Sequence[str], args: Sequence[str], sdk_version: str, around: Around, where: str
) -> PythonCommand | None:
    """The component's command with lines around KFP's own program; None if it is no Python component."""
    function = _function(args)
    if not function:
        return None
    for index, part in enumerate(command):
        if _MODULE.match(part) and index and command[index - 1] == "-m":
            return _in_image(command, function, sdk_version, around)
        if _MAIN.search(part) and index and command[index - 1].startswith("-"):
            return _inline(command, index, function, sdk_version, around, where)
    return None


def _function(args: Sequence[str]) -> str:
    if "--executor_input" not in args or "--function_to_execute" not in args:
        return ""
    at = list(args).index("--function_to_execute") + 1
    return args[at] if at < len(args) else ""


def _in_image(command: Sequence[str], function: str, sdk_version: str, around: Around) -> PythonCommand:
    script = around.before + '"$0" "$@"\n' + around.after
    whole = ("sh", "-ec", script, *command) if around.after else tuple(command)
    return PythonCommand(whole, Component("image", function, kfp=_version(sdk_version)))


def _inline(
    command: Sequence[str], index: int, function: str, sdk_version: str, around: Around, where: str
) -> PythonCommand:
    if index + 1 >= len(command):
        raise Unsupported(
            f"{where}: the command of this Python component has no source behind its program",
            remedy="Compile the pipeline with a released kfp SDK 2.",
        )
    program, source = command[index], command[index + 1]
    joint = _joint(source) if "{{" in source else ""
    if joint:
        if _WRITES_SOURCE not in program:
            raise Unsupported(
                f"{where}: the source has `{{{{` in it, and the program does not write it as the SDK does",
                remedy="Compile the pipeline with a released kfp SDK 2, or put a blank between the braces.",
            )
        program = program.replace(_WRITES_SOURCE, f"{_WRITES_SOURCE} | sed 's/{joint}//g'", 1)
        source = re.sub(r"\{(?=\{)", "{" + joint, source)
    program = around.before + program.rstrip("\n") + "\n" + around.after
    whole = (*command[:index], program, source, *command[index + 2 :])
    return PythonCommand(whole, _described(command[:index], function, sdk_version, index + 1, joint))


def _joint(source: str) -> str:
    """A sign that is not in the source: it goes between neighbouring braces and out again in the pod."""
    found = next((joint for joint in _JOINTS if joint not in source), "")
    number = 0
    while not found:
        number += 1
        if f"<{number}>" not in source:
            found = f"<{number}>"
    return found


def _described(installing: Sequence[str], function: str, sdk_version: str, source: int, joint: str) -> Component:
    """What is installed before the program starts, read from the SDK's own install commands."""
    packages: list[str] = []
    indexes: list[str] = []
    hosts: list[str] = []
    version = ""
    for call in (match[1] for part in installing for match in _INSTALL.finditer(part)):
        words = iter(shlex.split(call))
        for word in words:
            if word in ("--index-url", "--extra-index-url"):
                indexes.append(next(words, ""))
            elif word == "--trusted-host":
                hosts.append(next(words, ""))
            elif kfp := _KFP.match(word):
                version = kfp[1]
                packages.append(word)
            elif not word.startswith("-"):
                packages.append(word)
    own = [package for package in packages if not _is_of_the_sdk(package)]
    return Component(
        "python",
        function,
        kfp=version or _version(sdk_version),
        packages=tuple(dict.fromkeys(own)),
        pip_index_urls=tuple(dict.fromkeys(indexes)),
        pip_trusted_hosts=tuple(dict.fromkeys(hosts)),
        install_kfp=bool(version),
        source=source,
        joint=joint,
    )


def _is_of_the_sdk(package: str) -> bool:
    return bool(_KFP.match(package)) or package.startswith('typing-extensions>=3.7.4,<5; python_version<"3.9"')


def _version(sdk_version: str) -> str:
    return sdk_version.removeprefix("kfp-")
