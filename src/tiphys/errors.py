"""Every error a user can meet.

One root, `TiphysError`. A message has three parts: what happened, where (file, line, path in the
document) and what to do about it. Problems found in a document are values (`Problem`), gathered and
shown together; an exception is raised only where work cannot go on.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a user's document something stands.

    `path` is written as Argo users write it: `spec.templates[2].dag.tasks[0].depends`.
    `line` counts from 1; 0 means unknown.

    >>> str(Place("wf.yaml", 41, "spec.entrypoint"))
    'wf.yaml:41: spec.entrypoint'
    """

    file: str = ""
    line: int = 0
    path: str = ""

    def __str__(self) -> str:
        head = f"{self.file}:{self.line}" if self.file and self.line else self.file
        return ": ".join(part for part in (head, self.path) if part)


class Severity(enum.StrEnum):
    """How bad a `Problem` is: an `error` keeps the document from running."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a document, as a value.

    `rule` is the kebab-case name under which the docs explain it.
    """

    rule: str
    message: str
    place: Place = Place()
    remedy: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = str(self.place)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}\n  {self.remedy}" if self.remedy else text


class TiphysError(Exception):
    """The root of all errors of tiphys.

    `exit_code` is what the command line ends with: 2 for bad input, 1 for everything else.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, place: Place | None = None, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place or Place()
        self.remedy = remedy

    def __str__(self) -> str:
        where = str(self.place)
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}\n  {self.remedy}" if self.remedy else text


class BadInput(TiphysError):
    """Something the user gave cannot be used: a file, a parameter, a flag, a selector."""

    exit_code = 2


class ManifestError(BadInput):
    """A document that is not a well-formed manifest or IR."""


class ProblemsFound(BadInput):
    """One or more `Problem` values of severity error; the worst is the message, all are kept."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(first.message + more, place=first.place, remedy=first.remedy)
        self.problems = problems


class Unsupported(BadInput):
    """A construct that cannot be said in Argo, or that tiphys does not do yet."""


class CompileError(BadInput):
    """A pipeline that cannot be compiled."""


class AuthoringError(BadInput):
    """A call of `tiphys.argo` that cannot mean anything."""


class ExpressionError(TiphysError):
    """An expression that does not parse or cannot be evaluated; the message is Argo's."""


class PythonError(BadInput):
    """The user's own Python raised; the message is the user's traceback, without our frames."""

    def __init__(self, traceback: str, *, summary: str, place: Place) -> None:
        super().__init__(summary, place=place)
        self.traceback = traceback

    def __str__(self) -> str:
        return self.traceback


class InvalidSpec(BadInput):
    """A workflow that Argo's own validation refuses; the message is Argo's."""


class NodeError(TiphysError):
    """A node, or the workflow itself, ends in `Error` (or cannot go on): the message is Argo's."""


class IllegalTransition(TiphysError):
    """A node was asked to make a move that `engine.transitions` does not allow: a bug of tiphys."""


class RunNotFound(BadInput):
    """No run of that name in the store."""


class RunLocked(TiphysError):
    """Another process is driving this run."""


class StoreError(TiphysError):
    """The store cannot be opened, read or written."""


class ExecutorError(TiphysError):
    """An executor cannot start or watch a pod on this machine."""


class ArtifactError(TiphysError):
    """An artifact cannot be read or written, or its content is refused."""
