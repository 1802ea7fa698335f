"""Numbers as expr-lang reads them, with strconv's complaints."""

from __future__ import annotations

import re

from tiphys.expressions.go_values import INT64_MAX, INT64_MIN

BASES = {"0x": (16, "hex"), "0b": (2, "binary"), "0o": (8, "octal")}
FLOAT = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def parse_int(digits: str, base: int) -> tuple[int, str]:
    """strconv.ParseInt's value and complaint."""
    try:
        value = int(digits, base) if digits.isalnum() and digits.isascii() else None
    except ValueError:
        value = None
    if value is None:
        return 0, "invalid syntax"
    if not INT64_MIN <= value <= INT64_MAX:
        return INT64_MAX, "value out of range"
    return value, ""
