"""What a hand-written `depends` says of one of its needs, found by trying what the others may come to."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Final

from tiphys.expressions import depends
from tiphys.expressions.depends import TaskResults

_MENTION = re.compile(r"(?<![-\w.])([a-zA-Z0-9][-a-zA-Z0-9]*)(?:\.([A-Z][a-zA-Z]+))?(?![-\w])")
_ENDINGS: Final = (
    TaskResults(succeeded=True),
    TaskResults(failed=True),
    TaskResults(errored=True),
    TaskResults(skipped=True),
    TaskResults(omitted=True),
)
_SUCCEEDED, _FAILED, _ERRORED = _ENDINGS[:3]
_MOST_TRIED: Final = 4
"""With more other needs than these, all of them are taken to end alike: 5ⁿ is too much to try."""


def accepts_failure(text: str, need: str) -> bool:
    """True if `text` can come true although `need` failed.

    >>> accepts_failure("a && (b || b.Failed)", "b"), accepts_failure("a.Failed || b", "b")
    (True, True)
    >>> accepts_failure("a && b", "b")
    False
    """
    return any(
        _holds(text, {**others, need: failed}) for others in _others(text, need) for failed in (_FAILED, _ERRORED)
    )


def minds_failure(text: str, need: str) -> bool:
    """True if it can make a difference to `text`, which names `need`, whether that failed or succeeded.

    >>> minds_failure("a.Failed", "a"), minds_failure("a.Succeeded || a.Failed || a.Errored", "a")
    (True, False)
    """
    return any(
        _holds(text, {**others, need: failed}) != _holds(text, {**others, need: _SUCCEEDED})
        for others in _others(text, need)
        for failed in (_FAILED, _ERRORED)
    )


def with_verdict(text: str, loop: str, verdict: str) -> str:
    """`text` for a loop that succeeds although items failed, which its verdict tells by an error.

    >>> with_verdict("a-1.Failed || a && a-1", "a-1", "v")
    '(a-1.Failed || v.Errored) || a && (a-1 && !v.Errored)'
    """

    def said(match: re.Match[str]) -> str:
        if match[1] != loop:
            return match[0]
        match match[2]:
            case "Failed":
                return f"({match[0]} || {verdict}.Errored)"
            case None | "Succeeded":
                return f"({match[0]} && !{verdict}.Errored)"
        return match[0]

    return _MENTION.sub(said, text)


def _others(text: str, need: str) -> Iterator[dict[str, TaskResults]]:
    """What the other needs of a text may come to, together."""
    names = [name for name in depends.parse(text, [], _no_continue).names if name != need]
    if len(names) > _MOST_TRIED:
        yield from (dict.fromkeys(names, ending) for ending in _ENDINGS)
        return
    for endings in itertools.product(_ENDINGS, repeat=len(names)):
        yield dict(zip(names, endings, strict=True))


def _holds(text: str, results: Mapping[str, TaskResults]) -> bool:
    parsed = depends.parse(text, [], _no_continue)
    return depends.evaluate(parsed.logic, {name: results[name] for name in parsed.names})


def _no_continue(_name: str) -> depends.ContinueOn:
    return depends.NO_CONTINUE
