"""Where in the user's file a call of `tiphys.argo` stands, for messages."""

from __future__ import annotations

import sys
from pathlib import Path

import kfp

from tiphys.errors import AuthoringError, Place

_NOT_THE_USERS = (str(Path(__file__).parent.parent), str(Path(kfp.__file__).parent), "<frozen ")
"""Ours, kfp's, Python's import machinery."""


def is_foreign(filename: str) -> bool:
    """True for a frame that is not the user's."""
    return filename.startswith(_NOT_THE_USERS)


def place_of_call() -> Place:
    """File and line of the innermost frame that is the user's own."""
    frame = sys._getframe(1)
    while frame is not None and is_foreign(frame.f_code.co_filename):
        frame = frame.f_back  # type: ignore[assignment]
    return Place(frame.f_code.co_filename, frame.f_lineno) if frame is not None else Place()


def refuse(message: str, remedy: str = "", place: Place | None = None) -> AuthoringError:
    """The error for a call that cannot mean anything, at the user's line."""
    return AuthoringError(message, place=place or place_of_call(), remedy=remedy)
