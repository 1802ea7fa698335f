"""Unquoted scalars of YAML as PyYAML reads them, which is what the SDK writes its files with.

A parameter called `n` or `y` stands unquoted in an IR and is a string, where Go's YAML has a boolean.
"""

from __future__ import annotations

from typing import Final

import yaml

Scalar = str | int | float | bool | None

_RULES: Final = yaml.SafeLoader.yaml_implicit_resolvers
_CONSTRUCTOR: Final = yaml.constructor.SafeConstructor()
_TAG: Final = "tag:yaml.org,2002:"
_TYPED: Final = frozenset(_TAG + name for name in ("bool", "int", "float", "null"))
_LONGEST_NUMBER: Final = 400


def resolve_plain(text: str) -> Scalar:
    """The value of an unquoted scalar without a tag; dates stay text.

    >>> [resolve_plain(text) for text in ("n", "no", "1.0", "1e3", "2024-01-01", "")]
    ['n', False, 1.0, '1e3', '2024-01-01', None]
    """
    for tag, pattern in _RULES.get(text[:1], ()):
        if tag in _TYPED and pattern.match(text):
            if len(text) > _LONGEST_NUMBER:
                raise ValueError("a number of this length has no place in a pipeline")
            found: Scalar = _CONSTRUCTOR.construct_object(yaml.ScalarNode(tag, text))
            _CONSTRUCTOR.constructed_objects.clear()
            return found
    return text
