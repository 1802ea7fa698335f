"""What Argo's controller panics about."""

from __future__ import annotations

from tiphys.errors import TiphysError


class Panic(TiphysError):
    """The controller recovers from it by making an Error of the whole workflow; the message is Argo's."""
