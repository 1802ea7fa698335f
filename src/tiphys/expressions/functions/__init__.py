"""sprig's functions, as `sprig.*` in expressions."""

from tiphys.expressions.functions.registry import SPRIG

__all__ = ["SPRIG"]
