"""Text of tasks on the user's terminal: colours stay, everything else that steers a terminal goes."""

from __future__ import annotations

import re
import sys

_STEERING = re.compile(
    r"\x1b\[[0-9;:]*m"  # colours: kept
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)"  # titles, clipboard and other strings for the terminal
    r"|\x1b\[[0-?]*[ -/]*[@-~]"  # cursor movements and modes
    r"|\x1b.?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]",
    re.DOTALL,
)


def printable(text: str) -> str:
    """`text` as it may be shown; unchanged when the output is no terminal."""
    if not sys.stdout.isatty():
        return text
    return harmless(text)


def harmless(text: str) -> str:
    r"""`text` without control sequences other than colours, tabs and line ends.

    >>> harmless("\x1b[31mred\x1b[0m \x1b]52;c;aGk=\x07 \x1b[2J done\r")
    '\x1b[31mred\x1b[0m   done'
    """
    return _STEERING.sub(
        lambda found: found[0] if found[0].endswith("m") and found[0].startswith("\x1b[") else "", text
    )
