"""Writing manifests so that every reader of YAML, 1.1 or 1.2, Go or Python, reads the same back.

Strings that some reader takes for a number, a boolean, a date or null are quoted; texts of several
lines are literal blocks where that loses nothing; keys keep their order; there are no aliases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import yaml

from tiphys.errors import ManifestError
from tiphys.manifest.scalars import is_ambiguous

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_STR = "tag:yaml.org,2002:str"
_FLOAT = "tag:yaml.org,2002:float"


def dump(data: Any) -> str:
    """Write one document.

    >>> print(dump({"name": "y", "count": 3, "when": "12:30"}), end="")
    name: "y"
    count: 3
    when: "12:30"
    """
    return dump_all([data])


def dump_all(documents: Iterable[Any]) -> str:
    """Write documents one after the other, with `---` between them."""
    text = yaml.dump_all(
        list(documents),
        Dumper=_Dumper,
        default_flow_style=False,
        allow_unicode=True,
        sort_keys=False,
        width=2**31 - 1,
    )
    return str(text)


class _Dumper(_Base):  # type: ignore[misc] # which base there is depends on the platform
    """PyYAML's dumper with our strings, numbers and keys."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        style = "|" if _suits_a_block(data) else '"' if "\n" in data or is_ambiguous(data) else None
        return self.represent_scalar(_STR, data, style=style)  # type: ignore[no-any-return]

    def number(self, data: float) -> yaml.ScalarNode:
        if not math.isfinite(data):
            raise ManifestError(
                f"the number {data} cannot be written into a manifest", remedy="pass it as text, in quotes"
            )
        text = repr(data)
        if "." not in text:
            text = text.replace("e", ".0e")  # YAML 1.1 knows no number without a dot here
        return self.represent_scalar(_FLOAT, text)  # type: ignore[no-any-return]

    def mapping(self, data: dict[str, Any]) -> yaml.MappingNode:
        pairs = [(self._key(key), self.represent_data(value)) for key, value in data.items()]
        return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=not pairs)

    def _key(self, key: Any) -> yaml.ScalarNode:
        if not isinstance(key, str):
            raise ManifestError(f"the key `{key!r}` of a mapping is not a text", remedy="quote it")
        plain = not is_ambiguous(key) and "\n" not in key
        return self.represent_scalar(_STR, key, style=None if plain else '"')  # type: ignore[no-any-return]


_Dumper.add_representer(str, _Dumper.text)
_Dumper.add_representer(float, _Dumper.number)
_Dumper.add_representer(dict, _Dumper.mapping)


def _suits_a_block(text: str) -> bool:
    """True for texts of several lines that a literal block keeps to the letter."""
    if "\n" not in text or text.endswith("\n\n") or text[0] in " \t\n":
        return False
    return all(character in "\n\t" or character.isprintable() for character in text)
