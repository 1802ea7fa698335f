"""Finding the tags in the JSON text of an object.

Argo looks for `{{` and `}}` in the whole text, across the strings of the object, so this does too.
https://github.com/argoproj/argo-workflows/blob/v4.1.0/util/template/validate.go
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tiphys.expressions.go_quote import quote
from tiphys.validation.invalid import Invalid

_ROOTS: Final = ("item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.")


def parts_of(text: str) -> tuple[list[str], list[str]]:
    """Take a text apart: the texts around the tags (one more than tags), and the tags.

    >>> parts_of("a{{b}}c{{ d }}")
    (['a', 'c', ''], ['b', ' d '])
    """
    around: list[str] = []
    tags: list[str] = []
    rest = text
    while True:
        before, found, rest = rest.partition("{{")
        around.append(before)
        if not found:
            return around, tags
        tag, closed, after = rest.partition("}}")
        if not closed:
            raise Invalid(
                f'Cannot find end tag="}}}}" in the template={quote(text)} starting from {quote(rest)}'
            )
        tags.append(tag)
        rest = after


def simple_tags(text: str) -> Iterator[str]:
    """Give the tags of a text that are not expressions, as they are written."""
    return (tag for tag in parts_of(text)[1] if not tag.startswith("="))


def concerns_a_run(tag: str) -> bool:
    """True if the tag names something of Argo's; all others stay as they are."""
    return tag.startswith(_ROOTS)
